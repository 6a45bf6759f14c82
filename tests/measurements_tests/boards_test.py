import platform

import pytest

from measurements.device import boards, notes
from measurements.device.adb import AdbBoard
from measurements.device.local import LocalBoard
from measurements.device.ssh import SshBoard
from measurements.errors import UnknownNameError


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    path = tmp_path / "devices.toml"
    path.write_text(
        '[pi4]\naddress = "ssh://pi@pi4.lan"\nthreads = 4\n\n[phone]\naddress = "adb:R"'
    )
    monkeypatch.setenv(notes.ENVIRONMENT, str(path))


@pytest.mark.parametrize(
    ("word", "kind", "name"),
    [
        ("ssh://pi@10.0.0.7?threads=2", SshBoard, "10.0.0.7-xnnpack-2t"),
        ("adb:R58M", AdbBoard, "R58M-xnnpack-1t"),
        ("pi4", SshBoard, "pi4"),
        ("phone", AdbBoard, "phone"),
        (boards.USUAL.name, LocalBoard, f"{platform.machine()}-xnnpack-1t"),
    ],
)
def test_every_word_for_a_device_becomes_a_board(word, kind, name):
    board = boards.board(word)
    assert (type(board), board.name, board.device.name) == (kind, name, name)
    assert boards.is_known(word)


def test_an_unknown_word_is_told_what_there_is():
    with pytest.raises(UnknownNameError, match=r"unknown device 'pi3'; did you mean 'pi4'\?"):
        boards.board("pi3")
    assert not boards.is_known("sensors-2022")


@pytest.mark.parametrize("word", ["ssh://pi:geheim@pi4", "pi:geheim@pi4", "http://pi:geheim@pi4"])
def test_a_password_is_refused_and_not_repeated(word):
    with pytest.raises(UnknownNameError) as caught:
        boards.board(word)
    assert "geheim" not in str(caught.value)
