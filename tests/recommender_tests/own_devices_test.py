"""What the user's file of devices does to advice: stale records, limits of memory."""

import dataclasses
import json

import pytest
from asked_page import assert_page_agrees, needs_node
from made_questions import questions

from measurements import read
from measurements.dataset import append
from measurements.device import notes
from measurements.device.fingerprint import identity
from recommender import Advisor, Constraints, Profile
from recommender.cli import main
from recommender.own_devices import limited, stale
from recommender.report import FORMATS

THEN = {
    "machine": "aarch64",
    "processor": "Cortex-A72",
    "cores": 4,
    "kernels": "xnnpack",
    "threads": 1,
    "versions": {"ai-edge-litert": "2.2.0", "numpy": "2.4.6"},
}
NOW = {**THEN, "processor": "Cortex-A76"}
CHANGE = "the processor was Cortex-A72, is Cortex-A76"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A store of a device that was measured when it was another one, and a cache of its own."""
    place = tmp_path_factory.mktemp("own")
    published = [r for r in read() if r.device == "sensors-2022" and r.task == "cifar10"]
    mine = [dataclasses.replace(r, device="nas", environment=THEN) for r in published]
    append(mine, place / "store")
    return place


@pytest.fixture
def described(place, tmp_path, monkeypatch):
    """Describes the device, and notes what it is now."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))

    def describe(now, **fields):
        path = tmp_path / "devices.toml"
        lines = "\n".join(f"{key} = {value}" for key, value in fields.items())
        path.write_text(f"[nas]\n{lines}\n")
        monkeypatch.setenv(notes.ENVIRONMENT, str(path))
        if now:
            notes.note({"nas": identity(now)})
        return Advisor.load(place / "store")

    return describe


def test_records_of_a_device_that_has_changed_are_flagged_in_every_answer(described):
    asked = Profile(device="nas", evidence="measured")
    advice = described(NOW).advise(asked, Constraints(max_size_kb=500))
    pick = advice.pick
    assert pick["evidence"] == "measured"
    assert pick["reasons"][0].endswith(f"; stale: 1 of 1: {CHANGE}")
    content = advice.to_dict()
    for candidate in (*content["alternatives"], *content["frontier"]):
        old = sum(row in advice.ranking.board.stale for row in candidate["rows"])
        assert (f"; stale: {old} of " in candidate["reasons"][0]) == bool(old)
    for form in ("table", "markdown", "plot"):
        said = " ".join(FORMATS[form](advice).replace("\\", "").split())
        assert "Stale: nas is no longer what" in said
        assert CHANGE in said
    assert f"stale: {CHANGE}" in FORMATS["html"](advice)


@pytest.mark.parametrize("now", [THEN, None, {**THEN, "versions": {}}])
def test_records_that_fit_their_device_are_not(described, now):
    advice = described(now).advise(Profile(device="nas"), Constraints(max_size_kb=500))
    assert not advice.ranking.board.stale
    for form in FORMATS:
        assert "Cortex" not in FORMATS[form](advice)


def test_the_keys_of_the_answer_stay(described):
    asked = Profile(device="nas"), Constraints(max_size_kb=500)
    old, new = (described(now).advise(*asked).to_dict() for now in (NOW, THEN))
    assert list(old) == list(new)
    assert list(old["pick"]) == list(new["pick"])
    assert old["pick"]["rows"] == new["pick"]["rows"]


@needs_node
def test_the_page_flags_them_as_python_does(described):
    advisor = described(NOW)
    assert_page_agrees(advisor, questions(advisor, 40, seed=5))


def test_other_devices_are_not_looked_at(described, place):
    described(NOW)
    assert stale("sensors-2022", [place / "store"]) == {}
    assert set(stale("nas", [place / "store"]).values()) == {CHANGE}


def test_memory_of_the_device_limits_a_question_that_names_no_limit(described):
    described(None, ram_kb=256, flash_kb=100)
    limits, kind, added = limited("nas", Constraints(), "compressed")
    assert (limits.max_ram_kb, limits.max_size_kb, kind) == (256, 100, "file")
    assert added == ["memory of nas: 256 kB", "flash of nas: 100 kB for the stored file"]
    asked = Constraints(max_size_kb=50, max_ram_kb=10)
    assert limited("nas", asked, "compressed") == (asked, "compressed", [])
    assert limited("other", Constraints(), "compressed") == (Constraints(), "compressed", [])
    assert limited(None, Constraints(), "compressed") == (Constraints(), "compressed", [])


def test_the_command_says_what_it_is_limited_to(described, place, capsys):
    described(NOW, flash_kb=100)
    words = ["--device", "nas", "--measurements", str(place / "store"), "--format", "json"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    answer = json.loads(out)
    assert answer["query"]["limits"]["max_size_kb"] == 100
    assert answer["query"]["size_kind"] == "file"
    assert answer["pick"]["file_kb"]["high"] <= 100
    assert err == "dlmo-advise: limited to the flash of nas: 100 kB for the stored file\n"


def test_a_file_of_devices_that_is_wrong_is_one_sentence(described, tmp_path, capsys):
    described(None)
    (tmp_path / "devices.toml").write_text("[nas")
    assert main(["--device", "nas"]) == 3
    assert "devices.toml: no TOML" in capsys.readouterr().err
