"""How far the forecasts can be trusted: errors and intervals on what was left out whole.

The model and the simple learners of `recommender.baselines` see the same folds
(`recommender.holdout`); `recommender.regret` then lets each of them pick.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from joblib import Parallel, cpu_count, delayed
from numpy.typing import NDArray

from measurements.dataset import to_frame
from measurements.record import Measurement
from recommender import baselines, model
from recommender.baselines import BASELINES, Locate
from recommender.cells import KEYS, collapsed
from recommender.choice import MODEL
from recommender.features import Features
from recommender.forecast import digest
from recommender.holdout import FACTS_ONLY, PLAIN_KNOWN, Fold, Prepare, folds
from recommender.model import ParetoModel
from recommender.regression import seen_by
from recommender.regret import Outcome, Regret, deal, play, regrets
from recommender.scale import SCALES, TARGETS
from recommender.single_thread import single_thread

if TYPE_CHECKING:
    from recommender.probe_curve import Point

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SCHEMA = "dlmo.evaluation/1"
LEVELS = (0.8, 0.9)
"""Nominal levels of the intervals that are judged."""
WITHIN = 10.0
"""Per cent of the measured value that a prediction may be off to count as near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """How intervals of one nominal level did."""

    nominal: float
    """The level asked for, a fraction."""
    level: float | None
    """The level that the number of groups left in the folds supports: the lowest of any fold."""
    coverage: float | None
    """Share of the values inside."""
    width: float | None
    """Mean width: points for accuracy, else % of the predicted value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How one learner did on one target."""

    setting: str
    """What was known of the left-out group."""
    target: str
    """One of `TARGETS`."""
    learner: str
    """`MODEL`, which is whoever the model lets serve, or a name of `BASELINES`."""
    rows: int
    """Cells predicted."""
    median_error: float
    """Points for accuracy, else % of the measured value."""
    p90_error: float
    """The same, 90th percentile."""
    within: float
    """Share within `WITHIN` % of the measured value."""
    spearman: float | None
    """Rank correlation with the measured values; None where either is constant."""
    intervals: tuple[Interval, ...]
    """One for each of `LEVELS`; empty for learners that give none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All of it."""

    holdout: str
    """What was left out: one of `recommender.holdout.KINDS`."""
    n_measurements: int
    """Records."""
    sha256: str
    """Hash of the records."""
    learners: dict[str, dict[str, str]]
    """Target -> what is known of a network -> the learner that serves when all rows are known."""
    scores: tuple[Score, ...]
    """By setting, target and learner."""
    regrets: tuple[Regret, ...]
    """By setting, choice and adviser; empty where devices are left out."""
    probes: tuple[Point, ...] = ()
    """How well left-out devices are known after some probes, where that was asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Predicted:
    """Predictions of a fold for one target; arrays of `n` cells."""

    setting: str
    target: str
    learner: str
    truth: FloatArray
    value: FloatArray
    low: FloatArray
    """`(levels, n)`, empty without intervals."""
    high: FloatArray
    level: FloatArray
    """`(levels, n)` granted."""


def evaluate(
    records: Sequence[Measurement],
    holdout: str = "network",
    *,
    questions: int = 1000,
    prepare: Prepare = to_frame,
) -> Evaluation:
    """Leave out, learn from the rest, compare with what was hidden.

    Args:
        records: the dataset.
        holdout: one of `recommender.holdout.KINDS`.
        questions: random limit sets per setting for the regrets.
        prepare: makes the frame of the records.

    Raises:
        ArgumentError: for an unknown holdout.
        AdviceError: when there are fewer than two groups.
        LeakError: when a hidden value shows in what a learner is given.
    """
    splits = list(folds(records, holdout, prepare=prepare))
    shares = _shares(splits, questions)
    judged = Parallel(n_jobs=min(len(splits), cpu_count()))(
        delayed(_judge)(fold, shares[number], number) for number, fold in enumerate(splits)
    )
    predicted = [p for found, _ in judged for p in found]
    played = [outcome for _, found in judged for outcome in found]
    return Evaluation(
        holdout=holdout,
        n_measurements=len(records),
        sha256=digest(records),
        learners={
            target: dict(zip((FACTS_ONLY, PLAIN_KNOWN), names, strict=True))
            for target, names in model.fit(prepare(records)).learners.items()
        },
        scores=tuple(_scores(predicted)),
        regrets=tuple(regrets(played)),
    )


@single_thread()
def _judge(fold: Fold, questions: int, seed: int) -> tuple[list[_Predicted], list[Outcome]]:
    """What the learners make of one fold, and what their picks in it cost."""
    learned = model.fit(fold.train)
    simple = baselines.taught(fold.train)
    predicted = [p for t in TARGETS for p in _predictions(fold, learned, t, simple.get(t, {}))]
    if fold.kind == "device":
        return predicted, []
    return predicted, list(play(fold, learned, simple, questions=questions, seed=seed))


def _shares(splits: Sequence[Fold], questions: int) -> list[int]:
    """The questions of a setting, dealt over its folds."""
    settings = [fold.setting for fold in splits]
    return [
        share
        for setting in dict.fromkeys(settings)
        for share in deal(questions, settings.count(setting))
    ]


def _predictions(
    fold: Fold, learned: ParetoModel, target: str, simple: Mapping[str, Locate]
) -> Iterator[_Predicted]:
    cells = _unseen(collapsed(fold.hidden, target), collapsed(fold.train, target))
    truth = cells[target].to_numpy(dtype=float)
    # What is asked carries no measured value, so that no fact can be made of one.
    rows = learned.features(cells[[c for c in fold.asked.columns if c in cells]])
    if fold.setting == PLAIN_KNOWN and len(truth):
        # A distilled network weighs what the plain one does: that would be no prediction.
        known = learned.locate(target, rows)[2] & ~seen_by(target, rows).plain
        rows, truth, cells = rows.take(known), truth[known], cells[known]
    if not len(truth) or target not in learned.choices:
        return
    yield _by_model(fold, learned, target, rows, truth)
    where = cells["domain"].to_numpy(dtype=object)
    for name, locate in simple.items():
        value = SCALES[target].inverse(locate(rows, where))
        none = np.empty((0, len(truth)))
        yield _Predicted(
            setting=fold.setting,
            target=target,
            learner=name,
            truth=truth,
            value=value,
            low=none,
            high=none,
            level=none,
        )


def _unseen(hidden: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The hidden cells but for those that are known where a device was left out.

    The same training was measured on another one: its files' accuracies and sizes are no
    prediction.
    """
    there = pd.MultiIndex.from_frame(known[KEYS])
    return hidden[~pd.MultiIndex.from_frame(hidden[KEYS]).isin(there)]


def _by_model(
    fold: Fold, learned: ParetoModel, target: str, rows: Features, truth: FloatArray
) -> _Predicted:
    bounds = [learned.interval(target, rows, level) for level in LEVELS]
    return _Predicted(
        setting=fold.setting,
        target=target,
        learner=MODEL,
        truth=truth,
        value=bounds[0].value,
        low=np.stack([b.low for b in bounds]),
        high=np.stack([b.high for b in bounds]),
        level=np.stack([b.level for b in bounds]),
    )


def _scores(predicted: Sequence[_Predicted]) -> Iterator[Score]:
    for setting in dict.fromkeys(p.setting for p in predicted):
        for target in TARGETS:
            for learner in (MODEL, *BASELINES):
                wanted = (setting, target, learner)
                parts = [p for p in predicted if (p.setting, p.target, p.learner) == wanted]
                if parts:
                    yield _score(parts)


def _score(parts: Sequence[_Predicted]) -> Score:
    first = parts[0]
    truth = np.concatenate([p.truth for p in parts])
    value = np.concatenate([p.value for p in parts])
    points = first.target == "accuracy_pct"
    relative = 100 * np.abs(value / truth - 1)
    error = np.abs(value - truth) if points else relative
    return Score(
        setting=first.setting,
        target=first.target,
        learner=first.learner,
        rows=len(truth),
        median_error=float(np.median(error)),
        p90_error=float(np.quantile(error, 0.9)),
        within=float(np.mean(relative <= WITHIN)),
        spearman=_spearman(truth, value),
        intervals=tuple(
            _interval(nominal, parts, i, points=points)
            for i, nominal in enumerate(LEVELS if first.learner == MODEL else ())
        ),
    )


def _interval(nominal: float, parts: Sequence[_Predicted], i: int, *, points: bool) -> Interval:
    truth = np.concatenate([p.truth for p in parts])
    value = np.concatenate([p.value for p in parts])
    low, high, level = (
        np.concatenate([getattr(p, name)[i] for p in parts]) for name in ("low", "high", "level")
    )
    if not np.isfinite(high).all() or not level.all():  # accuracy's open ends are 0 and 100
        return Interval(nominal=nominal, level=None, coverage=None, width=None)
    width = high - low if points else 100 * (high - low) / value
    return Interval(
        nominal=nominal,
        level=float(level.min()),
        coverage=float(np.mean((low <= truth) & (truth <= high))),
        width=float(width.mean()),
    )


def _spearman(one: FloatArray, other: FloatArray) -> float | None:
    ranks = pd.DataFrame({"one": one, "other": other}).rank()
    found = float(ranks["one"].corr(ranks["other"]))
    return found if np.isfinite(found) else None


def to_dict(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as JSON holds it: the fields of `Evaluation`, numbers to six digits."""
    return {"schema": SCHEMA, **_short(asdict(evaluation))}


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _short(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_short(inner) for inner in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value
