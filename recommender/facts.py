"""Facts of networks: from a row itself, from other rows of its network, from the shipped ones.

Facts, not names, lead from one network to another. A network that nobody has facts of is placed by
the size of its plain form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.dataset import FACTS
from measurements.subject import networks, tasks

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_SIDE = 32.0
_MACS_PER_PARAMETER = 3.6  # the shipped networks' median at 32 x 32
_PARAMETERS_PER_CHANNEL = 300.0
_PARAMETERS_PER_LAYER = 40_000.0
_MIDDLING = {"classes": 10.0, "input": _SIDE, "depthwise_share": 0.0, "searched": 0.0}
"""Facts that no size gives away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What some rows know of their networks, for other rows of them."""

    facts: Mapping[tuple[str, str], Mapping[str, float]]
    """(network, task) -> `FACTS` that the rows brought themselves."""
    tasks: Mapping[str, Mapping[str, float]]
    """Task -> `classes` and `input` that rows of it brought, for those that bring none."""
    plain_kb: Mapping[str, float]
    """Network -> size of its plain form, to guess from where nobody has facts."""


def known_from(frame: pd.DataFrame, plain: pd.DataFrame) -> Known:
    """Gather what rows know.

    Args:
        frame: rows, some of them with columns of `FACTS`.
        plain: those whose `size_kb` is a plain form's and may be believed.
    """
    brought = [name for name in FACTS if name in frame]
    facts: dict[tuple[str, str], dict[str, float]] = {}
    if brought:
        numbers = frame[brought].apply(pd.to_numeric, errors="coerce")
        medians = numbers.groupby([frame["network"], frame["task"]]).median()
        facts = {
            (str(n), str(t)): {k: v for k, v in zip(brought, row, strict=True) if v == v}
            for (n, t), row in zip(medians.index, medians.to_numpy().tolist(), strict=True)
        }
    shared: dict[str, dict[str, float]] = {}
    for (_, task), own in facts.items():
        shared.setdefault(task, {}).update({k: own[k] for k in ("classes", "input") if k in own})
    sizes = plain.groupby("network")["size_kb"].median().to_dict() if len(plain) else {}
    return Known(
        facts=facts,
        tasks=shared,
        plain_kb={str(name): float(kb) for name, kb in sizes.items()},
    )


def with_facts(candidates: pd.DataFrame, frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Candidates with the facts that rows of the same network and task bring, if any do.

    Args:
        candidates: columns `task network strategy device`.
        frames: rows, some of them with columns of `FACTS`.
    """
    rows = pd.concat(frames)
    brought = [name for name in FACTS if name in rows]
    if not brought:
        return candidates
    facts = rows.groupby(["network", "task"], as_index=False)[brought].median()
    merged = candidates.merge(facts, on=["network", "task"], how="left")
    return merged.set_axis(candidates.index)


def facts_of(
    frame: pd.DataFrame, known: Known | None = None
) -> tuple[dict[str, FloatArray], BoolArray]:
    """Find the facts of rows: in their own columns, what is known, the shipped ones, else guessed.

    Args:
        frame: `n` rows, columns `task network`; any of `FACTS` where a row knows better.
        known: what other rows know of the networks.

    Returns:
        `FACTS`, `(n,)` each, and the `(n,)` rows whose facts were guessed from the size of their
        network's plain form.
    """
    known = known or Known(facts={}, tasks={}, plain_kb={})
    names, tasks_of = (frame[key].to_numpy(dtype=object) for key in ("network", "task"))
    codes, distinct = pd.factorize(names)
    task_codes, distinct_tasks = pd.factorize(tasks_of)
    _, first, place = np.unique(
        codes * len(distinct_tasks) + task_codes, return_index=True, return_inverse=True
    )
    told = [
        {
            **_shipped(names[i], tasks_of[i]),
            **known.tasks.get(tasks_of[i], {}),
            **known.facts.get((names[i], tasks_of[i]), {}),
        }
        for i in first
    ]
    facts = {
        name: np.array([of.get(name, np.nan) for of in told], dtype=float)[place] for name in FACTS
    }
    for name in FACTS:
        if name in frame:
            own = pd.to_numeric(frame[name], errors="coerce").to_numpy(dtype=float)
            facts[name] = np.where(np.isnan(own), facts[name], own)
    placed = np.zeros(len(frame), dtype=bool)
    if any(np.isnan(values).any() for values in facts.values()):
        for name, middling in _MIDDLING.items():
            facts[name] = np.where(np.isnan(facts[name]), middling, facts[name])
        sizes = np.array([known.plain_kb.get(name, np.nan) for name in distinct], dtype=float)
        weights = facts["parameters"]
        placed = np.isnan(weights) & np.isfinite(sizes[codes])
        weights = np.where(placed, sizes[codes] * 1000 / 4, weights)
        for name, values in guessed(weights, facts["input"]).items():
            facts[name] = np.where(np.isnan(facts[name]), values, facts[name])
    return facts, placed


def _shipped(network: str, task: str) -> dict[str, float]:
    known = {"classes": float(tasks()[task].classes)} if task in tasks() else {}
    if network not in networks():
        return known
    subject = networks()[network]
    count = int(known.get("classes", _MIDDLING["classes"]))
    return known | {
        "input": float(subject.input_shape[0]),
        "parameters": subject.parameters(count),
        "macs": subject.macs(count),
        "channels": subject.channels(count),
        "layers": subject.layers,
        "depthwise_share": subject.depthwise_share,
        "searched": float(subject.family == "searched"),
    }


def guessed(parameters: FloatArray, side: FloatArray) -> dict[str, FloatArray]:
    """Facts that go with `(n,)` numbers of weights and rows of an image; middling where NaN."""
    typical = float(np.median([n.parameters(10) for n in networks().values()]))
    weights = np.where(np.isnan(parameters), typical, parameters)
    return {
        "parameters": weights,
        "macs": weights * _MACS_PER_PARAMETER * (side / _SIDE) ** 2,
        "channels": weights / _PARAMETERS_PER_CHANNEL,
        "layers": np.clip(weights / _PARAMETERS_PER_LAYER, 4, 100),
    }
