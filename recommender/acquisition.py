"""What to measure next: the measurement that changes the answer most for each minute it takes.

A candidate that was not measured is judged by the unfavourable end of its prediction. Once measured
it is judged by what it is: its value is drawn from the very distribution that its interval comes
from, and what the pick's merit would rise by is averaged over the draws (expected improvement under
constraints: Gardner et al., "Bayesian Optimization with Inequality Constraints", ICML 2014).
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from recommender.board import Board, Quantity
from recommender.conformal import Calibration
from recommender.constraints import LIMITS
from recommender.engine import pick_within
from recommender.profile import Profile
from recommender.ranking import Ranking, merit
from recommender.scale import SCALES

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

DRAWS = 512
"""Of each candidate's values; the same numbers for all of them."""

SLOW = 1000.0
"""Points that a candidate beyond the class's real time is behind: no accuracy makes up for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """A measurement that could change the answer."""

    candidate: int
    """Its place on the board."""
    gain: float
    """Points of merit that the pick rises by on average."""
    p_change: float
    """Probability that another candidate becomes the pick, or that there is one at last."""
    seconds: float
    """What it costs, with all that has to be trained for it."""

    @property
    def rate(self) -> float:
        """Points for each minute."""
        return self.gain / max(self.seconds / 60, 1e-9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What measurements can still do to an answer."""

    prospects: tuple[Prospect, ...]
    """Those that can change it, the most promising for each minute first."""
    ruled_out: tuple[Prospect, ...]
    """Those that can't, in the same order, as long as each of their values lies in its interval."""
    level: float
    """The probability that those intervals hold with: the widest that the measured networks
    support. 1 where nothing but measured values was needed to rule them out."""


def outlook(ranking: Ranking, limits: FloatArray, seconds: FloatArray) -> Outlook:
    """Rank what could be measured.

    Args:
        ranking: the candidates; its profile's `evidence` decides whether the pick of today may be
            a prediction.
        limits: `(4,)` losses in the order of `LIMITS`, infinite where there is none.
        seconds: `(n,)` cost of measuring each candidate; infinite for those that can't be.

    Returns:
        Prospects by gain per minute; where nothing is known about any, the cheapest first.
    """
    rivalry = _Rivalry(ranking, limits)
    able = ~ranking.board.measured & np.isfinite(seconds)
    best, worst = (_ends(ranking.board, ranking.profile, favourable=f) for f in (True, False))
    opened = able & rivalry.could_change(best, worst)
    gain, p_change = rivalry.expected(_draws(ranking.board, ranking.profile.size_kind))
    gain, opened = _told_by_plain_forms(ranking.board, able, gain, opened)

    def sorted_prospects(which: BoolArray) -> tuple[Prospect, ...]:
        found = [
            Prospect(candidate=i, gain=gain[i], p_change=p_change[i], seconds=float(seconds[i]))
            for i in map(int, np.flatnonzero(which))
        ]
        return tuple(sorted(found, key=lambda p: (-p.rate, p.seconds, p.candidate)))

    return Outlook(
        prospects=sorted_prospects(opened),
        ruled_out=sorted_prospects(able & ~opened),
        level=_level(ranking.board, able & ~opened),
    )


def _told_by_plain_forms(
    board: Board, able: BoolArray, gain: FloatArray, opened: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """A network's plain form is worth what its best candidate is, as long as it is unknown.

    The others are predicted from it far more closely than from facts, and start from its training.
    """
    gain, opened = gain.copy(), opened.copy()
    network, strategy = np.array(board.network), np.array(board.strategy)
    unknown = ~board.quantities["accuracy_pct"].anchored
    for i in np.flatnonzero(able & unknown & (strategy == "nq")):
        kin = able & (network == network[i])
        gain[i] = gain[kin].max()
        opened[i] = opened[kin].any()
    return gain, opened


class _Rivalry:
    """The pick, and when another value of a candidate would dethrone it."""

    def __init__(self, ranking: Ranking, limits: FloatArray) -> None:
        self.ranking, self.limits = ranking, limits
        self.pick = pick_within(ranking, limits)
        own = self.worth(ranking.needs[None])[0]
        middle = _needs(ranking.board, ranking.profile.size_kind, _middles(ranking.board))
        known = self.points(middle[None])[0]
        # Anything feasible is better than nothing: as much as the least promising candidate.
        self.nothing = float(np.min(known, where=np.isfinite(known), initial=0.0))
        self.now = self.nothing if self.pick is None else float(own[self.pick])
        if self.pick is not None:
            own = np.where(np.arange(len(own)) == self.pick, -np.inf, own)
        self.second = max(self.nothing, float(own.max(initial=-np.inf)))

    def points(self, needs: FloatArray) -> FloatArray:
        """`(k, n)` merit of `(k, n, 4)` needs with the remarks' say, whatever the limits."""
        aims = self.ranking.profile.aims
        flat = merit(needs.reshape(-1, needs.shape[-1]), aims).reshape(needs.shape[:2])
        return flat + self.ranking.say - SLOW * (needs[..., 1] > aims.real_time_ms)

    def worth(self, needs: FloatArray) -> FloatArray:
        """`(k, n)` points of what is feasible, minus infinity else."""
        met = (needs <= self.limits).all(axis=-1)
        return np.where(met, self.points(needs), -np.inf)

    def could_change(self, best: FloatArray, worst: FloatArray) -> BoolArray:
        """`(n,)` candidates that would dethrone the pick at their best; the pick at its worst."""
        changes = self.changes(best[None])[0]
        if self.pick is not None:
            changes[self.pick] = self.changes(worst[None])[0, self.pick]
        return np.asarray(changes)

    def changes(self, needs: FloatArray) -> BoolArray:
        """`(k, n)` whether a candidate with these needs makes another one the pick."""
        worth = self.worth(needs)
        changed = worth > self.now if self.pick is not None else worth > -np.inf
        if self.pick is not None:
            pick = self.ranking.needs[self.pick, :3]
            there = needs[..., :3]
            beaten = (there <= pick).all(axis=-1) & (there < pick).any(axis=-1)
            changed |= beaten & (worth > -np.inf)
            changed[:, self.pick] = worth[:, self.pick] < self.second
        return np.asarray(changed)

    def expected(self, draws: FloatArray) -> tuple[FloatArray, FloatArray]:
        """`(n,)` mean rise of the pick's points, and share of draws with another pick."""
        worth = self.worth(draws)
        after = np.maximum(worth, self.now)
        if self.pick is not None:
            after[:, self.pick] = np.maximum(worth[:, self.pick], self.second)
        return after.mean(axis=0) - self.now, self.changes(draws).mean(axis=0)


def _quantities(board: Board, size_kind: str) -> list[Quantity | None]:
    return [board.quantity(limit, size_kind) for limit in LIMITS]


def _needs(board: Board, size_kind: str, values: dict[str, FloatArray]) -> FloatArray:
    """`(…, n, 4)` losses of some values of the quantities; unknown memory meets no limit."""
    ram = np.where(np.isnan(board.ram_kb), np.inf, board.ram_kb)
    columns = []
    for limit, quantity in zip(LIMITS, _quantities(board, size_kind), strict=True):
        loss = ram if quantity is None else limit.sign * values[quantity.target]
        columns.append(np.where(np.isnan(loss), np.inf, loss))
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def _middles(board: Board) -> dict[str, FloatArray]:
    return {target: quantity.value for target, quantity in board.quantities.items()}


def _draws(board: Board, size_kind: str) -> FloatArray:
    """`(DRAWS, n, 4)` losses as they may be measured, one target independent of another."""
    random = np.random.default_rng(0)
    values = {}
    for target, quantity in sorted(board.quantities.items()):
        u = (random.permutation(DRAWS) + 0.5) / DRAWS
        z = np.where(
            quantity.anchored, _score(quantity.tied, u)[:, None], _score(quantity.free, u)[:, None]
        )
        values[target] = _moved(quantity, z)
    return _needs(board, size_kind, values)


def _score(calibration: Calibration, u: FloatArray) -> FloatArray:
    """Signed scores at some quantiles.

    Beyond the highest level that networks support the tail is that of a normal error; without any
    left-out network all of it is.
    """
    normal = np.array([NormalDist().inv_cdf(float(q)) for q in u])
    if not calibration.highest:
        return normal
    level = np.abs(2 * u - 1)
    size = np.interp(level, calibration.levels, calibration.scores)
    last = NormalDist().inv_cdf((1 + calibration.highest) / 2)
    tail = calibration.scores[-1] * np.abs(normal) / last
    return np.asarray(np.sign(normal) * np.where(level > calibration.highest, tail, size))


def _ends(board: Board, profile: Profile, *, favourable: bool) -> FloatArray:
    """`(n, 4)` losses at the ends of the widest intervals that can be had.

    Where those do not hold with the confidence that is asked for, anything may be found.
    """
    values = {}
    networks = len({n for n, there in zip(board.network, board.measured, strict=True) if there})
    for limit in LIMITS:
        quantity = board.quantity(limit, profile.size_kind)
        if quantity is None:
            continue
        ends = [_widest(c, networks, profile.confidence) for c in (quantity.tied, quantity.free)]
        sign = -1 if favourable == limit.upper else 1
        end = _moved(quantity, sign * np.where(quantity.anchored, *ends))
        # Nothing is known: anything can be.
        open_end = 100.0 if not limit.upper else 1e-9
        values[quantity.target] = np.where(
            np.isnan(end), open_end if favourable else np.nan, np.maximum(end, 1e-9)
        )
    return _needs(board, profile.size_kind, values)


def _widest(calibration: Calibration, networks: int, confidence: float) -> float:
    """Of the intervals; infinite where too few networks were measured on this very task.

    Calibrations pool all tasks and devices. What they say holds here once as many networks as the
    confidence takes were measured here.
    """
    width, level = calibration.widest(1.0)
    return width if min(level, networks / (networks + 1)) >= 2 * confidence - 1 else np.inf


def _moved(quantity: Quantity, z: FloatArray) -> FloatArray:
    """The values, moved by so many spreads where they are predicted."""
    scale = SCALES[quantity.target]
    with np.errstate(invalid="ignore"):
        shift = np.where(quantity.given | (quantity.spread == 0), 0.0, z * quantity.spread)
        moved = scale.inverse(scale.link(quantity.value) + shift)
    return np.where(shift == 0, quantity.value, moved)


def _level(board: Board, closed: BoolArray) -> float:
    """The lowest level of the intervals that the closed candidates were ruled out with."""
    levels = [1.0]
    for quantity in board.quantities.values():
        predicted = closed & ~quantity.given & (quantity.spread > 0)
        halves = ((quantity.anchored, quantity.tied), (~quantity.anchored, quantity.free))
        levels += [c.highest for part, c in halves if (predicted & part).any() and c.highest]
    return min(levels)
