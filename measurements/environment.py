"""Facts of the machine that a run was taken on, and whether other work disturbed it.

Only the standard library and Linux's /proc and /sys are used, so that the module travels to a
board beside the worker. A fact that the machine does not tell is None.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

BUSY_SHARE = 0.2
"""Another process that takes more than this share of a core makes a run noisy."""

WINDOW_S = 1.0
"""Shares are taken over windows at least this long: /proc counts in steps of 10 ms."""

PACKAGES = ("ai-edge-litert", "numpy")
"""What runs a model; their versions are recorded."""


class Use(NamedTuple):
    """What one process has used so far."""

    parent: int
    """Process id of its parent."""
    name: str
    """Its command, as /proc gives it."""
    own_s: float
    """CPU seconds of its own."""
    children_s: float
    """CPU seconds of those of its children that have ended."""


Uses = dict[int, Use]
"""Process id -> what it has used."""


def facts(*, kernels: str, threads: int) -> dict[str, object]:
    """What a record needs to say about where and how it was taken.

    Args:
        kernels: kernel set of the run.
        threads: threads of one inference.

    Returns:
        Plain JSON values; None for what this machine does not tell.
    """
    return {
        "machine": platform.machine(),
        "system": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": os.cpu_count(),
        "affinity": sorted(os.sched_getaffinity(0)),
        "governor": _text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "frequency_mhz": _frequency_mhz(),
        "load_average": list(os.getloadavg()),
        "kernels": kernels,
        "threads": threads,
        "versions": {"python": platform.python_version()}
        | {package: installed(package) for package in PACKAGES},
    }


def installed(package: str) -> str | None:
    """The version of an installed package; None when it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def used() -> Uses:
    """What each process of the machine has used so far."""
    ticks = os.sysconf("SC_CLK_TCK")
    uses: Uses = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (line := _text(f"/proc/{entry.name}/stat")):
            # The name may hold blanks and brackets: it ends at the last closing bracket.
            head, _, tail = line.rpartition(") ")
            words = tail.split()
            times = [int(word) / ticks for word in words[11:15]]
            uses[int(entry.name)] = Use(
                parent=int(words[1]),
                name=head.partition(" (")[2],
                own_s=times[0] + times[1],
                children_s=times[2] + times[3],
            )
    return uses


def shares(before: Uses, after: Uses, seconds: float) -> dict[int, float]:
    """How much of a core each process used between two looks.

    A process that ended in between is charged to its parent, which then counts it among its ended
    children, less what it had used by the first look.

    Args:
        before: the first look.
        after: the second look.
        seconds: time between them.

    Returns:
        Process id -> cores used on average, for each process of the second look.
    """
    gone: dict[int, float] = {}
    for pid, use in before.items():
        if pid not in after:
            gone[use.parent] = gone.get(use.parent, 0.0) + use.own_s + use.children_s
    result = {}
    for pid, use in after.items():
        first = before.get(pid, Use(use.parent, use.name, 0.0, 0.0))
        own = use.own_s - first.own_s
        ended = use.children_s - first.children_s - gone.get(pid, 0.0)
        result[pid] = (own + max(0.0, ended)) / seconds
    return result


@dataclass(slots=True, kw_only=True)
class Monitor:
    """Watches whether another process is busy while something is timed.

    `look` is called now and then during the run; shares are taken over windows of at least
    `WINDOW_S`, so that a short burst is not thinned out by a long run.
    """

    ours: frozenset[int] = frozenset()
    """Processes that belong to the run: the worker and whoever waits for it."""
    clock: Callable[[], float] = time.monotonic
    """Seconds."""
    look_at: Callable[[], Uses] = used
    """What each process has used so far."""
    busiest: tuple[float, str] = (0.0, "")
    """The largest share of a core that another process took in a window, and its name."""
    _since: float = field(init=False)
    _before: Uses = field(init=False)

    def __post_init__(self) -> None:
        self._since, self._before = self.clock(), self.look_at()

    def look(self, *, last: bool = False) -> None:
        """Close the window if it is long enough; the last one at a quarter of the length."""
        seconds = self.clock() - self._since
        if seconds < (WINDOW_S / 4 if last else WINDOW_S):
            return
        after = self.look_at()
        for pid, share in shares(self._before, after, seconds).items():
            if pid not in self.ours and share > self.busiest[0]:
                self.busiest = (share, after[pid].name)
        self._since, self._before = self.clock(), after

    @property
    def disturbance(self) -> str:
        """Who was busy, `"cc1plus used 0.83 of a core"`; empty when nobody was."""
        share, name = self.busiest
        return f"{name} used {share:.2f} of a core" if share > BUSY_SHARE else ""


def _processor() -> str:
    """The model as /proc/cpuinfo names it (ARM boards: the board's own model)."""
    for line in (_text("/proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Hardware", "Model"):
            return value.strip()
    board = _text("/proc/device-tree/model")
    return board.strip("\0") if board else platform.processor() or platform.machine()


def _frequency_mhz() -> float | None:
    """Of the first core, at this moment."""
    if kilohertz := _text("/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"):
        return int(kilohertz) / 1000
    for line in (_text("/proc/cpuinfo") or "").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "cpu MHz":
            return float(value)
    return None


def _text(path: str) -> str | None:
    try:
        return Path(path).read_text(errors="replace").strip()
    except OSError:
        return None
