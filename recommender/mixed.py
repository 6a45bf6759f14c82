"""Mixed-effects regression with a robust likelihood: structure before flexibility.

Tens of rows can't support a flexible learner; they do support a linear model whose effects come in
groups (facts, techniques, networks, networks x techniques …), each group shrunk as much as the data
ask for. The noise is Student's t, so a single odd cell does not bend the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import lapack

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

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

    def predict(self, x: FloatArray, noise_class: IntArray) -> tuple[FloatArray, FloatArray]:
        """Location and spread of new observations.

        Args:
            x: `(n, p)` rows of the design.
            noise_class: `(n,)` class of each row's noise.

        Returns:
            `(n,)` means and `(n,)` standard deviations, the noise included.
        """
        variance = np.einsum("ij,ij->i", x @ self.covariance, x) + self.noise[noise_class]
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
    members = np.bincount(group, minlength=len(spread))
    rows = np.bincount(noise_class, minlength=len(noise))
    effect_variance, noise_variance = spread**2, noise**2
    weight = np.ones(len(y))
    for _ in range(_ROUNDS):
        precision = weight / noise_variance[noise_class]
        information = (x * precision[:, None]).T @ x + np.diag(1 / effect_variance[group])
        covariance = _inverse(information)
        mean = covariance @ (x.T @ (precision * y))
        moment = np.bincount(group, mean**2 + np.diag(covariance), minlength=len(spread))
        moved = (moment + 2 * _PRIOR_WEIGHT * spread**2) / (members + 2 * _PRIOR_WEIGHT)
        square = (y - x @ mean) ** 2 + np.einsum("ij,ij->i", x @ covariance, x)
        weight = (_FREEDOM + 1) / (_FREEDOM + square / noise_variance[noise_class])
        seen = np.bincount(noise_class, weight * square, minlength=len(noise))
        noise_variance = (seen + _NOISE_WEIGHT * noise**2) / (rows + _NOISE_WEIGHT)
        settled = np.allclose(moved, effect_variance, rtol=_TOLERANCE, atol=0)
        effect_variance = moved
        if settled:
            break
    return MixedEffects(mean=mean, covariance=covariance, noise=noise_variance)


def _inverse(matrix: FloatArray) -> FloatArray:
    """Of a symmetric positive definite matrix, by its Cholesky factor: half the work of `inv`."""
    factor, _ = lapack.dpotrf(matrix, lower=1)
    lower, _ = lapack.dpotri(factor, lower=1)
    return np.asarray(np.tril(lower) + np.tril(lower, -1).T, dtype=float)
