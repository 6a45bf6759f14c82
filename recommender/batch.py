"""Many questions at once: the same order and the same limits, as matrices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.errors import known
from measurements.strategy import Strategy
from recommender.constraints import LIMITS, Constraints
from recommender.errors import ArgumentError
from recommender.profile import Profile
from recommender.ranking import Ranking

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

_CIRCUMSTANCES = tuple(f.name for f in fields(Profile) if f.name != "networks")
_COLUMNS = ("accuracy_pct", "size_kb", "file_kb", "latency_ms")
_BLOCK = 4_000_000
"""Comparisons held in memory at once."""


def answer(ranking: Callable[[Profile], Ranking], frame: pd.DataFrame) -> pd.DataFrame:
    """Answer every row; see `Advisor.advise_many`.

    Args:
        ranking: gives the order of a profile.
        frame: the questions.
    """
    names = [limit.name for limit in LIMITS]
    if odd := sorted(set(frame.columns) - {*_CIRCUMSTANCES, *names}):
        raise ArgumentError(f"unknown column '{odd[0]}'{known(odd[0], [*_CIRCUMSTANCES, *names])}")
    losses = _losses(frame)
    keys = [name for name in _CIRCUMSTANCES if name in frame]
    answers: dict[str, NDArray[Any]] = {
        "feasible": np.zeros(len(frame), dtype=bool),
        **{c: np.full(len(frame), None, dtype=object) for c in ("network", "strategy", "setup")},
        "evidence": np.full(len(frame), None, dtype=object),
        **{c: np.full(len(frame), np.nan) for c in (*_COLUMNS, "ram_kb")},
    }
    for circumstances, rows in _groups(frame, keys):
        order = ranking(Profile(**circumstances))
        _fill(answers, rows, order, picks(order, losses[rows]))
    return pd.DataFrame(answers, index=frame.index)


def _losses(frame: pd.DataFrame) -> FloatArray:
    """`(n, 4)` limits as losses, infinite where a question sets none."""
    columns = []
    for limit in LIMITS:
        if limit.name not in frame:
            columns.append(np.full(len(frame), np.inf))
            continue
        values = pd.to_numeric(frame[limit.name], errors="coerce").to_numpy(dtype=float)
        given = frame[limit.name].notna().to_numpy()
        wrong = given & ~((values > 0) & np.isfinite(values))
        for value in frame[limit.name].to_numpy(dtype=object)[wrong][:1]:
            Constraints(**{limit.name: value})  # says what is wrong with it
        if not limit.upper and (values[given] > 100).any():
            Constraints(**{limit.name: float(np.nanmax(values))})
        columns.append(np.where(given, limit.sign * values, np.inf))
    return np.stack(columns, axis=1)


def _groups(frame: pd.DataFrame, keys: list[str]) -> list[tuple[dict[str, Any], IntArray]]:
    if not keys:
        return [({}, np.arange(len(frame)))] if len(frame) else []
    positions = pd.Series(np.arange(len(frame)), index=frame.index)
    grouped = positions.groupby([frame[k] for k in keys], dropna=False, sort=False)
    return [
        (
            {
                k: _plain(k, v)
                for k, v in zip(keys, values, strict=True)
                if v == v and v is not None
            },
            rows.to_numpy(dtype=np.int64),
        )
        for values, rows in grouped
    ]


def _given(value: Any) -> bool:
    """An open circumstance is None or NaN, and NaN is unlike itself."""
    return value is not None and bool(value == value)


def _plain(name: str, value: Any) -> Any:
    return int(value) if name == "classes" else value


def picks(ranking: Ranking, losses: FloatArray) -> IntArray:
    """The `(q,)` pick of each question, -1 where nothing is feasible."""
    picks = np.full(len(losses), -1, dtype=np.int64)
    limited = np.isfinite(losses[:, -1])
    for ram_limited in (False, True):
        questions = np.flatnonzero(limited == ram_limited)
        front = ranking.front_within(ram_limited=ram_limited) if len(questions) else ranking.front
        ordered = ranking.ordered(front)
        if not len(ordered):
            continue
        step = max(1, _BLOCK // len(ordered))
        for start in range(0, len(questions), step):
            block = questions[start : start + step]
            met = np.ones((len(block), len(ordered)), dtype=bool)
            for k in range(losses.shape[1]):
                met &= ranking.needs[ordered, k] <= losses[block, k, None]
            found = met.any(axis=1)
            picks[block[found]] = ordered[met[found].argmax(axis=1)]
    return picks


def _fill(
    answers: dict[str, NDArray[Any]], rows: IntArray, ranking: Ranking, picks: IntArray
) -> None:
    board = ranking.board
    found = picks >= 0
    at, pick = rows[found], picks[found]
    answers["feasible"][at] = True
    answers["network"][at] = np.array(board.network, dtype=object)[pick]
    answers["strategy"][at] = np.array(board.strategy, dtype=object)[pick]
    setups = np.array([Strategy.parse(slug).setup for slug in board.strategy], dtype=object)
    answers["setup"][at] = setups[pick]
    answers["evidence"][at] = np.where(board.measured, "measured", "predicted")[pick]
    for target in _COLUMNS:
        answers[target][at] = board.quantities[target].value[pick]
    answers["ram_kb"][at] = board.ram_kb[pick]
