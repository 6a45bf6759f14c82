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

from measurements.strategy import Strategy
from measurements.subject import networks, tasks

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

FACTS = ("classes", "parameters", "macs", "channels", "layers", "depthwise_share", "searched")
"""Columns that a frame may bring itself; units as in `measurements.subject.Network`."""

_MACS_PER_PARAMETER = 3.6  # the shipped networks' median at 32 x 32
_PARAMETERS_PER_CHANNEL = 300.0
_PARAMETERS_PER_LAYER = 40_000.0


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

    def unpruned(self) -> Features:
        """The same rows with every weight kept."""
        zero = np.zeros(len(self))
        return replace(self, pruned=zero, sparsity=zero, plain=self.bits == 32)

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
        guess = _guessed(np.full(len(self), np.nan))
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
    sizes = plain.groupby("network")["size_kb"].median().to_dict() if len(plain) else {}
    return Known(facts=facts, plain_kb={str(name): float(kb) for name, kb in sizes.items()})


def features(frame: pd.DataFrame, known: Known | None = None) -> Features:
    """Read the rows of a frame.

    Args:
        frame: columns `task network strategy device`; any of `FACTS` where a row knows better.
        known: what other rows know of the networks.

    Raises:
        UnknownNameError: for a strategy outside the grammar.
    """
    facts, placed = _facts(frame, known or Known(facts={}, plain_kb={}))
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
        **{name: facts[name].to_numpy(dtype=float) for name in FACTS},
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


def _facts(frame: pd.DataFrame, known: Known) -> tuple[pd.DataFrame, BoolArray]:
    """`FACTS` of each row: its own columns, what is known, the shipped facts, then guesses."""
    pairs = frame[["network", "task"]].drop_duplicates()
    table = pd.DataFrame(
        [
            {"network": n, "task": t, **_shipped(n, t), **known.facts.get((n, t), {})}
            for n, t in pairs.itertuples(index=False)
        ],
        columns=["network", "task", *FACTS],
    )
    facts = frame[["network", "task"]].merge(table, on=["network", "task"], how="left")
    facts.index = frame.index
    for name in FACTS:
        if name in frame:
            facts[name] = pd.to_numeric(frame[name], errors="coerce").fillna(facts[name])
    placed = np.zeros(len(frame), dtype=bool)
    if facts[list(FACTS)].isna().any(axis=None):
        sizes = facts["network"].map(dict(known.plain_kb)).to_numpy(dtype=float)
        guess = _guessed(sizes * 1000 / 4)
        placed = np.isfinite(sizes) & facts[list(guess)].isna().any(axis=1).to_numpy()
        for name, values in guess.items():
            facts[name] = facts[name].fillna(pd.Series(values, index=facts.index))
    return facts.fillna({"classes": 10.0, "depthwise_share": 0.0, "searched": 0.0}), placed


def _shipped(network: str, task: str) -> Mapping[str, float]:
    classes = float(tasks()[task].classes) if task in tasks() else np.nan
    if network not in networks():
        return {"classes": classes}
    subject = networks()[network]
    count = 10 if np.isnan(classes) else int(classes)
    return {
        "classes": classes,
        "parameters": subject.parameters(count),
        "macs": subject.macs(count),
        "channels": subject.channels(count),
        "layers": subject.layers,
        "depthwise_share": subject.depthwise_share,
        "searched": float(subject.family == "searched"),
    }


def _guessed(parameters: FloatArray) -> dict[str, FloatArray]:
    """Facts that go with `(n,)` numbers of weights; those of a middling network where NaN."""
    typical = float(np.median([n.parameters(10) for n in networks().values()]))
    weights = np.where(np.isnan(parameters), typical, parameters)
    return {
        "parameters": weights,
        "macs": weights * _MACS_PER_PARAMETER,
        "channels": weights / _PARAMETERS_PER_CHANNEL,
        "layers": np.clip(weights / _PARAMETERS_PER_LAYER, 4, 100),
    }
