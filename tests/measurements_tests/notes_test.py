import pytest

from measurements.device import notes
from measurements.errors import DeviceError


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(notes.ENVIRONMENT, str(tmp_path / "mine.toml"))
    return tmp_path


def test_what_is_noted_lies_beside_the_description(place):
    assert notes.seen() == {}
    found = {"pi4": {"processor": "Cortex-A72", "cores": 4}}
    notes.note(found)
    assert notes.seen() == found
    assert [path.name for path in place.iterdir()] == ["mine.seen.json"]


@pytest.mark.parametrize("text", ["{", "[]", '{"pi4": 7}', "null", "\xff"])
def test_notes_that_somebody_edited_are_one_clear_error(place, text):
    (place / "mine.seen.json").write_text(text, encoding="latin-1")
    with pytest.raises(DeviceError, match="not what 'dlmo-measure devices' writes"):
        notes.seen()


def test_a_folder_that_can_not_be_written_is_one_clear_error(place, monkeypatch):
    (place / "file").write_text("")
    monkeypatch.setenv(notes.ENVIRONMENT, str(place / "file" / "mine.toml"))
    with pytest.raises(DeviceError, match="can't be written"):
        notes.note({})
