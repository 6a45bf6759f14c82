"""What is left out, and the proof that it is: folds by network, device, task or strategy.

A learner is given two frames, what it may learn from and what it is asked; nothing else leads to
it. Each fold is made twice, once with nonsense in place of what is hidden: where the two frames
differ by anything, a hidden value has found its way into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.dataset import FACTS, to_frame
from measurements.errors import known
from measurements.record import Measurement
from recommender.errors import AdviceError, ArgumentError, LeakError

BoolArray = NDArray[np.bool_]
Prepare = Callable[[Sequence[Measurement]], pd.DataFrame]
"""Records -> their frame, one row a record in the same order."""

KINDS = ("network", "device", "task", "strategy")
"""What can be left out whole."""
PLAIN_KNOWN = "plain form known"
FACTS_ONLY = "facts only"
LEFT_OUT = "left out"
_ASKED = ("task", "network", "strategy", "device")
_MOST_FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """One split of a dataset."""

    kind: str
    """One of `KINDS`."""
    names: tuple[str, ...]
    """What is left out of it."""
    setting: str
    """What is known of it: `PLAIN_KNOWN` or `FACTS_ONLY` for networks, `LEFT_OUT` for the rest."""
    train: pd.DataFrame
    """Rows to learn from."""
    asked: pd.DataFrame
    """The hidden rows without what was measured: task, network, strategy, device, facts."""
    hidden: pd.DataFrame
    """The hidden rows, for the judge alone."""


def folds(
    records: Sequence[Measurement], kind: str, *, prepare: Prepare = to_frame
) -> Iterator[Fold]:
    """Leave out each network (device, task, strategy) in turn; many are dealt into ten folds.

    Args:
        records: the dataset.
        kind: one of `KINDS`.
        prepare: makes the frame.

    Yields:
        The folds of one setting after those of the other.

    Raises:
        ArgumentError: for an unknown kind.
        AdviceError: when there are fewer than two to leave out.
        LeakError: when a hidden value shows in what a learner is given.
    """
    if kind not in KINDS:
        raise ArgumentError(f"unknown holdout '{kind}'{known(kind, KINDS)}")
    good = [record for record in records if not record.failure]
    members = sorted({getattr(record, kind) for record in good})
    if len(members) < 2:
        there = f"one, {members[0]}" if members else "none"
        raise AdviceError(
            f"leaving {kind}s out takes at least two; these measurements have {there}"
        )
    frame = prepare(good)
    _check_facts(frame)
    for setting in (PLAIN_KNOWN, FACTS_ONLY) if kind == "network" else (LEFT_OUT,):
        for start in range(min(_MOST_FOLDS, len(members))):
            names = tuple(members[start::_MOST_FOLDS])
            out = np.array([getattr(record, kind) in names for record in good])
            if setting == PLAIN_KNOWN:
                out &= np.array([record.strategy != "nq" for record in good])
            if out.any() and not out.all():
                train, asked = _views(frame, out)
                _check_blind(train, asked, prepare(_veiled(good, out)), out)
                yield Fold(
                    kind=kind,
                    names=names,
                    setting=setting,
                    train=train,
                    asked=asked,
                    hidden=frame[out],
                )


def _views(frame: pd.DataFrame, out: BoolArray) -> tuple[pd.DataFrame, pd.DataFrame]:
    columns = [*_ASKED, *(name for name in FACTS if name in frame)]
    return frame[~out], frame.loc[out, columns]


def _veiled(records: Sequence[Measurement], out: BoolArray) -> list[Measurement]:
    """The records with nonsense in place of what is hidden."""
    return [_nonsense(r) if hidden else r for r, hidden in zip(records, out, strict=True)]


def _nonsense(record: Measurement) -> Measurement:
    def scaled(value: float | None) -> float | None:
        return None if value is None else 3.7 * value + 1

    return replace(
        record,
        accuracy=None if record.accuracy is None else 0.9 - 0.7 * record.accuracy,
        file_bytes=scaled(record.file_bytes),
        compressed_bytes=scaled(record.compressed_bytes),
        ram_bytes=scaled(record.ram_bytes),
        latencies_s=tuple(3.7 * value + 1 for value in record.latencies_s),
        single_latencies_s=tuple(3.7 * value + 1 for value in record.single_latencies_s),
    )


def _check_blind(
    train: pd.DataFrame, asked: pd.DataFrame, veiled: pd.DataFrame, out: BoolArray
) -> None:
    for given, blind in zip((train, asked), _views(veiled, out), strict=True):
        for name in given.columns:
            if not given[name].equals(blind[name]):
                raise LeakError(
                    f"column '{name}' changes with the values that are left out: whoever learns "
                    "from it is shown what it is to predict"
                )


def _check_facts(frame: pd.DataFrame) -> None:
    """A fact of a network on a task is the same whatever is done to the network."""
    for name in (name for name in FACTS if name in frame):
        spread = frame.groupby(["network", "task"])[name].agg(["min", "max"])
        odd = spread[spread["max"] > spread["min"] * (1 + 1e-9)]
        if len(odd):
            network, task = odd.index[0]
            raise LeakError(
                f"column '{name}' is said to hold a fact, yet varies over the strategies of "
                f"'{network}' on '{task}': a measured value in it would be learned from"
            )
