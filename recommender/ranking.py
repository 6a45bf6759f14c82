"""The order of a board's candidates for one profile: fixed before any limit is looked at.

Merit is accuracy in points less the price of size and latency (`recommender.profile`), all of it
as surely delivered; remarks add at most `SAY` points either way. Since the order does not depend on
the limits, tightening one can only take candidates away: the pick never gets better by it. And
since limits bound the very quantities that dominance compares, what dominates a feasible candidate
is feasible too: the Pareto set under limits is the feasible part of the Pareto set.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.board import Board
from recommender.pareto import non_dominated
from recommender.profile import SAY, Profile, ServiceClass

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SIZE, _LATENCY, _ACCURACY = 0, 1, 2
"""Columns of `Board.needs`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """A board seen by one profile."""

    board: Board
    """The candidates."""
    profile: Profile
    """Who asks, with task and device resolved."""
    needs: FloatArray
    """`(n, 4)` as `Board.needs`; infinite for candidates that the profile rules out."""
    eligible: BoolArray
    """`(n,)` allowed by the profile: networks, evidence, the paper's law."""
    evidence: FloatArray
    """`(n,)` merit by the evidence alone, in points; minus infinity where nothing is promised."""
    say: FloatArray
    """`(n,)` points that remarks add or take."""
    order: IntArray
    """`(n,)` candidates, best first; ties go by name."""
    front: BoolArray
    """`(n,)` non-dominated in accuracy, size and latency among the eligible."""

    @property
    def merit(self) -> FloatArray:
        """`(n,)` what the order goes by, within and without real time."""
        return self.evidence + self.say

    def front_within(self, *, ram_limited: bool) -> BoolArray:
        """`(n,)` the Pareto set; working memory is an objective where a question limits it."""
        return non_dominated(self.needs) if ram_limited else self.front

    def ordered(self, marked: BoolArray) -> IntArray:
        """The candidates that a `(n,)` mask marks, best first."""
        return np.asarray(self.order[marked[self.order]])

    def position(self) -> IntArray:
        """`(n,)` place of each candidate in the order, 0 is the best."""
        place = np.empty(len(self.order), dtype=np.int64)
        place[self.order] = np.arange(len(self.order))
        return place


def merit(needs: FloatArray, aims: ServiceClass) -> FloatArray:
    """Merit in points of accuracy by the evidence alone.

    Args:
        needs: `(n, 4)` losses as `Board.needs` gives them.
        aims: the service class.

    Returns:
        `(n,)`, to a billionth of a point, so that what is equal on paper is equal on every machine
        and in every language; minus infinity where a quantity is not promised.
    """
    promised = np.isfinite(needs[:, :3]).all(axis=1)
    size, latency = _doublings(needs[:, _SIZE]), _doublings(needs[:, _LATENCY])
    points = (
        -needs[:, _ACCURACY]
        - np.where(promised, size, 0) * aims.points_per_size_doubling
        - np.where(promised, latency, 0) * aims.points_per_latency_doubling
    )
    return np.where(promised, np.round(points, 9), -np.inf)


def _doublings(need: FloatArray) -> FloatArray:
    return np.asarray(np.log2(np.maximum(need, 1e-6)), dtype=float)


def _order(merit: FloatArray, needs: FloatArray, slow: BoolArray) -> IntArray:
    """Candidates, best first: those in real time before the others, then by merit.

    Boards are in the order of names, so that what ties in everything goes by name.
    """
    order = np.argsort(-merit)
    ranked = merit[order]
    equal = ranked[1:] == ranked[:-1]
    tied = np.zeros(len(order), dtype=bool)  # few, as a rule: only they are looked at twice
    tied[1:] |= equal
    tied[:-1] |= equal
    among = np.sort(order[tied])
    order[tied] = among[np.lexsort((*_ties(needs[among]), -merit[among]))]
    late = slow[order]
    return np.concatenate([order[~late], order[late]])


def _ties(needs: FloatArray) -> tuple[FloatArray, ...]:
    """What orders candidates of equal merit, the last first: accuracy, then size, then latency.

    A class may ask nothing for latency; what is slower and no better still comes later.
    """
    found = (_doublings(needs[:, _LATENCY]), _doublings(needs[:, _SIZE]), needs[:, _ACCURACY])
    return tuple(np.round(values, 9) for values in found)


def rank(board: Board, profile: Profile, *, scores: FloatArray, lawful: BoolArray) -> Ranking:
    """Order a board.

    Args:
        board: the candidates.
        profile: who asks.
        scores: `(n,)` in [-1, 1], what remarks have to say for or against each candidate.
        lawful: `(n,)` candidates whose strategy the paper recommends for the service class.
    """
    eligible = np.ones(len(board), dtype=bool)
    if profile.networks:
        eligible &= np.array([n in profile.networks for n in board.network], dtype=bool)
    if profile.evidence == "measured":
        eligible &= board.measured
    if profile.follow == "paper":
        eligible &= lawful
    needs = np.where(eligible[:, None], board.needs(profile.confidence, profile.size_kind), np.inf)
    evidence = merit(needs, profile.aims)
    say = np.zeros(len(board)) if profile.follow == "evidence" else SAY * scores
    slow = needs[:, _LATENCY] > profile.aims.real_time_ms
    return Ranking(
        board=board,
        profile=profile,
        needs=needs,
        eligible=eligible,
        evidence=evidence,
        say=say,
        order=_order(evidence + say, needs, slow),
        front=non_dominated(needs[:, :3]),
    )
