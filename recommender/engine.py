"""From an order of candidates and some limits to one pick: small, pure, no terminal, no files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.constraints import LIMITS, Constraints
from recommender.pareto import non_dominated
from recommender.profile import SAY
from recommender.ranking import Ranking
from recommender.relax import Relaxation, changes, joint, single

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

NEAR = 0.25
"""A near miss breaks no limit by more than this share of it."""
MUCH = 1.0
"""Accuracy points that a near miss must gain: less is what test images can't resolve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the engine found, as indices of candidates."""

    limits: FloatArray
    """`(4,)` losses in the order of `LIMITS`, infinite where there is none."""
    pick: int | None
    """The one to deploy; None when nothing is feasible."""
    feasible: BoolArray
    """`(n,)` candidates that meet every limit with the asked confidence."""
    p_feasible: FloatArray
    """`(n,)` probability with which a candidate meets its tightest limit."""
    frontier: IntArray
    """The feasible part of the Pareto set, best first."""
    alternatives: IntArray
    """The pick's rivals: feasible, best first; after a predicted pick the best measured one."""
    measured_pick: int | None
    """After a predicted pick, the best feasible candidate that was measured; else None."""
    near_misses: IntArray
    """Members of the Pareto set just outside the limits that would gain much, best first; after a
    predicted pick also those of the measured ones' own Pareto set."""
    relaxations: tuple[Relaxation, ...]
    """Smallest moves of limits that buy something better, or anything at all."""
    top: int
    """How many rivals and near misses were asked for at most."""


def limits_of(constraints: Constraints) -> FloatArray:
    """The limits as losses in the order of `LIMITS`, infinite where there is none."""
    values = constraints.to_dict()
    bounds = [(limit.sign, values[limit.name]) for limit in LIMITS]
    return np.array([np.inf if value is None else sign * value for sign, value in bounds])


def pick_within(ranking: Ranking, limits: FloatArray) -> int | None:
    """The pick alone: the first in order of the feasible part of the Pareto set.

    Args:
        ranking: the candidates in order.
        limits: `(4,)` losses in the order of `LIMITS`, infinite where there is none.
    """
    front = _ordered_front(ranking, limits)
    frontier = front[(ranking.needs[front] <= limits).all(axis=1)]
    return int(frontier[0]) if len(frontier) else None


def choose(ranking: Ranking, constraints: Constraints, *, top: int) -> Choice:
    """Pick, rivals, near misses and what to relax.

    Args:
        ranking: the candidates in order.
        constraints: the limits.
        top: how many rivals and near misses at most.
    """
    limits = limits_of(constraints)
    feasible = np.asarray(ranking.eligible & (ranking.needs <= limits).all(axis=1))
    front = _ordered_front(ranking, limits)
    frontier = front[feasible[front]]
    pick = int(frontier[0]) if len(frontier) else None
    measured_pick = _measured_pick(ranking, feasible, pick)
    return Choice(
        limits=limits,
        pick=pick,
        feasible=feasible,
        p_feasible=ranking.board.p_feasible(limits, ranking.profile.size_kind),
        frontier=frontier,
        alternatives=_rivals(ranking, feasible, pick, measured_pick)[:top],
        measured_pick=measured_pick,
        near_misses=_near(ranking, limits, front, feasible, pick, measured_pick)[:top],
        relaxations=_relaxations(ranking, limits, front, pick),
        top=top,
    )


def _ordered_front(ranking: Ranking, limits: FloatArray) -> IntArray:
    """The Pareto set, best first."""
    return ranking.ordered(ranking.front_within(ram_limited=bool(np.isfinite(limits[-1]))))


def _measured_pick(ranking: Ranking, feasible: BoolArray, pick: int | None) -> int | None:
    measured = ranking.board.measured
    if pick is None or measured[pick]:
        return None
    found = ranking.ordered(feasible & measured)
    return int(found[0]) if len(found) else None


def _rivals(
    ranking: Ranking, feasible: BoolArray, pick: int | None, measured_pick: int | None
) -> IntArray:
    if pick is None:
        return np.empty(0, dtype=np.int64)  # the rest may meet the limits, but promise nothing
    rivals = ranking.ordered(feasible)
    rivals = rivals[rivals != pick]
    if measured_pick is None:
        return np.asarray(rivals)
    return np.concatenate([[measured_pick], rivals[rivals != measured_pick]])


def _near(
    ranking: Ranking,
    limits: FloatArray,
    front: IntArray,
    feasible: BoolArray,
    pick: int | None,
    measured_pick: int | None,
) -> IntArray:
    found = front
    if measured_pick is not None:
        # What was measured is judged among its like: no prediction takes its place.
        measured = np.flatnonzero(ranking.board.measured)
        # Whoever dominates one that gains much gains as much: the others need no comparing.
        measured = measured[gain(ranking, measured, measured_pick) >= MUCH]
        either = np.zeros(len(ranking.order), dtype=bool)
        either[found] = True
        either[measured[non_dominated(ranking.needs[measured, :3])]] = True
        found = ranking.ordered(either)
    outside = found[~feasible[found]]
    near = changes(ranking.needs[outside], limits).max(axis=1) <= NEAR
    if pick is not None:
        near &= gain(ranking, outside, pick, measured_pick) >= MUCH
    return np.asarray(outside[near])


def gain(
    ranking: Ranking, near: IntArray, pick: int, measured_pick: int | None = None
) -> FloatArray:
    """Accuracy points, as surely delivered, that candidates have over whom they are held against.

    Args:
        ranking: the candidates in order.
        near: `(m,)` candidates.
        pick: whom they are held against.
        measured_pick: whom instead, those that were measured; None: the pick too.

    Returns:
        `(m,)`, to a billionth of a point, so that what ties on paper ties in every language.
    """
    other = np.full(len(near), pick)
    if measured_pick is not None:
        other[ranking.board.measured[near]] = measured_pick
    return np.asarray(np.round(ranking.needs[other, 2] - ranking.needs[near, 2], 9), dtype=float)


def _relaxations(
    ranking: Ranking, limits: FloatArray, front: IntArray, pick: int | None
) -> tuple[Relaxation, ...]:
    worthwhile = front
    if pick is not None:
        # A better pick, and better by more than remarks or chance could make it.
        better = front[: int(np.flatnonzero(front == pick)[0])]
        worthwhile = better[ranking.merit[better] >= ranking.merit[pick] + SAY]
    found = single(ranking.needs, limits, worthwhile=worthwhile, front=front)
    if found or pick is not None:
        return tuple(found)
    together = joint(ranking.needs, limits, front=front)
    return (together,) if together else ()
