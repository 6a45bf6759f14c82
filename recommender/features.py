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
        zero = np.zeros(len(self))
        return replace(
            self.unpruned(),
            bits=np.full(len(self), 32.0),
            distilled=zero,
            integer=zero,
            static=zero,
            aware=zero,
            half=zero,
            plain=np.ones(len(self), dtype=bool),
        )

    def take(self, rows: BoolArray | IntArray) -> Features:
        """Some of the rows."""
        return Features(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def features(frame: pd.DataFrame) -> Features:
    """Read the rows of a frame.

    Args:
        frame: columns `task network strategy device`; any of `FACTS` where a row knows better.

    Raises:
        UnknownNameError: for a strategy outside the grammar.
    """
    facts = _facts(frame)
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


def _facts(frame: pd.DataFrame) -> pd.DataFrame:
    """`FACTS` of each row: its own columns first, then the shipped facts, then estimates."""
    pairs = frame[["network", "task"]].drop_duplicates()
    known = pd.DataFrame(
        [{"network": n, "task": t, **_shipped(n, t)} for n, t in pairs.itertuples(index=False)],
        columns=["network", "task", *FACTS],
    )
    facts = frame[["network", "task"]].merge(known, on=["network", "task"], how="left")
    facts.index = frame.index
    for name in FACTS:
        if name in frame:
            facts[name] = pd.to_numeric(frame[name], errors="coerce").fillna(facts[name])
    return _estimated(facts, frame)


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


def _estimated(facts: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """Fill what nobody knows, from the plain form's size: four bytes a weight."""
    if not facts[list(FACTS)].isna().any(axis=None):
        return facts
    plain = frame[frame["strategy"] == "nq"] if "size_kb" in frame else frame.iloc[:0]
    sizes = plain.groupby("network")["size_kb"].median() * 250 if len(plain) else pd.Series()
    estimate = facts["network"].map(sizes.to_dict()).astype(float)
    typical = float(np.median([n.parameters(10) for n in networks().values()]))
    facts["parameters"] = facts["parameters"].fillna(estimate).fillna(typical)
    facts["macs"] = facts["macs"].fillna(facts["parameters"] * _MACS_PER_PARAMETER)
    facts["channels"] = facts["channels"].fillna(facts["parameters"] / _PARAMETERS_PER_CHANNEL)
    facts["layers"] = facts["layers"].fillna(
        (facts["parameters"] / _PARAMETERS_PER_LAYER).clip(4, 100)
    )
    return facts.fillna({"classes": 10.0, "depthwise_share": 0.0, "searched": 0.0})
