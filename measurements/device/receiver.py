"""What runs first on a board that is reached over SSH: takes in what a job needs, then works.

`measurements.device.ssh` sends this file's text as part of the first line; that line is `order`
below. The standard library alone is used. Lines of JSON go out, before those of the worker:

    {"at": STAGE}            what comes next
    {"wants": [PLACE, ...]}  the files that are not here yet; their bytes come in that order
    {"refused": REASON}      it can't be done now; nothing follows
    {"unfit": REASON}        it can't be done here; nothing follows

After the last byte of the files comes the worker's own job. The worker gets this process's input
and output, so that it ends when the connection does. Its status becomes this one's: 128 and the
signal where one killed it.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from typing import Any

PYTHON = (3, 11)
"""The oldest one that the worker is tried with."""

PATIENCE_S = 30.0
"""How long another run on this board is waited for."""

BLOCK = 1 << 20
BEAT_S = 2.0
"""Seconds between signs of life."""

TAKEN = (errno.EWOULDBLOCK, errno.EAGAIN)
"""Of a lock that somebody else has."""


def main(order: dict[str, Any]) -> int:
    """Take in the worker and its files, and let it work.

    Args:
        order: `folder`; `worker`, path -> text; `files`, pairs of SHA-256 and size.

    Returns:
        Exit status.
    """
    if sys.version_info < PYTHON:
        found, wanted = (".".join(map(str, v)) for v in (sys.version_info[:2], PYTHON))
        _tell(unfit=f"{sys.executable} is Python {found}; {wanted} or later is needed")
        return 0
    folder = os.path.expanduser(order["folder"])
    _tell(at="receiving files")
    try:
        os.makedirs(os.path.join(folder, "files"), exist_ok=True)
        lock = _alone(folder)
        if lock is None:
            _tell(refused="another run is using the board")
            return 0
        for name, text in order["worker"].items():
            _write(os.path.join(folder, "worker", name), text.encode())
        _take_in(os.path.join(folder, "files"), order["files"])
    except OSError as error:
        _tell(refused=f"{error.filename or folder}: {error.strerror or error}")
        return 0
    status = subprocess.call(
        [sys.executable, "-m", "measurements.device.worker"],
        cwd=os.path.join(folder, "worker"),
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        pass_fds=[lock],
    )
    return 128 - status if status < 0 else status


def _take_in(folder: str, files: list[tuple[str, int]]) -> None:
    """Have these files in the folder and no others: what the last job left gives room."""
    for name in set(os.listdir(folder)) - {digest for digest, _ in files}:
        os.unlink(os.path.join(folder, name))
    missing = [
        place
        for place, (digest, _) in enumerate(files)
        if not _holds(os.path.join(folder, digest), digest)
    ]
    _tell(wants=missing)
    for place in missing:
        digest, size = files[place]
        _receive(os.path.join(folder, digest), size)


def _receive(path: str, size: int) -> None:
    """A file from standard input, in place when it is whole."""
    part, beat = f"{path}.part", time.monotonic()
    try:
        with open(part, "wb") as file:
            while size:
                piece = os.read(0, min(BLOCK, size))
                if not piece:
                    raise OSError(errno.ECONNRESET, "the connection ended")
                file.write(piece)
                size -= len(piece)
                if time.monotonic() - beat > BEAT_S:
                    beat = time.monotonic()
                    _tell(at="receiving files")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        os.unlink(part)
        raise OSError(error.errno, error.strerror, path) from None
    os.replace(part, path)


def _holds(path: str, digest: str) -> bool:
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == digest
    except FileNotFoundError:
        return False


def _write(path: str, content: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


def _alone(folder: str) -> int | None:
    """A lock on the folder, for as long as this process or its worker lives; None: it is taken."""
    descriptor, last = os.open(folder, os.O_RDONLY), time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except OSError as error:
            if error.errno not in TAKEN:
                raise
        if time.monotonic() > last:
            return None
        _tell(at="waiting for another run on the board")
        time.sleep(BEAT_S)


def _tell(**answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(globals()["order"]))
