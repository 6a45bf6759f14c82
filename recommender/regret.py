"""What a forecast costs whoever follows it: picks under random limits, held against the truth.

Each question is a set of limits around some measured candidate of the left-out group, so that
something is always feasible. The oracle knows every measured value and takes the most accurate
candidate within the limits. The advisor is asked as a high-end service, whose objective is accuracy
first; questions therefore stay within its real time wherever the board allows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from recommender.advisers import ALWAYS, PROFILE, SINGLE_BEST, Adviser, Panel
from recommender.baselines import Locate
from recommender.cells import usable
from recommender.holdout import Fold
from recommender.model import ParetoModel
from recommender.pareto import non_dominated

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]

ADVISERS = (*ALWAYS, SINGLE_BEST)
CHOICES = ("any", "left out")
"""Among what: all candidates of the board, or those of the left-out group alone."""

_OBJECTIVES = ("size_kb", "latency_ms", "accuracy_pct")
_ACCURACY = 2
_LOOSEST = 4.0
"""A limit is up to this factor above what the candidate that it is drawn around needs."""
_POINTS_BELOW = 5.0
"""A limit on accuracy is up to so many points below that candidate's."""
_ASKED = 0.5
"""Probability of each limit besides the one on latency."""
_PRACTICE = 200
"""Limit sets by which the single best candidate of a known board is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regret:
    """What one adviser's picks cost."""

    setting: str
    """What was known of the left-out group."""
    choice: str
    """One of `CHOICES`."""
    adviser: str
    """One of `ADVISERS`."""
    questions: int
    """Random limit sets."""
    silent: float
    """Share of them without a pick."""
    breaks: float
    """Share of the picks that break a limit."""
    regret: float | None
    """Mean accuracy points behind the oracle, of the picks that keep every limit."""
    charged: float
    """Mean over all questions; a broken limit or no pick counts as the worst feasible candidate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One adviser's answers to one fold's questions on one board."""

    setting: str
    choice: str
    adviser: str
    silent: BoolArray
    """`(q,)`"""
    broken: BoolArray
    """`(q,)`"""
    regret: FloatArray
    """`(q,)` points behind the oracle, NaN where silent or broken."""
    worst: FloatArray
    """`(q,)` points that the worst feasible candidate is behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The measured candidates of one task on one device."""

    cells: list[tuple[str, str]]
    """`n` networks and strategies."""
    losses: FloatArray
    """`(n, 3)` size, latency, negated accuracy."""
    hidden: BoolArray
    """`(n,)` in the fold's left-out rows."""


def play(
    fold: Fold,
    learned: ParetoModel,
    simple: Mapping[str, Mapping[str, Locate]],
    *,
    questions: int,
    seed: int,
) -> Iterator[Outcome]:
    """Let every adviser pick on every board with hidden candidates.

    Args:
        fold: the split.
        learned: the model fitted on its training rows.
        simple: the simple learners taught by them, as `recommender.baselines.taught` does.
        questions: limit sets, dealt over the boards.
        seed: of the limits and of the random adviser.
    """
    random = np.random.default_rng(seed)
    tables = _tables(fold)
    heard = Panel.of(fold, learned, simple, random)
    # Of a device that was measured on the left-out task alone nobody knows anything.
    seen = set(fold.train["device"])
    asked = [k for k, table in tables.items() if table.hidden.any() and k[0] in seen]
    for (device, task), share in zip(asked, deal(questions, len(asked)), strict=True):
        table = tables[device, task]
        advisers = heard.advisers(device, task, table.cells, share)
        for choice in CHOICES if not table.hidden.all() else CHOICES[:1]:
            among = np.ones(len(table.cells), bool) if choice == "any" else table.hidden
            limits = _limits(table.losses, table.hidden, share, random)
            best = _single_best(tables, device, table, choice, random)
            for name, adviser in (advisers | {"single best": best}).items():
                pick = _picks(adviser, among, limits)
                yield _outcome(fold.setting, choice, name, table.losses, among, limits, pick)


def _single_best(
    tables: Mapping[tuple[str, str], Table],
    device: str,
    table: Table,
    choice: str,
    random: np.random.Generator,
) -> Adviser:
    """The candidate that wins most often where the truth is known; limits are not looked at.

    Among the left-out group alone only the strategy can be carried over: the one that wins most
    often when each known network is asked about by itself.
    """
    wins: Counter[tuple[str, str]] = Counter()
    for (where, _), other in tables.items():
        known = ~other.hidden
        if where != device or not known.any():
            continue
        names = [network if choice == CHOICES[1] else "" for network, _ in other.cells]
        for name in sorted(set(names)):
            among = known & (np.array(names) == name)
            if among.any():
                limits = _limits(other.losses, among, _PRACTICE, random)
                accuracy = np.where(
                    _met(other.losses, limits) & among, -other.losses[:, 2], -np.inf
                )
                wins.update(_key(other.cells[i], choice) for i in accuracy.argmax(axis=1))
    return Adviser(
        needs=np.full((len(table.cells), 3), -np.inf),
        merit=np.array([wins[_key(cell, choice)] for cell in table.cells], dtype=float),
    )


def _key(cell: tuple[str, str], choice: str) -> tuple[str, str]:
    return cell if choice == CHOICES[0] else ("", cell[1])


def deal(total: int, parts: int) -> list[int]:
    """Whole shares of a total that differ by at most one, the larger ones first."""
    return [total // parts + (i < total % parts) for i in range(parts)]


def regrets(outcomes: Sequence[Outcome]) -> Iterator[Regret]:
    """Sum up, by setting, choice and adviser."""
    for setting in dict.fromkeys(o.setting for o in outcomes):
        for choice in CHOICES:
            for adviser in ADVISERS:
                wanted = (setting, choice, adviser)
                parts = [o for o in outcomes if (o.setting, o.choice, o.adviser) == wanted]
                if parts:
                    yield _sum(parts)


def _sum(parts: Sequence[Outcome]) -> Regret:
    silent, broken, regret, worst = (
        np.concatenate([getattr(p, name) for p in parts])
        for name in ("silent", "broken", "regret", "worst")
    )
    kept = ~silent & ~broken
    return Regret(
        setting=parts[0].setting,
        choice=parts[0].choice,
        adviser=parts[0].adviser,
        questions=len(silent),
        silent=float(silent.mean()),
        breaks=float(broken.sum() / max(1, (~silent).sum())),
        regret=float(regret[kept].mean()) if kept.any() else None,
        charged=float(np.where(kept, regret, worst).mean()),
    )


def _outcome(
    setting: str,
    choice: str,
    adviser: str,
    losses: FloatArray,
    among: BoolArray,
    limits: FloatArray,
    pick: IntArray,
) -> Outcome:
    met = _met(losses, limits) & among
    accuracy = -losses[:, _ACCURACY]
    best = np.where(met, accuracy, -np.inf).max(axis=1)
    worst = np.where(met, accuracy, np.inf).min(axis=1)
    silent = pick < 0
    kept = ~silent & met[np.arange(len(pick)), pick]
    return Outcome(
        setting=setting,
        choice=choice,
        adviser=adviser,
        silent=silent,
        broken=~silent & ~kept,
        regret=np.where(kept, best - accuracy[pick], np.nan),
        worst=best - worst,
    )


def _tables(fold: Fold) -> dict[tuple[str, str], Table]:
    """The measured candidates by device and task."""
    hidden = set(fold.hidden.index)
    frame = pd.concat([fold.train, fold.hidden])
    for target in _OBJECTIVES:
        frame = frame[usable(frame, target)]
    frame = frame.assign(hidden=[i in hidden for i in frame.index])
    found = {}
    for (device, task), rows in frame.groupby(["device", "task"], sort=True):
        cells = rows.groupby(["network", "strategy"], sort=True)[[*_OBJECTIVES, "hidden"]].mean()
        losses = cells[list(_OBJECTIVES)].to_numpy(dtype=float) * (1, 1, -1)
        found[str(device), str(task)] = Table(
            cells=[(str(n), str(s)) for n, s in cells.index],
            losses=losses,
            hidden=cells["hidden"].to_numpy(dtype=float) > 0,
        )
    return found


def _limits(
    losses: FloatArray, around: BoolArray, count: int, random: np.random.Generator
) -> FloatArray:
    """`(count, 3)` limits as losses that at least one candidate meets."""
    fast = losses[:, 1] <= PROFILE.aims.real_time_ms
    anchors = np.flatnonzero(around & fast) if (around & fast).any() else np.flatnonzero(around)
    centre = losses[random.choice(anchors, size=count)]
    factor = _LOOSEST ** random.random((count, 2))
    below = _POINTS_BELOW * random.random(count)
    limits = np.column_stack([centre[:, :2] * factor, centre[:, _ACCURACY] + below])
    within = np.minimum(limits[:, 1], PROFILE.aims.real_time_ms)
    limits[:, 1] = np.where(centre[:, 1] <= PROFILE.aims.real_time_ms, within, limits[:, 1])
    open_ended = random.random((count, 3)) >= (_ASKED, 1.0, _ASKED)
    return np.asarray(np.where(open_ended, np.inf, limits), dtype=float)


def _met(losses: FloatArray, limits: FloatArray) -> BoolArray:
    """`(q, n)`: which candidates meet which limits."""
    return np.asarray((losses[None] <= limits[:, None]).all(axis=2))


def _picks(adviser: Adviser, among: BoolArray, limits: FloatArray) -> IntArray:
    """The `(q,)` candidates picked, -1 for none: the best of the non-dominated within limits."""
    needs = np.where(among[:, None], adviser.needs, np.inf)
    able = among.copy()
    if np.isfinite(adviser.needs).any():
        able &= non_dominated(needs)
    merit = np.where(_met(needs, limits) & able, adviser.merit, -np.inf)
    return np.where(np.isneginf(merit).all(axis=1), -1, merit.argmax(axis=1))
