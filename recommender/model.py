"""The learned Pareto model: accuracy, size and latency of combinations that nobody ran.

Each target has its own structure (`recommender.design`) and is fitted on a scale where effects
add: log size over what arithmetic gives, log latency over the work of integer kernels, logit
accuracy. Widths come from networks that were left out whole (`recommender.conformal`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from recommender import arithmetic, mixed
from recommender.conformal import Calibration, calibrate
from recommender.design import DESIGNS, UNSEEN, Design, Levels
from recommender.errors import AdviceError
from recommender.features import FACTS, BoolArray, Features, FloatArray, features
from recommender.scale import SCALES, TARGETS

LEVEL = 0.9
"""Level of the interval of `ParetoModel.predict`."""

_QUANTITY = {
    "accuracy_pct": "accuracy",
    "size_kb": "size",
    "file_kb": "size",
    "latency_ms": "latency",
}
_MAX_FOLDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchors:
    """What is known of plain networks: how many bytes their weights took."""

    plain_bytes: Mapping[tuple[str, str, str], float]
    """(network, task, domain) -> bytes of the plain form."""

    def weights(self, rows: Features, domain: NDArray[np.object_]) -> FloatArray:
        """Number of weights of each row's network, by its plain form where that was measured.

        Published definitions differ from what was run; a plain network's size gives it away.
        """
        counts = rows.parameters.copy()
        for i, key in enumerate(zip(rows.network, rows.task, domain, strict=True)):
            if key in self.plain_bytes:
                counts[i] = self.plain_bytes[key] / 4
        return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetModel:
    """The fit of one target."""

    target: str
    """One of `TARGETS`."""
    levels: Levels
    """Names that have effects of their own."""
    effects: mixed.MixedEffects
    """The regression."""
    coefficients: FloatArray
    """`(8,)` of `recommender.arithmetic` for sizes, else empty."""
    anchors: Anchors
    """Plain networks known."""

    def locate(self, rows: Features, domain: NDArray[np.object_]) -> tuple[FloatArray, FloatArray]:
        """Location and spread on the target's scale: two `(n,)` arrays."""
        rows = _seen_by(self.target, rows)
        x, _ = _design(self.target).matrix(rows, self.levels, domain)
        mean, spread = self.effects.predict(x, rows.integer.astype(np.int64))
        return mean + self._offset(rows, domain), spread

    def _offset(self, rows: Features, domain: NDArray[np.object_]) -> FloatArray:
        return _offset(self.target, rows, self.anchors.weights(rows, domain), self.coefficients)

    def anchored(self, rows: Features, domain: NDArray[np.object_]) -> BoolArray:
        """Whether each row's plain network was measured in its domain, on its task."""
        keys = zip(rows.network, rows.task, domain, strict=True)
        return np.array([key in self.anchors.plain_bytes for key in keys], dtype=bool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Predictions of one target in its own unit, `n` of them."""

    value: FloatArray
    """`(n,)` medians."""
    low: FloatArray
    """`(n,)` lower bounds."""
    high: FloatArray
    """`(n,)` upper bounds."""
    level: FloatArray
    """`(n,)` shares of networks never seen that the bounds hold for; 0 where none can be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParetoModel:
    """All targets, with calibrated widths."""

    models: Mapping[str, TargetModel]
    """Target -> its fit; targets without a single row are absent."""
    calibrations: Mapping[str, tuple[Calibration, Calibration]]
    """Target -> calibration for networks known only by their facts, and for networks whose plain
    form is known."""
    domains: Mapping[str, str]
    """Device -> domain of its accuracies and sizes."""

    def predict(self, candidates: pd.DataFrame) -> pd.DataFrame:
        """Forecast combinations.

        Args:
            candidates: columns `task network strategy device`, and facts as in
                `recommender.features.FACTS` for networks that nobody has facts of.

        Returns:
            For each of `TARGETS` the columns `<target>`, `<target>_low`, `<target>_high`, indexed
            as the candidates: median and the bounds of the central interval at `LEVEL`; and
            `<target>_level`: where there are too few networks for `LEVEL`, the highest level that
            they do support, which the bounds then have. Bounds are infinite (accuracy: 0 and 100)
            and the level 0 where no level can be had; a target that was never measured is NaN.
        """
        rows = features(candidates)
        columns: dict[str, FloatArray] = {}
        for target in TARGETS:
            interval = self.interval(target, rows, LEVEL)
            columns[target] = interval.value
            columns[f"{target}_low"] = interval.low
            columns[f"{target}_high"] = interval.high
            columns[f"{target}_level"] = interval.level
        return pd.DataFrame(columns, index=candidates.index)

    def interval(self, target: str, rows: Features, level: float) -> Interval:
        """Median and central interval at a level, or at the highest that can be had."""
        location, spread, known = self.locate(target, rows)
        free, anchored = self.calibrations.get(target, (_NONE, _NONE))
        widths, levels = zip(*(c.widest(level) for c in (free, anchored)), strict=True)
        half = np.where(known, widths[1], widths[0]) * spread
        inverse = SCALES[target].inverse
        return Interval(
            value=inverse(location),
            low=inverse(location - half),
            high=inverse(location + half),
            level=np.where(known, levels[1], levels[0]),
        )

    def locate(self, target: str, rows: Features) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Location, spread and whether the plain network is known, on the target's scale."""
        if target not in self.models:
            unknown = np.full(len(rows), np.nan)
            return unknown, unknown, np.zeros(len(rows), dtype=bool)
        model = self.models[target]
        domain = self.domain(target, rows)
        location, spread = model.locate(rows, domain)
        return location, spread, model.anchored(rows, domain)

    def domain(self, target: str, rows: Features) -> NDArray[np.object_]:
        """The `(n,)` domains that a target of some rows belongs to."""
        if target == "latency_ms":
            return rows.device
        return np.array([self.domains.get(device, device) for device in rows.device], dtype=object)


_NONE = calibrate([])


def fit(frame: pd.DataFrame) -> ParetoModel:
    """Learn from measurements.

    Args:
        frame: as `measurements.to_frame` gives it; suspect and failed values are left out here.

    Returns:
        The model, the same for any order of the rows.

    Raises:
        AdviceError: when a column is missing or there is nothing to learn from.
    """
    missing = {"task", "network", "strategy", "device"} - set(frame.columns)
    if missing or frame.empty:
        raise AdviceError(
            "nothing to learn from: "
            + (f"no column {', '.join(sorted(missing))}" if missing else "no rows")
        )
    models: dict[str, TargetModel] = {}
    calibrations: dict[str, tuple[Calibration, Calibration]] = {}
    # Matrices this small are slower on several threads than on one.
    with threadpool_limits(limits=1, user_api="blas"):
        for target in TARGETS:
            rows, domain, y = learnable(frame, target)
            if len(y):
                models[target] = _fit_target(target, rows, domain, y)
                calibrations[target] = _calibrate(target, rows, domain, y)
    return ParetoModel(models=models, calibrations=calibrations, domains=_domains(frame))


def learnable(frame: pd.DataFrame, target: str) -> tuple[Features, NDArray[np.object_], FloatArray]:
    """What a target may be learned from.

    Returns:
        `n` rows, their domains, and the `(n,)` values on the target's scale.
    """
    cells = collapsed(frame, target)
    domain = cells["domain"].to_numpy(dtype=object)
    return features(cells), domain, SCALES[target].link(cells[target].to_numpy(dtype=float))


def collapsed(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """The cells with a value of a target that may be believed, in a canonical order.

    Repeats of a cell (seeds, devices that share a trained model) become their median.

    Returns:
        Columns `domain task network strategy device`, the target, and the facts that the frame
        brings.
    """
    if target not in frame:
        frame = frame.assign(**{target: np.nan})
    kept = frame[usable(frame, target)]
    keyed = kept.assign(domain=_domain_column(kept, target))
    keys = ["domain", "task", "network", "strategy"]
    return keyed.groupby(keys, as_index=False, sort=True).agg(
        {name: "first" if name == "device" else "median" for name in _carried(keyed, target)}
    )


def _carried(frame: pd.DataFrame, target: str) -> list[str]:
    return ["device", target, *(name for name in FACTS if name in frame)]


def usable(frame: pd.DataFrame, target: str) -> BoolArray:
    """Rows whose value of a target is there and may be believed."""
    values = pd.to_numeric(frame[target], errors="coerce").to_numpy(dtype=float)
    good = np.isfinite(values) & (values > 0)
    if "suspect" in frame:
        marks = frame["suspect"].fillna("").astype(str)
        good &= np.array([_QUANTITY[target] not in words.split() for words in marks], dtype=bool)
    if "failure" in frame:
        good &= (frame["failure"].fillna("").astype(str) == "").to_numpy(dtype=bool)
    return np.asarray(good, dtype=bool)


def _domain_column(frame: pd.DataFrame, target: str) -> pd.Series[str]:
    """Latency belongs to a device; accuracy and size to how a network was trained and stored."""
    device = frame["device"].astype(str)
    if target == "latency_ms" or "protocol" not in frame:
        return device
    protocol = frame["protocol"].fillna("").astype(str)
    return protocol.where(protocol != "", device)


def _domains(frame: pd.DataFrame) -> dict[str, str]:
    """Each device's commonest domain, the first by name where two are as common."""
    pairs = pd.DataFrame({"device": frame["device"], "domain": _domain_column(frame, "size_kb")})
    counts = pairs.value_counts().reset_index(name="n")
    counts = counts.sort_values(["device", "n", "domain"], ascending=[True, False, True])
    first = counts.drop_duplicates("device")
    return dict(zip(first["device"], first["domain"], strict=True))


def _seen_by(target: str, rows: Features) -> Features:
    """What a target can see: only accuracy sees a teacher, and a dense file stores its zeros."""
    if target == "accuracy_pct":
        return rows
    rows = rows.undistilled()
    return rows.unpruned() if target == "file_kb" else rows


def _design(target: str) -> Design:
    return DESIGNS["size_kb" if target == "file_kb" else target]


def _offset(
    target: str, rows: Features, weights: FloatArray, coefficients: FloatArray
) -> FloatArray:
    """What is known before anything is learned, on the target's scale."""
    if target in ("size_kb", "file_kb"):
        return np.log(arithmetic.size_bytes(rows, weights, coefficients) / 1000)
    if target == "latency_ms":
        return rows.integer * np.log(rows.macs / 1e6)
    return np.zeros(len(rows))


def _fit_target(
    target: str, rows: Features, domain: NDArray[np.object_], y: FloatArray
) -> TargetModel:
    rows = _seen_by(target, rows)
    sized = target in ("size_kb", "file_kb")
    anchors = Anchors(
        plain_bytes={
            key: float(np.exp(value)) * 1000 if sized else np.nan
            for key, value, plain in zip(
                zip(rows.network, rows.task, domain, strict=True), y, rows.plain, strict=True
            )
            if plain
        }
    )
    weights = anchors.weights(rows, domain) if sized else rows.parameters
    coefficients = arithmetic.fit(rows, weights, np.exp(y) * 1000) if sized else np.empty(0)
    design = _design(target)
    levels = Levels(
        networks=(*sorted(set(rows.network)), UNSEEN),
        domains=(*sorted(set(domain)), UNSEEN),
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
        target=target, levels=levels, effects=effects, coefficients=coefficients, anchors=anchors
    )


def _calibrate(
    target: str, rows: Features, domain: NDArray[np.object_], y: FloatArray
) -> tuple[Calibration, Calibration]:
    """Leave whole networks out: once with all their rows, once keeping their plain form."""
    free: list[FloatArray] = []
    anchored: list[FloatArray] = []
    for fold in _folds(rows.network):
        out = np.isin(rows.network, fold)
        if out.all():
            continue
        for kept, scores in ((np.zeros_like(out), free), (rows.plain, anchored)):
            test = out & ~kept
            model = _fit_target(target, rows.take(~test), domain[~test], y[~test])
            location, spread = model.locate(rows.take(test), domain[test])
            score = (y[test] - location) / spread
            if kept.any():
                known = model.anchored(rows.take(test), domain[test])
                score, names = score[known], rows.network[test][known]
            else:
                names = rows.network[test]
            scores += [score[names == name] for name in fold]
    return calibrate(free), calibrate(anchored)


def _folds(names: NDArray[np.object_]) -> list[list[str]]:
    """Networks dealt into at most `_MAX_FOLDS` folds, in the order of their names."""
    distinct = sorted(set(names))
    return [distinct[i::_MAX_FOLDS] for i in range(min(_MAX_FOLDS, len(distinct)))]


__all__ = ["LEVEL", "TARGETS", "ParetoModel", "fit"]
