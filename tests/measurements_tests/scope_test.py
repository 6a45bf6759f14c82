from pathlib import Path

import pytest

from measurements.errors import HarnessError, UnknownNameError
from measurements.scope import requested, wanted


def asked(folder, **more):
    usual = {"networks": [], "strategies": [], "devices": [], "tasks": ("digits",)}
    return requested(**{**usual, "protocol": "quick", "store": folder, **more})


def test_the_users_own_task_is_recorded_by_its_name(tmp_path):
    one = asked(tmp_path, tasks=("digits", str(tmp_path / "mine.npz"), str(tmp_path)))
    assert {cell.task for cell in wanted(one)} == {"digits", "mine", tmp_path.name}


def test_two_tasks_of_one_name_are_told_apart_by_their_user(tmp_path):
    paths = (str(tmp_path / "a" / "mine.npz"), str(tmp_path / "b" / "mine.npz"))
    with pytest.raises(HarnessError, match="would both be recorded as 'mine'; rename one"):
        wanted(asked(tmp_path, tasks=paths))
    assert {cell.task for cell in wanted(asked(tmp_path, tasks=(paths[0], paths[0])))} == {"mine"}


def test_words_that_name_nothing_are_refused(tmp_path):
    usual = {"tasks": ("digits",), "protocol": "quick", "store": tmp_path}
    for wrong in (
        {"networks": ["vgg", "vg"], "strategies": [], "devices": []},
        {"networks": [], "strategies": ["nqq"], "devices": []},
        {"networks": [], "strategies": [], "devices": ["sensors-2022"]},
    ):
        with pytest.raises(UnknownNameError, match="known"):
            requested(**wrong, **usual)


def test_without_words_it_is_the_papers_grid_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    usual = requested(
        networks=[], strategies=[], devices=[], tasks=("digits",), protocol="quick", store=tmp_path
    )
    assert len(usual.networks) == 8
    assert "resnet54" not in usual.networks
    assert [s.setup for s in usual.strategies] == ["NQ", "BLQ", "FIQ", "F16", "QAT", "PRN", "PRQ"]
    assert usual.boards[0].name.endswith("-xnnpack-1t")
    assert usual.cache == tmp_path / "dlmo-advisor"


@pytest.fixture(name="stranger")
def _stranger():
    pytest.importorskip("ai_edge_litert")
    return str(Path(__file__).parent / "files" / "small.tflite")


def test_a_network_of_ones_own_gets_what_can_be_done_to_it(tmp_path, stranger):
    both = asked(tmp_path, networks=["vgg", stranger])
    (own,) = both.own.values()
    assert both.networks == ("vgg", own.name)
    cells = wanted(both)
    assert {c.strategy for c in cells if c.network == own.name} == {"nq", "blq", "fiq", "f16"}
    assert len([c for c in cells if c.network == "vgg"]) == 7


def test_strategies_of_which_none_can_be_done_are_refused(tmp_path, stranger):
    with pytest.raises(UnknownNameError, match="possible for it: nq, blq, fiq, f16"):
        asked(tmp_path, networks=[stranger], strategies=["prn", "qat"])
    some = asked(tmp_path, networks=[stranger], strategies=["prn", "blq"])
    assert [c.strategy for c in wanted(some)] == ["blq"]
