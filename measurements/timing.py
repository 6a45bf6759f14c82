"""How often to time, and what the times say: pure, the clock is passed in.

Nothing here knows a runtime or an operating system, and nothing but the standard library is used,
so that the module travels to a board beside the worker. As in pyperf, a run keeps its raw values;
medians, intervals and verdicts on noise are derived from them.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

Infer = Callable[[], object]
"""Runs one inference."""
Clock = Callable[[], float]
"""Seconds since some fixed moment."""

DRIFT_LIMIT = 0.05
"""Halves of a run whose medians differ by more are not of one machine state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """How often to time."""

    values: int = 50
    """Values at least."""
    seconds: float = 1.0
    """Time that the values must cover together, at least."""
    batch_seconds: float = 0.010
    """A value is the mean of as many inferences as last this long, at least one."""
    agreement: float = 0.05
    """Warm-up ends when two batches in a row differ by no more than this share."""
    warmup_seconds: float = 5.0
    """Warm-up ends after this long in any case; the run is then noisy."""
    turn_values: int = 5
    """Values taken of one model before it is the next one's turn, at least."""
    turn_inferences: int = 50
    """Inferences in a turn at least, and as many untimed before them: large weights take that long
    to be back in the caches after another model's turn."""
    turn_seconds: float = 0.5
    """A turn whose values last this long is not made longer for the inferences' sake, nor is what
    goes before it."""
    turn_singles: int = 10
    """Inferences timed one by one in each turn, for the percentiles."""
    processes: int = 4
    """Fresh processes that share values and seconds evenly."""
    retakes: int = 3
    """What is noisy is taken again at most this often, then marked."""

    def share(self) -> Repetition:
        """What one of the processes does."""
        return replace(
            self,
            values=math.ceil(self.values / self.processes),
            seconds=self.seconds / self.processes,
            processes=1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What warm-up found out."""

    inferences: int
    """Inferences that make up one value."""
    settled: bool
    """Two batches agreed before the time was up."""


@dataclass(slots=True, kw_only=True)
class Sample:
    """The raw times of one model; grows while they are taken."""

    inferences: int
    """Inferences that make up one value."""
    settled: bool
    """Warm-up ended by agreement."""
    values_s: list[float] = field(default_factory=list)
    """Seconds per inference, in the order taken."""
    singles_s: list[float] = field(default_factory=list)
    """Seconds of single inferences, in the order taken."""

    def covered_s(self) -> float:
        """Seconds that the values cover together."""
        return math.fsum(self.values_s) * self.inferences

    def enough(self, repetition: Repetition) -> bool:
        """As many values, over as long a time, as asked for."""
        full = self.covered_s() >= repetition.seconds * (1 - 1e-9)  # a sum of many roundings
        return full and len(self.values_s) >= repetition.values


def warm_up(infer: Infer, clock: Clock, repetition: Repetition) -> Pace:
    """Run until two batches in a row agree, or the time for it is up.

    Args:
        infer: runs one inference.
        clock: gives seconds.
        repetition: what agreement and time are.

    Returns:
        The inferences that make up one value from here on.
    """
    start = clock()
    pace = _mean_of(infer, 1, clock)
    count, settled = _count(pace, repetition), False
    while not settled and clock() - start < repetition.warmup_seconds:
        before, pace = pace, _mean_of(infer, count, clock)
        settled = abs(pace - before) <= repetition.agreement * min(pace, before)
        count = _count(pace, repetition)
    return Pace(inferences=count, settled=settled)


def interleaved(
    models: Sequence[Infer],
    clock: Clock,
    repetition: Repetition,
    before_turn: Callable[[int], None] = lambda _: None,
) -> list[Sample]:
    """Time models in turns, A B A B, so that what changes over the run touches all alike.

    Each turn starts with untimed inferences, since the model before left its own weights in the
    caches. A model that has enough takes no further turn.

    Args:
        models: each runs one inference of its own.
        clock: gives seconds.
        repetition: how often.
        before_turn: told the place of the model whose warm-up or turn comes.

    Returns:
        One sample per model, in their order, all values kept.
    """
    samples: list[Sample] = []
    for place, infer in enumerate(models):
        before_turn(place)
        pace = warm_up(infer, clock, repetition)
        samples.append(Sample(inferences=pace.inferences, settled=pace.settled))
    while not all(sample.enough(repetition) for sample in samples):
        for place, (infer, sample) in enumerate(zip(models, samples, strict=True)):
            if not sample.enough(repetition):
                before_turn(place)
                _take_turn(infer, sample, clock, repetition)
    return samples


def median_interval(
    values: Sequence[float], *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Percentile bootstrap interval of the median (Efron 1979).

    Args:
        values: raw values, at least one, any unit.
        level: nominal coverage, between 0 and 1.
        draws: resamples; the same seed gives the same interval.
        seed: of the resampling.

    Returns:
        Lower and upper end, in the values' unit.
    """
    ordered = sorted(values)
    middles = _resampled_middles(len(ordered), draws, seed)
    medians = [(ordered[low] + ordered[high]) / 2 for low, high in middles]
    return percentile(medians, (1 - level) / 2), percentile(medians, (1 + level) / 2)


@lru_cache(maxsize=64)
def _resampled_middles(count: int, draws: int, seed: int) -> list[tuple[int, int]]:
    """Places, in sorted values, of the two in the middle of each resample: the same for any values.

    Of an odd number they are one.
    """
    generator, places = random.Random(seed), range(count)
    drawn = (sorted(generator.choices(places, k=count)) for _ in range(draws))
    return [(resample[(count - 1) // 2], resample[count // 2]) for resample in drawn]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of all values lies, by linear interpolation.

    Args:
        values: at least one.
        share: 0 to 1, so 0.95 for p95.
    """
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low, rest = int(place), place - int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + rest * (ordered[high] - ordered[low])


def drift(values: Sequence[float]) -> float:
    """By which share the medians of the two halves of a run differ.

    Args:
        values: raw values in the order taken.

    Returns:
        0 for fewer than two values; relative to the smaller median.
    """
    if len(values) < 2:
        return 0.0
    middle = len(values) // 2
    first, second = statistics.median(values[:middle]), statistics.median(values[middle:])
    smaller = min(first, second)
    if smaller <= 0:
        return 0.0 if first == second else math.inf
    return abs(first - second) / smaller


def _take_turn(infer: Infer, sample: Sample, clock: Clock, repetition: Repetition) -> None:
    start, done = clock(), 0
    while done < sample.inferences or _goes_on(done, clock() - start, repetition):
        infer()
        done += 1
    start, values = clock(), list[float]()
    while len(values) < repetition.turn_values or _goes_on(
        len(values) * sample.inferences, clock() - start, repetition
    ):
        values.append(_mean_of(infer, sample.inferences, clock))
    sample.values_s += values
    # Where a value is one inference, the values are the single inferences.
    sample.singles_s += (
        values
        if sample.inferences == 1
        else [_mean_of(infer, 1, clock) for _ in range(repetition.turn_singles)]
    )


def _goes_on(inferences: int, seconds: float, repetition: Repetition) -> bool:
    return inferences < repetition.turn_inferences and seconds < repetition.turn_seconds


def _mean_of(infer: Infer, count: int, clock: Clock) -> float:
    start = clock()
    for _ in range(count):
        infer()
    return (clock() - start) / count


def _count(pace: float, repetition: Repetition) -> int:
    """Inferences that last a batch; a clock too coarse to see one inference is not divided by."""
    # The slack keeps rounding from asking for one inference more than fill a batch exactly.
    return max(1, math.ceil(repetition.batch_seconds / max(pace, 1e-7) * (1 - 1e-9)))
