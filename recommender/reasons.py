"""Why: each sentence names what it rests on."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender import wording
from recommender.constraints import LIMITS
from recommender.relax import Relaxation

if TYPE_CHECKING:
    from recommender.advice import Advice

BoolArray = NDArray[np.bool_]

_AXES = (
    (2, "accuracy", wording.percent),
    (0, "size", wording.kilobytes),
    (1, "latency", wording.milliseconds),
)
"""Column of the needs, word and form of the three objectives."""
_MEASURABLE = (("accuracy_pct", "accuracy"), ("size_kb", "size"), ("latency_ms", "latency"))
"""Target and word of what makes a candidate measured, when all of it was."""
_SIGNS = {"+": "for it", "-": "against it", "0": "contradicted here, without a say"}
"""Sign of a speaker -> what its remark does."""
_SHOWN_ROWS = 2


def of_pick(advice: Advice) -> list[str]:
    """Why this one."""
    pick = advice.choice.pick
    if pick is None:
        return []
    found = [_basis(advice, pick), _objective(advice, pick)]
    return [*found, *_remarks(advice, pick), *_disagreement(advice, pick), *_stored(advice, pick)]


def of_rival(advice: Advice, index: int) -> list[str]:
    """Why a feasible candidate lost to the pick."""
    return [_basis(advice, index), _loss(advice, index), *_remarks(advice, index)]


def of_member(advice: Advice, index: int) -> list[str]:
    """Why a candidate is in the Pareto set and where it stands."""
    if index == advice.choice.pick:
        return of_pick(advice)
    return of_rival(advice, index)


def of_near_miss(advice: Advice, index: int) -> list[str]:
    """Which limit a candidate breaks, by how much, and what it would gain."""
    gain = advice.near_gain(index)
    wants = "; ".join(
        f"needs {wording.bound(LIMITS[i], LIMITS[i].sign * need)} instead of "
        f"{wording.quantity(LIMITS[i], LIMITS[i].sign * limit)}"
        for i, (need, limit) in enumerate(
            zip(advice.ranking.needs[index], advice.choice.limits, strict=True)
        )
        if need > limit
    )
    gains = "" if gain is None else f" and gains {wording.points(gain)} of accuracy"
    measured = advice.choice.measured_pick
    if measured is not None and advice.ranking.board.measured[index]:
        gains += f" over {_name(advice, measured)}"
    return [_basis(advice, index), f"{wants}{gains}", *_remarks(advice, index)]


def of_purchase(advice: Advice, relaxation: Relaxation) -> list[str]:
    """What a relaxation buys."""
    gain = advice.gain(relaxation.buys)
    change = " and ".join(
        f"{LIMITS[i].option} {wording.bound(LIMITS[i], LIMITS[i].sign * value)}"
        for i, value in relaxation.limits
    )
    if gain is None:
        return [_basis(advice, relaxation.buys), f"feasible with {change}"]
    word = "gains" if gain >= 0 else "costs"
    return [
        _basis(advice, relaxation.buys),
        f"the pick with {change}: {word} {wording.points(gain)} of accuracy",
    ]


def of_silence(advice: Advice) -> str:
    """Why no change of the limits makes anything feasible: the question's other settings, or data.

    Args:
        advice: one without a pick and without a relaxation.
    """
    ranking, profile = advice.ranking, advice.profile
    where = f"for {profile.task} on {profile.device}"
    if not ranking.eligible.any():
        named = " and ".join(
            f"--{setting}"
            for setting, narrows in (
                ("evidence measured", profile.evidence == "measured"),
                ("follow paper", profile.follow == "paper"),
                ("network", bool(profile.networks)),
            )
            if narrows
        )
        return f"with {named} no candidate is left {where}"
    unknown = _unknown(advice, ranking.eligible)
    if unknown:
        return f"no {' and no '.join(unknown)} is known {where}"
    return f"{_unsure(advice)}; a lower --confidence asks less"


def _unknown(advice: Advice, among: BoolArray) -> list[str]:
    """What is needed and known of none of some candidates, in words."""
    board = advice.ranking.board
    needed = [(board.quantities[target].value, word) for target, word in _MEASURABLE]
    if math.isfinite(advice.choice.limits[-1]):
        needed.append((board.ram_kb, "working memory"))
    return [word for values, word in needed if np.isnan(values[among]).all()]


def _unsure(advice: Advice) -> str:
    confidence = advice.profile.confidence
    return f"nothing can be promised at {confidence:.0%}: too few networks measured"


def _unpromised(advice: Advice, index: int) -> str:
    """Why a candidate is promised nothing."""
    one = np.arange(len(advice.ranking.board)) == index
    unknown = _unknown(advice, one)
    return f"its {' and '.join(unknown)} can't be told" if unknown else _unsure(advice)


def _basis(advice: Advice, index: int) -> str:
    """What a candidate rests on, and whether its device has changed since."""
    board = advice.ranking.board
    rests, rows = _evidence(advice, index), board.rows[index]
    old = [board.stale[row] for row in rows if row in board.stale]
    return f"{rests}; stale: {len(old)} of {len(rows)}: {old[0]}" if old else rests


def _evidence(advice: Advice, index: int) -> str:
    """The rows behind a candidate, and which quantities of a prediction were measured after all."""
    board = advice.ranking.board
    if board.measured[index]:
        word = "row" if len(board.rows[index]) == 1 else "rows"
        return f"measured on {board.device}: {word} {_named_rows(advice, index)}"
    given = [word for target, word in _MEASURABLE if board.quantities[target].given[index]]
    return _prediction(advice, index) + (f"; {' and '.join(given)} as measured" if given else "")


def _prediction(advice: Advice, index: int) -> str:
    board = advice.ranking.board
    count = len(board.rows[index])
    if not board.measured_task:
        return (
            f"predicted: nothing was measured for {board.task} on {board.device}; its accuracy is "
            "extrapolated from other tasks"
        )
    if not count:
        return f"predicted from other networks: {board.network[index]} was never measured here"
    return (
        f"predicted from {count} {'row' if count == 1 else 'rows'} of {board.network[index]} on "
        f"{board.task} ({_named_rows(advice, index)}) and from what the techniques did to other "
        "networks"
    )


def _named_rows(advice: Advice, index: int) -> str:
    board = advice.ranking.board
    rows = board.rows[index]
    named = ", ".join(
        f"{row} ({board.sources[row]})" if row in board.sources else row
        for row in rows[:_SHOWN_ROWS]
    )
    return named + (f" and {len(rows) - _SHOWN_ROWS} more" if len(rows) > _SHOWN_ROWS else "")


def _objective(advice: Advice, pick: int) -> str:
    aims = advice.profile.aims
    others = advice.choice.frontier[1:]
    sure = "" if advice.ranking.board.measured[pick] else ", counted at its unfavourable bounds"
    if not len(others):
        return f"{aims.name} wants {aims.objective}; nothing else in the Pareto set fits{sure}"
    second = int(others[0])
    margin = float(advice.ranking.merit[pick] - advice.ranking.merit[second])
    return (
        f"{aims.name} wants {aims.objective}: {wording.points(margin)} of merit ahead of "
        f"{_name(advice, second)}, the next of {len(others) + 1} in the Pareto set{sure}"
    )


def _loss(advice: Advice, index: int) -> str:
    """Dominated by whom, or behind by how much."""
    ranking, pick = advice.ranking, advice.choice.pick
    needs = ranking.needs
    if pick is None:
        return ""
    front = advice.choice.frontier
    own = needs[index, :3]
    if not np.isfinite(own).all():
        return _unpromised(advice, index)
    beats = (needs[front, :3] <= own).all(axis=1) & (needs[front, :3] < own).any(axis=1)
    if beats.any():
        winner = int(pick if pick in front[beats] else front[beats][0])
        return f"dominated by {_name(advice, winner)}: {_worse(advice, index, winner)}"
    margin = float(ranking.merit[pick] - ranking.merit[index])
    slow = advice.profile.aims.real_time_ms
    if needs[index, 1] > slow >= needs[pick, 1]:
        return f"not real-time: {wording.milliseconds(needs[index, 1])}, the pick is"
    return f"{wording.points(margin)} of merit behind the pick: {_worse(advice, index, pick)}"


def _worse(advice: Advice, index: int, winner: int) -> str:
    """In what a candidate is worse than the winner, as surely delivered."""
    needs = advice.ranking.needs
    words = [
        f"{word} {form(abs(needs[index, k]))} against {form(abs(needs[winner, k]))}"
        for k, word, form in _AXES
        if needs[index, k] > needs[winner, k]
    ]
    return ", ".join(words) or "no better in anything"


def _remarks(advice: Advice, index: int) -> list[str]:
    speakers = advice.speakers[index]
    if not speakers or advice.profile.follow == "evidence":
        return []
    parts = []
    for sign, words in _SIGNS.items():
        if named := [s[1:] for s in speakers if s[0] == sign]:
            parts.append(f"{words}: {', '.join(named)}")
    return [f"remarks {'; '.join(parts)}"]


def _disagreement(advice: Advice, pick: int) -> list[str]:
    """Where remark and evidence disagree."""
    ranking = advice.ranking
    profile = advice.profile
    if profile.follow == "evidence":
        return []
    front = advice.choice.frontier
    slow = ranking.needs[front, 1] > profile.aims.real_time_ms
    alone = int(front[np.lexsort((front, -ranking.evidence[front], slow))[0]])
    if alone == pick:
        return []
    margin = float(ranking.evidence[alone] - ranking.evidence[pick])
    return [
        f"by the evidence alone {_name(advice, alone)} is {wording.points(margin)} of merit ahead, "
        "less than can be told apart: the remarks decide"
    ]


def _stored(advice: Advice, pick: int) -> list[str]:
    """Where the stored file alone breaks the limit."""
    limit = float(advice.choice.limits[0])
    stored = float(advice.ranking.board.quantities["file_kb"].value[pick])
    if advice.profile.size_kind == "file" or not stored > limit:
        return []
    return [
        f"its size is the compressed one; the stored file alone takes about "
        f"{wording.kilobytes(stored)}, above the limit of {wording.kilobytes(limit)}"
    ]


def _name(advice: Advice, index: int) -> str:
    board = advice.ranking.board
    return wording.candidate(board.network[index], board.strategy[index])
