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
"""By which share median latencies of sessions on an idle machine may differ at least: other
addresses, another clock of the processor, another neighbour."""

QUIET = 3
"""Sessions on an idle machine that are enough to promise from; with fewer, the noisy ones count."""

WIDEST = 3.0
"""Factor either way beyond which a promise says nothing. Sessions further apart than that are of a
machine too busy to promise from: they get this one, and are marked."""

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
            Of their latencies those taken on a busy machine are left out where enough others are.
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
    """Wilson's score interval of a share at `LEVEL` (Wilson, JASA 1927).

    The share is in it, also where rounding would leave out a share of 0 or 1.
    """
    middle = (share + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z * math.sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2)) / (1 + _Z**2 / of)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


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
    timed = _counted(takes)
    if timed:
        yield _latency(timed)


def is_noisy(takes: Sequence[Measurement]) -> bool:
    """Whether the machine was busy in a session that latency rests on."""
    return any(take.noisy for take in _counted(takes))


def _counted(takes: Sequence[Measurement]) -> list[Measurement]:
    """Sessions that latency rests on: the quiet ones where they are enough."""
    timed = [take for take in takes if take.latencies_s]
    quiet = [take for take in timed if not take.noisy]
    return quiet if len(quiet) >= QUIET else timed


def _latency(timed: Sequence[Measurement]) -> Figure:
    """The median over sessions, and where a further one falls.

    A prediction interval of Student's t over the logarithms of the sessions' medians; of a single
    session the bootstrap interval of its median is all there is.
    """
    logs = [math.log(statistics.median(take.latencies_s)) for take in timed]
    middle, least = statistics.median(logs), math.log1p(SESSIONS)
    if len(timed) > 1:
        reach = min(max(_spread(logs), least), math.log(WIDEST))
        low, high = middle - reach, middle + reach
    else:
        low, high = (math.log(end) for end in median_interval(timed[0].latencies_s, level=LEVEL))
        low, high = low - least, high + least
    return Figure(
        name="latency_ms",
        value=1e3 * math.exp(middle),
        low=1e3 * math.exp(low),
        high=1e3 * math.exp(high),
    )


def _spread(logs: Sequence[float]) -> float:
    """Half-width of the prediction interval of one more value."""
    from scipy.special import stdtrit

    quantile = float(stdtrit(len(logs) - 1, (1 + LEVEL) / 2))
    return quantile * statistics.stdev(logs) * math.sqrt(1 + 1 / len(logs))
