"""The learned Pareto model: accuracy, size and latency of combinations that nobody ran.

Each target has its own structure (`recommender.design`) and is fitted on a scale where effects
add: log size over what arithmetic gives, log latency over the work of integer kernels, logit
accuracy (`recommender.regression`). Which learner serves, and the widths, come from networks that
were left out whole (`recommender.choice`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.dataset import FACTS
from measurements.strategy import Strategy
from measurements.subject import is_published
from recommender.cells import comparable, domains_of, known_to, learnable
from recommender.choice import TargetChoice, choose
from recommender.conformal import Calibration
from recommender.errors import AdviceError
from recommender.facts import BoolArray, FloatArray, Known
from recommender.features import Features, features
from recommender.scale import SCALES, TARGETS
from recommender.single_thread import single_thread

LEVEL = 0.9
"""Level of the interval of `ParetoModel.predict`."""

_BLOCK = 20_000
"""Rows that are predicted at once: what their matrices take stays below some hundred MB."""


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

    choices: Mapping[str, TargetChoice]
    """Target -> its learners; targets without a single row are absent."""
    domains: Mapping[str, Mapping[str, str]]
    """Target -> device -> domain, of accuracies and sizes; under "" that of an unknown device."""
    known: Known
    """What the rows learned from know of their networks."""
    alone: Mapping[str, ParetoModel] = field(default_factory=dict)
    """Published device -> its own model, learned from its own rows. Nobody knows how its figures
    were taken, and they are predicted better without those of other devices than with them."""

    def of(self, device: str) -> ParetoModel:
        """The model that serves a device."""
        return self.alone.get(device, self)

    @property
    def learners(self) -> dict[str, tuple[str, str]]:
        """Target -> who serves: networks known by facts alone, those with a known plain form."""
        return {t: (c.free.learner, c.tied.learner) for t, c in self.choices.items()}

    @property
    def calibrations(self) -> dict[str, tuple[Calibration, Calibration]]:
        """Target -> calibrations in the order of `learners`."""
        return {t: (c.free.calibration, c.tied.calibration) for t, c in self.choices.items()}

    def features(self, candidates: pd.DataFrame) -> Features:
        """The candidates with what is known of their networks."""
        return features(candidates, self.known)

    @single_thread()
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
        asked = candidates[
            ["task", "network", "strategy", "device", *(n for n in FACTS if n in candidates)]
        ]
        plain = {s: Strategy.parse(s).undistilled.slug for s in asked["strategy"].unique()}
        # A teacher is seen by accuracy alone; the rest is asked without, and so can't differ.
        untaught = asked.assign(strategy=asked["strategy"].map(plain))
        found = [
            self._once(asked, TARGETS[:1]),
            self._once(untaught, TARGETS[1:]),
        ]
        return pd.concat(found, axis=1).set_axis(candidates.index)

    def _once(self, asked: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
        """Questions are often asked many times over: each is answered once."""
        place = asked.groupby(list(asked.columns), sort=False, dropna=False).ngroup().to_numpy()
        _, first = np.unique(place, return_index=True)
        distinct = asked.iloc[first]
        blocks = [
            self._predict(distinct.iloc[start : start + _BLOCK], targets)
            for start in range(0, max(1, len(distinct)), _BLOCK)
        ]
        return pd.concat(blocks, ignore_index=True).take(place).reset_index(drop=True)

    def _predict(self, candidates: pd.DataFrame, targets: Sequence[str]) -> pd.DataFrame:
        rows = self.features(candidates)
        columns: dict[str, FloatArray] = {}
        for target in targets:
            interval = self.interval(target, rows, LEVEL)
            columns[target] = interval.value
            columns[f"{target}_low"] = interval.low
            columns[f"{target}_high"] = interval.high
            columns[f"{target}_level"] = interval.level
        return pd.DataFrame(columns, index=candidates.index)

    def interval(self, target: str, rows: Features, level: float) -> Interval:
        """Median and central interval at a level, or at the highest that can be had."""
        if self.alone:
            return self._by_device(target, rows, level)
        location, spread, known = self.locate(target, rows)
        width, levels = np.full(len(rows), np.inf), np.zeros(len(rows))
        if target in self.choices:
            width, levels = self.choices[target].widest(level, self.domain(target, rows), known)
        half = width * spread
        inverse = SCALES[target].inverse
        return Interval(
            value=inverse(location),
            low=inverse(location - half),
            high=inverse(location + half),
            level=levels,
        )

    def _by_device(self, target: str, rows: Features, level: float) -> Interval:
        parts = {f.name: np.empty(len(rows)) for f in fields(Interval)}
        for where, model in self._parts(rows):
            found = model.interval(target, rows.take(where), level)
            for name, values in parts.items():
                values[where] = getattr(found, name)
        return Interval(**parts)

    def _parts(self, rows: Features) -> Iterator[tuple[BoolArray, ParetoModel]]:
        """The rows of each model that serves any."""
        own = np.isin(rows.device, list(self.alone))
        if not own.all():
            yield ~own, replace(self, alone={})
        for device, model in self.alone.items():
            if (where := rows.device == device).any():
                yield where, model

    def locate(self, target: str, rows: Features) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Location, spread and whether the plain network is known, on the target's scale."""
        if self.alone:
            location, spread = np.empty(len(rows)), np.empty(len(rows))
            known = np.zeros(len(rows), dtype=bool)
            for where, model in self._parts(rows):
                location[where], spread[where], known[where] = model.locate(
                    target, rows.take(where)
                )
            return location, spread, known
        if target not in self.choices:
            unknown = np.full(len(rows), np.nan)
            return unknown, unknown, np.zeros(len(rows), dtype=bool)
        return self.choices[target].locate(rows, self.domain(target, rows))

    def domain(self, target: str, rows: Features) -> NDArray[np.object_]:
        """The `(n,)` domains that a target of some rows belongs to."""
        if target == "latency_ms":
            return rows.device
        own = self.domains.get(target, {})
        names, place = np.unique(rows.device.astype(str), return_inverse=True)
        # What others published of a device that nobody knows was trained nobody knows how.
        homes = [own.get(n) or (not is_published(n) and own.get("")) or n for n in names]
        return np.array(homes, dtype=object)[place]


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
    published = [name for name in sorted(frame["device"].unique()) if is_published(name)]
    whole = _fit(frame)
    if (frame["device"].isin(published[:1])).all():
        return whole
    return replace(whole, alone={name: _fit(frame[frame["device"] == name]) for name in published})


@single_thread()
def _fit(frame: pd.DataFrame) -> ParetoModel:
    known = known_to(frame)
    choices: dict[str, TargetChoice] = {}
    for target in TARGETS:
        rows, domain, y = learnable(comparable(frame, target), target, known)
        if len(y):
            choices[target] = choose(target, rows, domain, y)
    domains = {target: domains_of(frame, target) for target in choices if target != "latency_ms"}
    return ParetoModel(choices=choices, domains=domains, known=known)


__all__ = ["LEVEL", "TARGETS", "ParetoModel", "fit"]
