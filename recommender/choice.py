"""Which learner serves a target, and how wide its intervals are: both by leaving networks out.

A network known only by its facts and one whose plain form was measured are two questions, each
with a learner and a calibration of its own. A device that was never timed is a third, or a training
that nothing is known of: its widths come from domains left out whole. Latency follows work and
kernels, and starts from the regression; no law leads from facts to accuracy, which starts half from
it and half from the technique's usual ratio. What beats the start on left-out networks serves
instead. Where the plain form is known, accuracy is told by whichever of the two errs less. Sizes
are always the regression's, since no simple learner knows more bits from fewer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from recommender import regression
from recommender.baselines import BASELINES, TECHNIQUE_RATIO, Locate
from recommender.conformal import Calibration, calibrate
from recommender.effects import UNSEEN
from recommender.facts import BoolArray, FloatArray
from recommender.features import Features
from recommender.regression import SIZES, Anchors, Names, TargetModel

MODEL = "model"
"""Name of the regression among the learners."""
FOLLOWERS = (MODEL, TECHNIQUE_RATIO)
"""Learners that go by a network's plain form where it is known; the others never look at it."""
TOGETHER = " and ".join(FOLLOWERS)
"""Name of their mean."""
_MOST_FOLDS = 10

Located = Callable[[Features, Names], tuple[FloatArray, FloatArray]]
"""`n` rows and their domains -> `(n,)` location and spread on the target's scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What answers one kind of question about one target."""

    learner: str
    """`MODEL`, `TOGETHER` or a name of `recommender.baselines.BASELINES`."""
    locate: Located
    """Its predictions."""
    calibration: Calibration
    """Of its errors, over its spreads, on networks left out whole."""
    errors: dict[str, float]
    """Learner -> mean over left-out networks of the median error on the target's scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetChoice:
    """A target's learners."""

    free: Served
    """For networks known only by their facts."""
    tied: Served
    """For networks whose plain form is known."""
    anchors: Anchors
    """The networks whose plain form is known."""
    domains: frozenset[str]
    """Domains learned from."""
    abroad: Calibration
    """Of the errors on domains left out whole."""

    def widest(
        self, level: float, domain: Names, known: BoolArray
    ) -> tuple[FloatArray, FloatArray]:
        """Half-widths in predicted spreads, and their levels: that asked for or the highest.

        Args:
            level: asked for.
            domain: `(n,)` of the rows.
            known: `(n,)` whether the plain form is known, as `locate` gives it.
        """
        kinds = (self.free.calibration, self.tied.calibration, self.abroad)
        widths, levels = zip(*(c.widest(level) for c in kinds), strict=True)
        kind = np.where(self.is_abroad(domain), 2, known.astype(np.int64))
        return np.array(widths)[kind], np.array(levels)[kind]

    def is_abroad(self, domain: Names) -> BoolArray:
        """`(n,)` rows of domains that nothing was learned of, such as devices never timed."""
        return ~np.isin(domain.astype(str), sorted(self.domains))

    def locate(self, rows: Features, domain: Names) -> tuple[FloatArray, FloatArray, BoolArray]:
        """Location, spread and whether the plain form is known: three `(n,)` arrays."""
        known, _ = self.anchors.of(rows, domain)
        location, spread = np.empty(len(rows)), np.empty(len(rows))
        for part, served in ((~known, self.free), (known, self.tied)):
            if part.any():
                location[part], spread[part] = served.locate(rows.take(part), domain[part])
        return location, spread, known


@dataclass(frozen=True, slots=True, kw_only=True)
class _Miss:
    """A learner's errors on one left-out network."""

    learner: str
    error: FloatArray
    """`(n,)` on the target's scale."""
    spread: FloatArray
    """`(n,)` predicted."""


def choose(target: str, rows: Features, domain: Names, y: FloatArray) -> TargetChoice:
    """Fit every learner, and let grouped cross-validation say which serves.

    Args:
        target: one of `recommender.scale.TARGETS`.
        rows: `n` cells.
        domain: `(n,)` their domains.
        y: `(n,)` values on the target's scale.
    """
    data = (target, rows, domain, y)
    learners = dict(_learners(*data, regression.fit(*data)))
    lawless = target == "accuracy_pct"
    free, tied = (
        _served(learners, _misses(*data, plain_known=known), who)
        for known, who in (
            (False, partial(_standing_out, start=TOGETHER if lawless else MODEL)),
            (True, _following if lawless else partial(_standing_out, start=MODEL)),
        )
    )
    if lawless:
        free = replace(free, locate=_as_of_strangers(free.locate))
    return TargetChoice(
        free=free,
        tied=tied,
        anchors=regression.anchors(target, rows, domain, y),
        domains=frozenset(map(str, domain)),
        abroad=_abroad(*data, free.learner),
    )


def _abroad(target: str, rows: Features, domain: Names, y: FloatArray, learner: str) -> Calibration:
    """A learner's errors on whole domains that it learned nothing of.

    The few devices at hand may be more alike than the next one, such as kernels of one processor:
    no width is narrower than what the regression itself holds possible.
    """
    scores = []
    for names in _folds(domain):
        out = np.isin(domain, names)
        if out.all():
            continue
        taught = (target, rows.take(~out), domain[~out], y[~out])
        locate = dict(_learners(*taught, regression.fit(*taught)))[learner]
        location, spread = locate(rows.take(out), domain[out])
        score = (y[out] - location) / spread
        scores += [score[domain[out] == name] for name in names]
    found = calibrate(scores)
    return replace(found, scores=np.maximum(found.scores, ndtri((1 + found.levels) / 2)))


def _learners(
    target: str, rows: Features, domain: Names, y: FloatArray, model: TargetModel
) -> Iterator[tuple[str, Located]]:
    yield MODEL, model.locate
    if target not in SIZES:
        simple = {name: b(target, rows, domain, y) for name, b in BASELINES.items()}
        for name, locate in simple.items():
            yield name, _beside(target, model.locate, locate)
        yield TOGETHER, _beside(target, model.locate, simple[TECHNIQUE_RATIO], share=0.5)


def _beside(target: str, model: Located, simple: Locate, *, share: float = 1.0) -> Located:
    """What a simple learner says, with the regression's spread, which knows what is hard to say.

    The rest of its share is the regression's: errors unlike each other cancel.
    """

    def located(rows: Features, domain: Names) -> tuple[FloatArray, FloatArray]:
        location, spread = model(rows, domain)
        said = simple(regression.seen_by(target, rows), domain)
        return share * said + (1 - share) * location, spread

    return located


def _as_of_strangers(locate: Located) -> Located:
    """As wide as for a network never seen, which is what the calibration was made with.

    A network that was trained on other tasks only seems better known: it may fail on this one.
    """

    def located(rows: Features, domain: Names) -> tuple[FloatArray, FloatArray]:
        location, spread = locate(rows, domain)
        strangers = replace(rows, network=np.full(len(rows), UNSEEN, dtype=object))
        return location, np.maximum(spread, locate(strangers, domain)[1])

    return located


def _served(
    learners: Mapping[str, Located],
    misses: Iterable[_Miss],
    who: Callable[[dict[str, FloatArray]], str],
) -> Served:
    """The learner that `who` names from every learner's median errors on left-out networks."""
    found = list(misses)
    medians = {
        name: np.array([np.median(np.abs(m.error)) for m in found if m.learner == name])
        for name in learners
    }
    medians = {name: own for name, own in medians.items() if len(own)}
    name = who(medians)
    return Served(
        learner=name,
        locate=learners[name],
        calibration=calibrate([m.error / m.spread for m in found if m.learner == name]),
        errors={name: float(own.mean()) for name, own in medians.items()},
    )


def _following(medians: Mapping[str, FloatArray]) -> str:
    """Who errs less on networks whose plain form is known."""
    able = [name for name in FOLLOWERS if name in medians]
    return min(able, key=lambda name: medians[name].mean(), default=MODEL)


def _standing_out(medians: Mapping[str, FloatArray], start: str) -> str:
    """The learner that a target starts from, or one that beats it by more than luck.

    With a handful of networks the smallest error among many is often luck: the regression has to
    be ahead by one standard error of the difference, the others, being several tries, by two.
    """
    if start not in medians:
        return MODEL
    wanted = {name: 1.0 if name == MODEL else 2.0 for name in medians if name != start}
    able = [n for n in wanted if _ahead(medians[n], medians[start]) > wanted[n]]
    return min(able, key=lambda n: medians[n].mean(), default=start)


def _ahead(errors: FloatArray, others: FloatArray) -> float:
    """How much smaller errors are than others on the same networks, in standard errors."""
    gain = others - errors
    chance = gain.std(ddof=1) / np.sqrt(len(gain)) if len(gain) > 1 else np.inf
    mean = float(gain.mean())
    return mean / float(chance) if chance else math.copysign(math.inf, mean) if mean else 0.0


def _misses(
    target: str,
    rows: Features,
    domain: Names,
    y: FloatArray,
    *,
    plain_known: bool,
) -> Iterator[_Miss]:
    """Leave whole networks out, with all their rows or all but their plain form."""
    plain = regression.seen_by(target, rows).plain
    for names in _folds(rows.network):
        out = np.isin(rows.network, names)
        if out.all():
            continue
        test = out & ~plain if plain_known else out
        left, where = rows.take(test), domain[test]
        if plain_known:
            known, _ = regression.anchors(target, rows, domain, y).of(left, where)
            test[test] = known
            left, where = left.take(known), where[known]
            train = ~(out & ~plain)
        else:
            left, train = left.unplaced(), ~out
        taught = (target, rows.take(train), domain[train], y[train])
        for learner, locate in _learners(*taught, regression.fit(*taught)):
            location, spread = locate(left, where)
            for name in names:
                own = left.network == name
                if own.any():
                    error = y[test][own] - location[own]
                    yield _Miss(learner=learner, error=error, spread=spread[own])


def _folds(names: NDArray[np.object_]) -> list[list[str]]:
    """Networks, or domains, dealt into at most `_MOST_FOLDS` folds, in the order of their names."""
    distinct = sorted(set(names))
    return [distinct[i::_MOST_FOLDS] for i in range(min(_MOST_FOLDS, len(distinct)))]
