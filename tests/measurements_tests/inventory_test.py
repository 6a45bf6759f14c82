import pytest

from measurements.device import inventory, notes
from measurements.device.boards import described
from measurements.errors import DeviceError

BOTH = """
[pi4]
address = "ssh://pi@10.0.0.7:2222"
title = "Raspberry Pi 4, 4 GB"
threads = 4
ram_kb = 3_000_000
flash_kb = 500.5
python = "/opt/dlmo/bin/python"

[nas]
kernels = "builtin"
"""


@pytest.fixture
def write(tmp_path, monkeypatch):
    path = tmp_path / "devices.toml"
    monkeypatch.setenv(notes.ENVIRONMENT, str(path))
    return path.write_text


def test_devices_as_they_are_described(write):
    write(BOTH)
    pi4, nas = inventory.entries().values()
    assert (pi4.ram_kb, pi4.flash_kb, pi4.title) == (3_000_000, 500.5, "Raspberry Pi 4, 4 GB")
    board = described(pi4)
    assert (board.name, board.threads, board.kernels) == ("pi4", 4, "xnnpack")
    assert (board.address.host, board.setting.python) == ("10.0.0.7", "/opt/dlmo/bin/python")
    assert (described(nas).name, described(nas).kernels) == ("nas", "builtin")


def test_without_a_file_there_are_none_and_a_named_one_must_be_there(tmp_path, monkeypatch):
    monkeypatch.delenv(notes.ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert inventory.entries() == {}
    place = tmp_path / "dlmo-advisor" / "devices.toml"
    place.parent.mkdir()
    place.write_text("[nas]\n")
    assert list(inventory.entries()) == ["nas"]
    monkeypatch.setenv(notes.ENVIRONMENT, str(tmp_path / "absent.toml"))
    with pytest.raises(DeviceError, match=r"absent\.toml: can't be read: No such file"):
        inventory.entries()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[pi4", "devices.toml: no TOML: "),
        ("pi4 = 1", "pi4: not a table; a device is described under [pi4]"),
        ("[pi4]\nthread = 4", "pi4: unknown field 'thread'; did you mean 'threads'?"),
        ("[pi4]\nthreads = '4'", "pi4: threads = '4'; accepted: a whole number above 0"),
        ("[pi4]\nthreads = 0", "pi4: threads = 0; accepted: a whole number above 0"),
        ("[pi4]\nthreads = true", "pi4: threads = True; accepted"),
        ("[pi4]\nram_kb = inf", "pi4: ram_kb = inf; accepted: a number above 0"),
        ("[pi4]\nram_kb = '4GB'", "pi4: ram_kb = '4GB'; accepted: a number above 0"),
        ("[pi4]\naddress = 7", "pi4: address = 7; accepted: text in quotes"),
        ("[pi4]\nkernels = 'gpu'", "pi4: unknown kernels 'gpu'"),
        ("[pi4]\naddress = 'http://pi4'", "pi4: 'http://pi4' is no address of a board"),
        ("[pi4]\naddress = 'ssh://a?threads=4'", "are fields of their own here"),
        ("[sensors-2022]", "no name for a device of one's own"),
        ("['a,b']", "no name for a device of one's own"),
        ("['ssh://a']", "no name for a device of one's own"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_place(write, text, said):
    write(text)
    with pytest.raises(DeviceError) as caught:
        inventory.entries()
    assert said in str(caught.value)
    assert "devices.toml: " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_password_in_the_file_is_not_repeated(write):
    write("[pi4]\naddress = 'ssh://pi:geheim@pi4'")
    with pytest.raises(DeviceError, match="a password in it") as caught:
        inventory.entries()
    assert "geheim" not in str(caught.value)
