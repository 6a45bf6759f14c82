"""Size is nearly arithmetic: bytes per weight, per channel and per layer.

The bytes that a strategy needs are linear in what it stores; the coefficients are found by
non-negative least squares on relative errors, around the counts of the file format.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from recommender.features import Features

FloatArray = NDArray[np.float64]

_USUAL = {
    "integer channels": 24.0,  # scale, zero point and the format's tables, per output channel
    "integer layers": 900.0,  # quantization records of activations
    "half layers": 890.0,  # one dequantize operator and its tensors a layer
    "pruned float channels": 16.0,  # unpruned biases and folded scales, compressed
    "pruned half channels": 10.0,
    "pruned integer channels": 22.0,
    "mask": 0.5,  # bytes per weight and bit of entropy of where the zeros are, times 1/8
    "kept": 1.05,  # how little the kept weights compress
}
"""Coefficient -> the value that it is drawn to."""
_PULL = 0.02
"""Weight of one usual value, as a relative error, against the rows."""


def columns(rows: Features, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """What is stored, in bytes.

    Args:
        rows: `n` rows.
        weights: `(n,)` number of weights of each row's network.

    Returns:
        `(n,)` bytes that are exact (dense weights), and `(n, 8)` bytes per unit coefficient.
    """
    dense = 1 - rows.pruned
    kept = 1 - rows.sparsity
    channels, layers = rows.channels, rows.layers
    real = (1 - rows.integer) * (1 - rows.half)
    return dense * weights * rows.bits / 8, np.stack(
        [
            dense * rows.integer * channels,
            rows.integer * layers,
            rows.half * layers,
            rows.pruned * real * channels,
            rows.pruned * rows.half * channels,
            rows.pruned * rows.integer * channels,
            rows.pruned * weights * _entropy(kept) / 8,
            rows.pruned * weights * kept * rows.bits / 8,
        ],
        axis=1,
    )


def fit(rows: Features, weights: FloatArray, size_bytes: FloatArray) -> FloatArray:
    """The `(8,)` coefficients of `columns` that fit best, none negative."""
    exact, parts = columns(rows, weights)
    usual = np.array(list(_USUAL.values()))
    relative = parts / size_bytes[:, None]
    design = np.vstack([relative, np.diag(_PULL / usual)])
    target = np.concatenate([1 - exact / size_bytes, np.full(len(usual), _PULL)])
    found, _ = nnls(design, target)
    coefficients = np.asarray(found, dtype=float)
    # One more zero in a hundred saves a kept weight's bits and moves the mask's entropy: at 8 bits
    # the saving prevails from 1 to 99 % zeros, so that sparser is never larger.
    mask, kept = (list(_USUAL).index(name) for name in ("mask", "kept"))
    coefficients[mask] = min(coefficients[mask], coefficients[kept] * 8 / np.log2(99))
    return coefficients


def size_bytes(rows: Features, weights: FloatArray, coefficients: FloatArray) -> FloatArray:
    """The `(n,)` bytes that the arithmetic gives."""
    exact, parts = columns(rows, weights)
    return np.asarray(np.maximum(exact + parts @ coefficients, 1.0), dtype=float)


def _entropy(share: FloatArray) -> FloatArray:
    """Bits that say which of the weights are kept, per weight."""
    inner = np.clip(share, 1e-9, 1 - 1e-9)
    return np.asarray(
        -(inner * np.log2(inner) + (1 - inner) * np.log2(1 - inner)) * (share < 1), dtype=float
    )
