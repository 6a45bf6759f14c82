"""Files put in place whole: a reader sees the old one or the new one, never a half.

What is being written stands beside its place under a name that says which process on which machine
writes it. A process that was killed leaves that behind; the next one to write there removes it.
"""

from __future__ import annotations

import contextlib
import os
import socket
from pathlib import Path


def write(path: Path, content: bytes) -> None:
    """Write a file in one piece; on disk when this returns."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


class replacing:  # noqa: N801  (reads as a verb where it is used)
    """A temporary path beside `path`, which takes its place when all went well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # The machine too: a folder may be shared, and process ids are each machine's own.
        self._prefix = f".{path.name}.{socket.gethostname()}."
        self._temporary = path.with_name(f"{self._prefix}{os.getpid()}")

    def __enter__(self) -> Path:
        """Where to write."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        for left in self._path.parent.glob(".*"):
            pid = left.name.removeprefix(self._prefix)
            if pid != left.name and pid.isdecimal() and not _is_alive(int(pid)):
                left.unlink(missing_ok=True)
        return self._temporary

    def __exit__(self, kind: object, *_: object) -> None:
        """Flush to disk and rename; after an error, leave nothing behind."""
        if kind is not None:
            self._temporary.unlink(missing_ok=True)
            return
        descriptor = os.open(self._temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(self._temporary, self._path)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(PermissionError):  # somebody else's
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return False
    return True
