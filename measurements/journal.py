"""Append-only files of lines that survive crashes and that several processes write at once.

A line is whole or it does not count. An append holds the file's lock, writes all its lines or none,
and is on disk when it returns; what a crash left of a last line is cut off by the next append.
Writing needs POSIX; reading works anywhere.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

BLOCK = 65536
"""Bytes read at once when the end of a file is looked at."""

READ_AHEAD = 1 << 20
"""Bytes read at once when a file is read: lines with raw latencies are 4 kB long."""


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Read a file as it was when the reading began, beside processes that append to it.

    Args:
        path: the file.

    Yields:
        Number, counted from 1, and line with its end; only a torn last line has none.

    Raises:
        OSError: when the file can't be read.
    """
    with path.open("rb", buffering=READ_AHEAD) as file:
        left = _settled_size(file.fileno())
        for number, line in enumerate(file, start=1):
            if left <= 0:
                break
            yield number, line
            left -= len(line)


def append(
    path: Path, content: Sequence[bytes], canonical: Callable[[bytes], bytes] | None = None
) -> int:
    """Add lines at the end, all or none of them; on disk when this returns.

    Args:
        path: the file; made, with its folders, when it is not there.
        content: lines without their ends.
        canonical: when given, lines that the file holds already are left out; the function brings
            a line of the file to the form of `content`.

    Returns:
        The number of lines added.

    Raises:
        OSError: when the file can't be written; it is then as it was.
    """
    import fcntl

    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        end = _mended_end(file.fileno())
        if canonical is not None:
            held = {canonical(line) for line in _held(file.fileno(), end)}
            content = [line for line in content if line not in held]
        try:
            _write(file.fileno(), b"".join(line + b"\n" for line in content))
            os.fsync(file.fileno())
        except OSError:
            os.ftruncate(file.fileno(), end)
            raise
    if is_new:
        _flush_folder(path.parent)
    return len(content)


def is_whole(line: bytes) -> bool:
    """Whether a line without an end was written whole: a piece of a JSON object is never JSON."""
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _settled_size(descriptor: int) -> int:
    """The size between two appends, so that a line that is being written is not taken for torn."""
    # No lock where the system or the file system has none: then the size as it is.
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_SH)
        size = os.fstat(descriptor).st_size
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        return size
    return os.fstat(descriptor).st_size


def _held(descriptor: int, end: int) -> Iterator[bytes]:
    with open(descriptor, "rb", closefd=False) as file:
        file.seek(0)
        while file.tell() < end:
            line = file.readline().rstrip(b"\n")
            if line.strip():
                yield line


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _mended_end(descriptor: int) -> int:
    """Cut off what a crash left of a last line, lest it become a bad line in the middle.

    A last line that only lacks its end was written whole, by hand or by another tool: it is ended.

    Returns:
        The file's size after that.
    """
    end = os.lseek(descriptor, 0, os.SEEK_END)
    tail, start = b"", end
    while start > 0 and b"\n" not in tail:
        step = min(BLOCK, start)
        start -= step
        tail = os.pread(descriptor, step, start) + tail
    torn = tail[tail.rfind(b"\n") + 1 :]
    if torn and is_whole(torn):
        _write(descriptor, b"\n")
        return end + 1
    if torn:
        os.ftruncate(descriptor, end - len(torn))
    return end - len(torn)


def _flush_folder(folder: Path) -> None:
    """A new file's name is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
