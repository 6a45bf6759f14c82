"""Mixed-effects regression with a robust likelihood: structure before flexibility.

Tens of rows can't support a flexible learner; they do support a linear model whose effects come in
groups (facts, techniques, networks, networks x techniques …), each group shrunk as much as the data
ask for. The noise is Student's t, so a single odd cell does not bend the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import lapack

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_FREEDOM = 4.0
"""Degrees of freedom of the noise: heavy tails, finite variance."""
_PRIOR_WEIGHT = 5.0
"""Weight, in effects, of the prior guess of a group's spread against the data's own."""
_NOISE_WEIGHT = 4.0
"""The same for the spread of the noise, in rows."""
_ROUNDS = 60
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class MixedEffects:
    """A fitted regression: `y = X b + noise`, with the posterior of `b`."""

    mean: FloatArray
    """`(p,)` posterior mean of the effects."""
    covariance: FloatArray
    """`(p, p)` posterior covariance of the effects."""
    noise: FloatArray
    """`(k,)` variance of the noise in each class of rows."""
    spread: FloatArray
    """`(g,)` standard deviation of the effects of each group."""

    def predict(self, x: FloatArray, noise_class: IntArray) -> tuple[FloatArray, FloatArray]:
        """Location and spread of new observations.

        Args:
            x: `(n, p)` rows of the design.
            noise_class: `(n,)` class of each row's noise.

        Returns:
            `(n,)` means and `(n,)` standard deviations, the noise included.
        """
        told = np.asarray(x.any(axis=0), dtype=bool)  # rows of one device: few of all columns
        some, covariance = x[:, told], self.covariance[np.ix_(told, told)]
        variance = np.einsum("ij,ij->i", some @ covariance, some) + self.noise[noise_class]
        return x @ self.mean, np.sqrt(variance)


def fit(
    x: FloatArray,
    y: FloatArray,
    *,
    group: IntArray,
    spread: FloatArray,
    noise: FloatArray,
    noise_class: IntArray,
) -> MixedEffects:
    """Expectation-maximization for effects, group variances, noise and row weights together.

    Args:
        x: `(n, p)` design; `n` may be 0, then the prior comes back.
        y: `(n,)` observations on a scale where effects add.
        group: `(p,)` group of each column, 0 to g - 1.
        spread: `(g,)` prior guess of the standard deviation of a group's effects.
        noise: `(k,)` prior guess of the standard deviation of each class of noise.
        noise_class: `(n,)` class of each row's noise, 0 to k - 1.

    Returns:
        The fit. Deterministic: no random start.
    """
    # A column of zeros tells nothing, and its effect keeps the prior: it need not be carried along.
    told = np.asarray(x.any(axis=0), dtype=bool)
    full, own = group, group[told]
    # A row says something of its own network and device, and nothing of the many others.
    few = sparse.csr_array(x[:, told])
    turned, weighted, (row, column) = few.T.tocsr(), few.copy(), few.nonzero()
    members = np.bincount(own, minlength=len(spread))
    rows = np.bincount(noise_class, minlength=len(noise))
    effect_variance, noise_variance = spread**2, noise**2
    weight = np.ones(len(y))
    for _ in range(_ROUNDS):
        precision = weight / noise_variance[noise_class]
        weighted.data = few.data * precision[row]
        information = (turned @ weighted).toarray()
        covariance = _inverse(information + np.diag(1 / effect_variance[own]))
        mean = covariance @ (turned @ (precision * y))
        moment = np.bincount(own, mean**2 + np.diag(covariance), minlength=len(spread))
        moved = (moment + 2 * _PRIOR_WEIGHT * spread**2) / (members + 2 * _PRIOR_WEIGHT)
        shared = (few @ covariance)[row, column] * few.data
        square = (y - few @ mean) ** 2 + np.bincount(row, shared, minlength=len(y))
        weight = (_FREEDOM + 1) / (_FREEDOM + square / noise_variance[noise_class])
        seen = np.bincount(noise_class, weight * square, minlength=len(noise))
        noise_variance = (seen + _NOISE_WEIGHT * noise**2) / (rows + _NOISE_WEIGHT)
        settled = (np.abs(moved / effect_variance - 1) <= _TOLERANCE).all()
        effect_variance = moved
        if settled:
            break
    return MixedEffects(
        mean=_spread_out(mean, told),
        covariance=_with_prior(covariance, told, effect_variance[full]),
        noise=noise_variance,
        spread=np.sqrt(effect_variance),
    )


def _spread_out(mean: FloatArray, told: BoolArray) -> FloatArray:
    """Effects of all columns from those of the columns that tell anything."""
    whole = np.zeros(len(told))
    whole[told] = mean
    return whole


def _with_prior(covariance: FloatArray, told: BoolArray, variance: FloatArray) -> FloatArray:
    """The covariance of all effects from that of the columns that tell anything."""
    whole = np.diag(np.where(told, 0.0, variance))
    whole[np.ix_(told, told)] = covariance
    return whole


def _inverse(matrix: FloatArray) -> FloatArray:
    """Of a symmetric positive definite matrix, by its Cholesky factor: half the work of `inv`."""
    factor, _ = lapack.dpotrf(matrix, lower=1)
    lower, _ = lapack.dpotri(factor, lower=1, overwrite_c=1)  # above its diagonal there are zeros
    whole = lower + lower.T
    np.fill_diagonal(whole, np.diag(lower))
    return np.asarray(whole, dtype=float)
