"""The regression of one target: what arithmetic gives, and what is learned on top of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.subject import is_published
from recommender import arithmetic, mixed
from recommender.design import DESIGNS
from recommender.effects import UNSEEN, Design, Levels
from recommender.facts import BoolArray, FloatArray
from recommender.features import Features

SIZES = ("size_kb", "file_kb")
"""Targets that start from arithmetic, and that know more bits from fewer."""

MISCOUNT = 0.3
"""Spread, on a logarithmic scale, of a network's weights around what its facts say, where its plain
form is not known. It is the same for all its forms: published definitions are sometimes half as
large as what was run under their name, and then every form is off by as much."""

Names = NDArray[np.object_]
Key = tuple[str, str, str]
"""Network, task, domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What is known of plain networks: how many bytes their weights took."""

    plain_bytes: Mapping[Key, float]
    """Bytes of the plain form; NaN where a target other than a size knows it."""
    elsewhere: Mapping[tuple[str, str], float]
    """Network and task -> bytes of a plain form that was built here in any other domain."""
    share: float = 1.0
    """Bytes of a plain form over those of its weights as facts count them, the median over the
    networks: compressing takes some per cent away even of float weights."""

    def of(self, rows: Features, domain: Names) -> tuple[BoolArray, FloatArray]:
        """Whether each row's plain network is known, and its `(n,)` bytes, else NaN."""
        codes = np.zeros(len(rows), dtype=np.int64)
        for names in (rows.network, rows.task, domain):
            own, distinct = pd.factorize(names)
            codes = codes * len(distinct) + own
        _, first, place = np.unique(codes, return_index=True, return_inverse=True)
        keys = [(rows.network[i], rows.task[i], domain[i]) for i in first]
        found = [self._bytes(key) for key in keys]
        known = np.array([size is not None for size in found], dtype=bool)
        sizes = np.array([np.nan if size is None else size for size in found], dtype=float)
        return known[place], sizes[place]

    def _bytes(self, key: Key) -> float | None:
        own = self.plain_bytes.get(key)
        return self.elsewhere.get(key[:2]) if own is None and not is_published(key[2]) else own

    def weights(self, rows: Features, domain: Names) -> tuple[BoolArray, FloatArray]:
        """Number of weights of each row's network, by its plain form where that was measured.

        Published definitions differ from what was run; a plain network's size gives it away.

        Returns:
            `(n,)` whether the plain form told, and `(n,)` weights.
        """
        _, sizes = self.of(rows, domain)
        told = ~np.isnan(sizes)
        return told, np.where(told, sizes / 4, rows.parameters * self.share)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetModel:
    """The fit of one target."""

    target: str
    """One of `recommender.scale.TARGETS`."""
    levels: Levels
    """Names that have effects of their own."""
    effects: mixed.MixedEffects
    """The regression."""
    coefficients: FloatArray
    """`(8,)` of `recommender.arithmetic` for sizes, else empty."""
    anchors: Anchors
    """Plain networks known."""

    def locate(self, rows: Features, domain: Names) -> tuple[FloatArray, FloatArray]:
        """Location and spread on the target's scale: two `(n,)` arrays."""
        rows = seen_by(self.target, rows)
        weighed, weights = self.anchors.weights(rows, domain)
        location, spread = self._raw(rows, domain, weights)
        if self.target in SIZES:
            for heavier, where in _heavier(rows):
                some, _ = self._raw(heavier.take(where), domain[where], weights[where])
                location[where] = np.minimum(location[where], some)
            spread = np.where(weighed, spread, np.hypot(spread, MISCOUNT))
        return location, spread

    def _raw(
        self, rows: Features, domain: Names, weights: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        x, _ = _design(self.target).matrix(rows, self.levels, domain)
        mean, spread = self.effects.predict(x, rows.integer.astype(np.int64))
        return mean + _offset(self.target, rows, weights, self.coefficients), spread


def _heavier(rows: Features) -> Iterator[tuple[Features, BoolArray]]:
    """Forms that a row may not be larger than, with the rows that they are heavier forms of.

    More bits or more weights are never predicted smaller: each form is held down to those above.
    """
    integer, pruned = rows.integer > 0, rows.pruned > 0
    reduced = integer | (rows.half > 0)
    half, dense = rows.at_bits(16), rows.unpruned()
    yield rows.at_bits(32), reduced
    yield half, integer
    yield dense, pruned
    yield dense.at_bits(32), pruned & reduced
    yield dense.at_bits(16), pruned & integer


def seen_by(target: str, rows: Features) -> Features:
    """What a target can see: only accuracy sees a teacher, and a dense file stores its zeros."""
    if target == "accuracy_pct":
        return rows
    rows = rows.undistilled()
    return rows.unpruned(rows.stored_dense) if target == "file_kb" else rows


def anchors(target: str, rows: Features, domain: Names, y: FloatArray) -> Anchors:
    """The plain networks among some rows with their `(n,)` values on the target's scale."""
    is_plain = seen_by(target, rows).plain
    plain, where = rows.take(is_plain), domain[is_plain]
    sized = target in SIZES
    sizes = np.exp(y[is_plain]) * 1000 if sized else np.full(len(plain), np.nan)
    keys = zip(plain.network, plain.task, where, strict=True)
    return Anchors(
        plain_bytes=dict(zip(keys, sizes.tolist(), strict=True)),
        elsewhere=_elsewhere(plain, where, sizes) if sized else {},
        share=_share(plain, sizes) if sized and len(plain) else 1.0,
    )


def _share(plain: Features, sizes: FloatArray) -> float:
    shares = pd.Series(sizes / (4 * plain.parameters)).groupby(plain.network).median()
    return float(shares.median())


def _elsewhere(plain: Features, domain: Names, sizes: FloatArray) -> dict[tuple[str, str], float]:
    """Sizes of plain networks that were built here, however they were trained, if at all.

    Bytes of dense weights do not depend on training. What others published may be another network.
    """
    found: dict[tuple[str, str], list[float]] = {}
    for network, task, where, size in zip(plain.network, plain.task, domain, sizes, strict=True):
        if not is_published(where):
            found.setdefault((network, task), []).append(float(size))
    return {key: float(np.median(values)) for key, values in found.items()}


def fit(
    target: str,
    rows: Features,
    domain: Names,
    y: FloatArray,
    *,
    expected: Iterable[str] = (),
) -> TargetModel:
    """Fit a target's regression.

    Args:
        target: one of `recommender.scale.TARGETS`.
        rows: `n` cells.
        domain: `(n,)` their domains.
        y: `(n,)` values on the target's scale.
        expected: domains that rows are still to come of. Their effects keep the prior's spread,
            as those of any unseen one do where there are several.
    """
    rows = seen_by(target, rows)
    known = anchors(target, rows, domain, y)
    _, weights = known.weights(rows, domain)
    sized = target in SIZES
    coefficients = arithmetic.fit(rows, weights, np.exp(y) * 1000) if sized else np.empty(0)
    design = _design(target)
    levels = Levels(
        networks=(*sorted(set(rows.network)), UNSEEN),
        domains=(*sorted({*domain, *expected}), UNSEEN),
        tasks=(*sorted(set(rows.task)), UNSEEN),
    )
    x, group = design.matrix(rows, levels, domain)
    effects = mixed.fit(
        x,
        y - _offset(target, rows, weights, coefficients),
        group=group,
        spread=np.array(list(design.spreads.values())),
        noise=np.array(design.noise),
        noise_class=rows.integer.astype(np.int64),
    )
    return TargetModel(
        target=target, levels=levels, effects=effects, coefficients=coefficients, anchors=known
    )


def _design(target: str) -> Design:
    return DESIGNS["size_kb" if target == "file_kb" else target]


def _offset(
    target: str, rows: Features, weights: FloatArray, coefficients: FloatArray
) -> FloatArray:
    """What is known before anything is learned, on the target's scale."""
    if target in SIZES:
        return np.log(arithmetic.size_bytes(rows, weights, coefficients) / 1000)
    if target == "latency_ms":
        return rows.integer * np.log(rows.macs / 1e6)
    return np.zeros(len(rows))
