"""Which few networks to time on a device that nobody knows yet, so that the rest can be forecast.

An optimal design on the model's own terms: the posterior covariance of its effects says how far
each latency is still in doubt, and how much of all doubt one more measurement would take away.
Neither depends on what will be measured, so the probes are chosen before the first is timed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.strategy import Strategy, grammar
from recommender import choice as learner
from recommender import mixed, regression
from recommender.cells import collapsed, comparable, known_to, learnable
from recommender.design import DESIGNS
from recommender.features import features
from recommender.regression import seen_by
from recommender.single_thread import single_thread

FloatArray = NDArray[np.float64]

TARGET = "latency_ms"
"""What is unknown of a device; sizes and accuracies are the same everywhere."""
_SIGMAS = 1.645
"""Half a central interval of 90 %, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A cell that is worth timing."""

    place: int
    """Row among those that could be timed."""
    network: str
    """Name."""
    strategy: str
    """Slug."""
    factor: float
    """By how much latencies on the device are typically in doubt once it is known, up or down, at
    90 %: 1.2 is from value / 1.2 to value x 1.2."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Latencies of `n` cells, with intervals of `k` levels."""

    log_ms: FloatArray
    """`(n,)` medians, natural logarithms of ms."""
    half: FloatArray
    """`(k, n)` half-widths of the central intervals on that scale."""
    levels: FloatArray
    """`(k, n)` their levels: those asked for, or what the dataset supports."""


def cells(networks: Sequence[str], task: str, device: str) -> pd.DataFrame:
    """Everything that could be timed: each strategy of each network, without a teacher.

    Returns:
        Columns `task network strategy device`. Distillation changes no latency and is left out.
    """
    slugs = [strategy.slug for strategy in grammar() if not strategy.distilled]
    return pd.DataFrame(
        [(task, name, slug, device) for name in networks for slug in slugs],
        columns=["task", "network", "strategy", "device"],
    )


def next_probes(frame: pd.DataFrame, asked: pd.DataFrame, budget: int) -> list[Probe]:
    """The probes that are still to be taken.

    Args:
        frame: what is known, as `measurements.to_frame` gives it.
        asked: the cells of one device, as `cells` gives them.
        budget: how many of them are to be timed in all. Those that the frame holds count, and
            those that have failed there are not tried again.
    """
    here = frame[frame["device"].isin(asked["device"].unique())]
    tried = set(_cells(here))
    timed = set(_cells(collapsed(here, TARGET))) & set(_cells(asked))
    left = asked[[cell not in tried for cell in _cells(asked)]]
    return choose(frame, left, asked, max(0, budget - len(timed)))


@single_thread()
def choose(
    frame: pd.DataFrame, able: pd.DataFrame, asked: pd.DataFrame, budget: int
) -> list[Probe]:
    """The probes that leave the least doubt about all cells of a device, the best first.

    Greedy: each takes away the most of what is left. Each is within a constant factor of the best
    set of its size, as for any quantity with diminishing returns.

    Args:
        frame: what is known, as `measurements.to_frame` gives it; rows of the device among them
            count as probes already taken.
        able: cells of the device that can be timed: columns `task network strategy device`.
        asked: all cells that are in question, of the same columns.
        budget: how many to choose at most.

    Returns:
        Up to `budget` probes of `able`, none twice.
    """
    if budget == 0 or able.empty:
        return []
    known = known_to(frame)
    rows, domain, y = learnable(comparable(frame, TARGET, asked["device"]), TARGET, known)
    model = regression.fit(TARGET, rows, domain, y, expected=asked["device"].unique())
    facts = seen_by(TARGET, features(pd.concat([able, asked]), known))
    x, _ = DESIGNS[TARGET].matrix(facts, model.levels, facts.device)
    noise = model.effects.noise[facts.integer.astype(np.int64)]
    many = len(able)
    found = greedy(model.effects, x[:many], x[many:], noise[:many], budget)
    return [
        Probe(
            place=place,
            network=str(able["network"].iloc[place]),
            strategy=str(able["strategy"].iloc[place]),
            factor=float(np.exp(_SIGMAS * np.sqrt(doubt))),
        )
        for place, doubt in found
    ]


def _cells(rows: pd.DataFrame) -> Iterator[tuple[str, ...]]:
    """Task, network, strategy without a teacher, and device of each row."""
    plain = {slug: Strategy.parse(slug).undistilled.slug for slug in rows["strategy"].unique()}
    names = rows["strategy"].map(plain)
    yield from zip(rows["task"], rows["network"], names, rows["device"], strict=True)


@single_thread()
def forecast(frame: pd.DataFrame, asked: pd.DataFrame, levels: Sequence[float]) -> Forecast:
    """What the latencies of some cells will be, by whoever serves them best.

    Args:
        frame: what is known, as `measurements.to_frame` gives it.
        asked: columns `task network strategy device`.
        levels: of the intervals.
    """
    known = known_to(frame)
    rows, domain, y = learnable(comparable(frame, TARGET, asked["device"]), TARGET, known)
    facts = features(asked, known)
    learned = learner.choose(TARGET, rows, domain, y)
    location, spread, tied = learned.locate(facts, facts.device)
    widths, granted = zip(
        *(learned.widest(level, facts.device, tied) for level in levels), strict=True
    )
    return Forecast(log_ms=location, half=np.stack(widths) * spread, levels=np.stack(granted))


def greedy(
    effects: mixed.MixedEffects,
    able: FloatArray,
    asked: FloatArray,
    noise: FloatArray,
    budget: int,
) -> Iterator[tuple[int, float]]:
    """Choose rows of a design one by one, each for the largest drop of the mean variance.

    Args:
        effects: what is known of the effects.
        able: `(m, p)` rows that could be measured.
        asked: `(n, p)` rows that are to be predicted.
        noise: `(m,)` variance of a measurement of each that could be.
        budget: how many at most.

    Yields:
        Row of `able`, and the mean variance of the means of `asked` once it is measured.
    """
    covariance = effects.covariance
    left = np.ones(len(able), dtype=bool)
    for _ in range(min(budget, len(able))):
        shared = able @ covariance
        variance = np.einsum("ij,ij->i", shared, able) + noise
        drop = ((shared @ asked.T) ** 2).sum(axis=1) / variance
        place = int(np.argmax(np.where(left, drop, -np.inf)))
        covariance = covariance - np.outer(shared[place], shared[place]) / variance[place]
        left[place] = False
        doubt = np.einsum("ij,ij->i", asked @ covariance, asked)
        yield place, float(max(0.0, doubt.mean()))
