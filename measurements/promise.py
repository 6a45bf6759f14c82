"""What a built file promises: its measured figures, each with the interval that it is held to."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from measurements.record import Measurement
from measurements.timing import median_interval

LEVEL = 0.95
"""Of the intervals of accuracy and of median latencies."""
_Z = statistics.NormalDist().inv_cdf((1 + LEVEL) / 2)

SESSIONS = 0.1
"""By which share median latencies of separate sessions on an idle machine may differ besides: other
addresses, another clock of the processor, another neighbour."""

SIZES = 0.01
"""By which share a file may differ that was trained anew: other weights compress otherwise."""

NAMES = {
    "accuracy_pct": "accuracy",
    "file_bytes": "stored file",
    "compressed_bytes": "compressed",
    "ram_bytes": "arena",
    "latency_ms": "latency",
}
"""Figure -> its name for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One promised quantity."""

    name: str
    """A key of `NAMES`; its unit is the word after the last `_`."""
    value: float
    """As measured."""
    low: float
    """Least value that keeps the promise."""
    high: float
    """Largest value that keeps the promise."""

    def __str__(self) -> str:
        unit = {"pct": "%", "bytes": " B", "ms": " ms"}[self.name.rpartition("_")[2]]
        ends = f"{shown(self.low)} - {shown(self.high)}" if self.low < self.high else "exactly"
        return f"{shown(self.value)}{unit} ({ends})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A promised quantity, measured again."""

    promised: Figure
    """What was promised."""
    now: float | None
    """What it is; None: it could not be measured."""

    @property
    def holds(self) -> bool:
        """Whether it is within the promised interval."""
        return self.now is not None and self.promised.low <= self.now <= self.promised.high


def shown(value: float) -> str:
    """Four significant digits; whole numbers from a thousand on as they are."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def promised(takes: Sequence[Measurement]) -> tuple[Figure, ...]:
    """The figures of a file that was measured in one or several sessions.

    Args:
        takes: records of the same file on the same device; accuracy and sizes are the first's.
    """
    return tuple(_figures(takes))


def measured(takes: Sequence[Measurement]) -> dict[str, float]:
    """Figure -> its value over some sessions: medians of latencies, else the first's."""
    return {figure.name: figure.value for figure in _figures(takes)}


def outcomes(figures: Sequence[Figure], takes: Sequence[Measurement]) -> tuple[Outcome, ...]:
    """Hold promised figures against new measurements."""
    now = measured(takes)
    return tuple(Outcome(promised=figure, now=now.get(figure.name)) for figure in figures)


def wilson(share: float, of: int) -> tuple[float, float]:
    """Wilson's score interval of a share at `LEVEL` (Wilson, JASA 1927)."""
    middle = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2)) / (1 + _Z**2 / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def _figures(takes: Sequence[Measurement]) -> Iterator[Figure]:
    first = takes[0]
    if first.accuracy is not None:
        low, high = wilson(first.accuracy, first.n_test) if first.n_test else (first.accuracy,) * 2
        yield Figure(
            name="accuracy_pct", value=100 * first.accuracy, low=100 * low, high=100 * high
        )
    for name in ("file_bytes", "compressed_bytes"):
        size = getattr(first, name)
        if size is not None:
            yield Figure(name=name, value=size, low=size * (1 - SIZES), high=size * (1 + SIZES))
    if first.ram_bytes is not None:
        yield Figure(
            name="ram_bytes", value=first.ram_bytes, low=first.ram_bytes, high=first.ram_bytes
        )
    timed = [take for take in takes if take.latencies_s]
    if timed:
        ends = [median_interval(take.latencies_s, level=LEVEL) for take in timed]
        medians = [statistics.median(take.latencies_s) for take in timed]
        yield Figure(
            name="latency_ms",
            value=1e3 * statistics.median(medians),
            low=1e3 * min(low for low, _ in ends) * (1 - SESSIONS),
            high=1e3 * max(high for _, high in ends) * (1 + SESSIONS),
        )
