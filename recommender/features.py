"""Rows of (task, network, strategy, device) -> the numbers that carry a prediction.

Facts, not names, lead from one network to another: they come from the row's own columns where it
has them, else from the shipped facts. A network that nobody has facts of is placed by the size of
its plain form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.dataset import FACTS as FACTS
from measurements.strategy import Strategy
from measurements.subject import is_published, networks, tasks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_SIDE = 32.0
_MACS_PER_PARAMETER = 3.6  # the shipped networks' median at 32 x 32
_PARAMETERS_PER_CHANNEL = 300.0
_PARAMETERS_PER_LAYER = 40_000.0
_MIDDLING = {"classes": 10.0, "input": _SIDE, "depthwise_share": 0.0, "searched": 0.0}
"""Facts that no size gives away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """Columns of equal length `n`, one entry per row of the frame."""

    network: NDArray[np.object_]
    """Names."""
    task: NDArray[np.object_]
    """Names."""
    device: NDArray[np.object_]
    """Names."""
    classes: FloatArray
    """Classes of the task."""
    input: FloatArray
    """Rows, and columns, of an image."""
    parameters: FloatArray
    """Weights with the classifier of the task."""
    macs: FloatArray
    """Multiply-accumulates of one inference."""
    channels: FloatArray
    """Output channels of all weighted layers, summed."""
    layers: FloatArray
    """Weighted layers."""
    depthwise_share: FloatArray
    """Share of the work that depthwise layers do, 0 to 1."""
    searched: FloatArray
    """1 where the architecture was searched on a large dataset."""
    bits: FloatArray
    """Bits of a stored weight."""
    sparsity: FloatArray
    """Share of zero weights, 0 to 1."""
    distilled: FloatArray
    """0 or 1."""
    pruned: FloatArray
    """0 or 1."""
    integer: FloatArray
    """0 or 1: 8-bit weights."""
    static: FloatArray
    """0 or 1: activations are 8-bit too (full integer and quantization-aware training)."""
    aware: FloatArray
    """0 or 1: quantization-aware training."""
    half: FloatArray
    """0 or 1: float16 weights."""
    plain: BoolArray
    """The network as it is: no technique at all."""
    placed: BoolArray
    """Facts that nobody has were guessed from the size of the network's plain form."""

    def __len__(self) -> int:
        return len(self.network)

    def undistilled(self) -> Features:
        """The same rows without a teacher: distillation changes neither size nor latency."""
        plain = (self.bits == 32) & (self.pruned == 0)
        return replace(self, distilled=np.zeros(len(self)), plain=plain)

    @property
    def stored_dense(self) -> BoolArray:
        """`(n,)` rows whose stored file holds zeros like any other weight.

        Files that are built here store the zeros of float weights sparsely; what others published
        does not say.
        """
        names, place = np.unique(self.device.astype(str), return_inverse=True)
        published = np.array([is_published(name) for name in names], dtype=bool)[place]
        return np.asarray((self.bits < 32) | published, dtype=bool)

    def unpruned(self, where: BoolArray | None = None) -> Features:
        """The same rows with every weight kept, or some of them so."""
        kept = np.ones(len(self), dtype=bool) if where is None else where
        pruned = np.where(kept, 0.0, self.pruned)
        return replace(
            self,
            pruned=pruned,
            sparsity=np.where(kept, 0.0, self.sparsity),
            plain=(self.bits == 32) & (self.distilled == 0) & (pruned == 0),
        )

    def untreated(self) -> Features:
        """The same networks with no technique at all."""
        return self.unpruned().undistilled().at_bits(32)

    def at_bits(self, bits: int) -> Features:
        """The same networks, as much pruned, with float weights of so many bits."""
        zero = np.zeros(len(self))
        return replace(
            self,
            bits=np.full(len(self), float(bits)),
            integer=zero,
            static=zero,
            aware=zero,
            half=np.full(len(self), float(bits == 16)),
            plain=(self.pruned == 0) & (self.distilled == 0) & (bits == 32),
        )

    def unplaced(self) -> Features:
        """The same rows as they look while the plain form's size is unknown."""
        if not self.placed.any():
            return self
        guess = _guessed(np.full(len(self), np.nan), self.input)
        return replace(
            self,
            **{name: np.where(self.placed, guess[name], getattr(self, name)) for name in guess},
            placed=np.zeros(len(self), dtype=bool),
        )

    def take(self, rows: BoolArray | IntArray) -> Features:
        """Some of the rows."""
        return Features(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


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


def features(frame: pd.DataFrame, known: Known | None = None) -> Features:
    """Read the rows of a frame.

    Args:
        frame: columns `task network strategy device`; any of `FACTS` where a row knows better.
        known: what other rows know of the networks.

    Raises:
        UnknownNameError: for a strategy outside the grammar.
    """
    facts, placed = _facts(frame, known or Known(facts={}, tasks={}, plain_kb={}))
    strategies = {slug: Strategy.parse(slug) for slug in frame["strategy"].unique()}
    flags = {
        slug: (
            s.weight_bits,
            s.sparsity,
            s.distilled,
            s.pruned,
            s.integer,
            s.quantizer in ("fiq", "qat"),
            s.quantizer == "qat",
            s.quantizer == "f16",
        )
        for slug, s in strategies.items()
    }
    table = np.array([flags[slug] for slug in frame["strategy"]], dtype=float).reshape(-1, 8)
    bits, sparsity, distilled, pruned, integer, static, aware, half = table.T
    return Features(
        network=frame["network"].to_numpy(dtype=object),
        task=frame["task"].to_numpy(dtype=object),
        device=frame["device"].to_numpy(dtype=object),
        **facts,
        bits=bits,
        sparsity=sparsity,
        distilled=distilled,
        pruned=pruned,
        integer=integer,
        static=static,
        aware=aware,
        half=half,
        plain=(bits == 32) & (pruned == 0) & (distilled == 0),
        placed=placed,
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


def _facts(frame: pd.DataFrame, known: Known) -> tuple[dict[str, FloatArray], BoolArray]:
    """`FACTS` of each row: its own columns, what is known, the shipped facts, then guesses."""
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
        for name, values in _guessed(weights, facts["input"]).items():
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


def _guessed(parameters: FloatArray, side: FloatArray) -> dict[str, FloatArray]:
    """Facts that go with `(n,)` numbers of weights and rows of an image; middling where NaN."""
    typical = float(np.median([n.parameters(10) for n in networks().values()]))
    weights = np.where(np.isnan(parameters), typical, parameters)
    return {
        "parameters": weights,
        "macs": weights * _MACS_PER_PARAMETER * (side / _SIDE) ** 2,
        "channels": weights / _PARAMETERS_PER_CHANNEL,
        "layers": np.clip(weights / _PARAMETERS_PER_LAYER, 4, 100),
    }
