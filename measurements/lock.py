"""A lock that a process holds on a folder: it goes with the process, and leaves no file."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def _take(descriptor: int) -> None:
    last = time.monotonic() + PATIENCE_S
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > last:
                raise
            time.sleep(0.02)
