"""A lock that a process holds on a folder: it goes with the process, and leaves no file."""

from __future__ import annotations

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measurements.errors import HarnessError

PATIENCE_S = 1.0
"""How long a lock is waited for. A process that was killed while it started a child leaves its lock
to that child for the moment until this becomes another program."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder, which is made when it is not there.

    Raises:
        BlockingIOError: when another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        _take(descriptor)
        yield
    finally:
        os.close(descriptor)


def check_writable(folder: Path, option: str) -> None:
    """See to it that hours of work do not end where nothing can be written.

    Args:
        folder: made when it is not there.
        option: of the command line, that names another one.

    Raises:
        HarnessError: when nothing can be written there.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise HarnessError(
            f"{folder}: can't be written: {error.strerror}; name another folder with {option}"
        ) from None


def _take(descriptor: int) -> None:
    last = time.monotonic() + PATIENCE_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > last:
                raise
            time.sleep(0.02)
