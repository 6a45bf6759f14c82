"""Rows of (task, network, strategy, device) -> the numbers that carry a prediction."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.strategy import Strategy
from measurements.subject import is_published
from recommender.facts import BoolArray, FloatArray, Known, facts_of, guessed

IntArray = NDArray[np.int64]


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
        guess = guessed(np.full(len(self), np.nan), self.input)
        return replace(
            self,
            **{name: np.where(self.placed, guess[name], getattr(self, name)) for name in guess},
            placed=np.zeros(len(self), dtype=bool),
        )

    def take(self, rows: BoolArray | IntArray) -> Features:
        """Some of the rows."""
        return Features(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def features(frame: pd.DataFrame, known: Known | None = None) -> Features:
    """Read the rows of a frame.

    Args:
        frame: columns `task network strategy device`; any of `FACTS` where a row knows better.
        known: what other rows know of the networks.

    Raises:
        UnknownNameError: for a strategy outside the grammar.
    """
    facts, placed = facts_of(frame, known)
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
