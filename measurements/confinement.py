"""Limits that a child process puts on itself before it opens the file of a stranger."""

from __future__ import annotations

import resource
from pathlib import Path

MEMORY_BYTES = 4_000_000_000
"""Address space beside what the process has already: large networks have files of some 100 MB."""


def confine(cpu_seconds: int, *, written_bytes: int | None = None) -> None:
    """Limit memory, time and what may be written to files; no core file is left.

    What goes beyond ends the process, or is an error in it.

    Args:
        cpu_seconds: of processor time from now on.
        written_bytes: largest file that may be written; None: any.
    """
    memory = _address_space() + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (memory, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if written_bytes is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (written_bytes, written_bytes))
    grant_time(cpu_seconds)


def grant_time(cpu_seconds: int) -> None:
    """So many seconds of processor time from now on."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


def _address_space() -> int:
    """Bytes that this process has reserved; 0 where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError):
        return 0
    return pages * resource.getpagesize()
