import fcntl
import os
import threading

import pytest

from measurements import journal


@pytest.fixture
def path(tmp_path):
    return tmp_path / "folder" / "lines"


def test_lines_have_their_numbers_and_ends(path):
    assert journal.append(path, [b"one", b"", b"three"]) == 3
    with path.open("ab") as file:
        file.write(b"torn")
    assert list(journal.lines(path)) == [
        (1, b"one\n"),
        (2, b"\n"),
        (3, b"three\n"),
        (4, b"torn"),
    ]


def test_what_is_appended_during_reading_is_not_read(path):
    journal.append(path, [b"1", b"2"])
    reading = journal.lines(path)
    assert next(reading) == (1, b"1\n")
    journal.append(path, [b"3"])
    assert list(reading) == [(2, b"2\n")]


def test_lines_that_are_held_in_any_form_are_left_out(path):
    journal.append(path, [b"A", b"b"])
    assert journal.append(path, [b"a", b"b", b"c"], canonical=bytes.lower) == 1
    assert path.read_bytes() == b"A\nb\nc\n"
    assert journal.append(path, [], canonical=bytes.lower) == 0


@pytest.mark.parametrize(
    ("line", "whole"),
    [(b'{"a":1}', True), (b'{"a":1', False), (b"\xff", False), (b"[" * 100_000, False)],
)
def test_a_whole_line_is_json(line, whole):
    assert journal.is_whole(line) is whole


def test_the_name_of_a_new_file_is_flushed_with_it(path, monkeypatch):
    flushed = []
    monkeypatch.setattr("measurements.journal.os.fsync", lambda d: flushed.append(os.fstat(d)))
    journal.append(path, [b"1"])
    journal.append(path, [b"2"])
    folder, file = path.parent.stat().st_ino, path.stat().st_ino
    assert [status.st_ino for status in flushed] == [file, folder, file]


@pytest.mark.parametrize("write", [journal.append, lambda *a: journal.append(*a, bytes.lower)])
def test_an_append_waits_for_whoever_holds_the_lock(path, write):
    journal.append(path, [b"1"])
    writer = threading.Thread(target=write, args=(path, [b"2"]))
    with path.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer.start()
        writer.join(0.2)
        assert writer.is_alive()
        other.write(b"written meanwhile\n")
    writer.join(30)
    assert path.read_bytes() == b"1\nwritten meanwhile\n2\n"
