"""An evaluation for a terminal or a pipe, within 80 columns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from textwrap import fill

from recommender.evaluate import LEVELS, WITHIN, Evaluation, Score, to_dict
from recommender.probe_curve import Point
from recommender.regret import CHOICES, Regret

_UNITS = {
    "accuracy_pct": "accuracy, points",
    "size_kb": "size, %",
    "file_kb": "stored file, %",
    "latency_ms": "latency, %",
}
"""Target -> its name with the unit of its errors and widths."""


def as_table(evaluation: Evaluation) -> str:
    """The evaluation as text."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(evaluation))


def as_json(evaluation: Evaluation) -> str:
    """The evaluation for machines; see `docs/evaluation.md`."""
    return json.dumps(to_dict(evaluation), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


EVALUATION_FORMATS: dict[str, Callable[[Evaluation], str]] = {"table": as_table, "json": as_json}
"""Name on the command line -> the function that writes an evaluation."""


def _lines(evaluation: Evaluation) -> Iterator[str]:
    yield (
        f"{evaluation.n_measurements} measurements (sha256 {evaluation.sha256[:12]}), "
        f"each {evaluation.holdout} left out in turn"
    )
    yield ""
    yield "Who serves as the model, chosen by leaving networks out:"
    for target, names in evaluation.learners.items():
        chosen = ", ".join(f"{name} ({setting})" for setting, name in names.items())
        yield f"  {_UNITS[target].split(',')[0]}: {chosen}"
    for setting in dict.fromkeys(score.setting for score in evaluation.scores):
        scores = [score for score in evaluation.scores if score.setting == setting]
        yield ""
        yield f"Predictions, {evaluation.holdout} {_known(setting)}"
        yield _row("", "cells", "median", "90th", f"±{WITHIN:.0f} %", "rank", *_interval_heads())
        for target in dict.fromkeys(score.target for score in scores):
            yield _UNITS[target]
            yield from (_score(score) for score in scores if score.target == target)
        yield from _granted(scores)
        yield from _regrets([r for r in evaluation.regrets if r.setting == setting])
    yield from _curves(evaluation.probes)


def _known(setting: str) -> str:
    return setting if setting == "left out" else f"left out, {setting}"


def _interval_heads() -> list[str]:
    return [head for level in LEVELS for head in (f"in {100 * level:.0f}%", "width")]


def _row(name: str, *cells: str) -> str:
    return f"  {name:<15}" + "".join(
        f"{cell:>{width}}" for cell, width in zip(cells, _WIDTHS, strict=False)
    )


_WIDTHS = (6, 7, 7, 7, 7, 7, 7, 7, 7)


def _score(score: Score) -> str:
    intervals = [text for i in score.intervals for text in (_share(i.coverage), _number(i.width))]
    return _row(
        score.learner,
        str(score.rows),
        _number(score.median_error),
        _number(score.p90_error),
        _share(score.within),
        "-" if score.spearman is None else f"{score.spearman:.2f}",
        *intervals,
    )


def _granted(scores: Sequence[Score]) -> Iterator[str]:
    """Says of which targets too few groups were left for a level."""
    for nominal in LEVELS:
        given = {s.target: i.level for s in scores for i in s.intervals if i.nominal == nominal}
        fewer = {t: g for t, g in given.items() if g is None or g < nominal - 1e-9}
        if not fewer:
            continue
        words = {target: _level(level) for target, level in fewer.items()}
        alike = len(set(words.values())) == 1 and len(words) == len(given)
        told = [
            word if alike else f"{_UNITS[target].split(',')[0]} {word}"
            for target, word in words.items()
        ]
        text = f"Asked at {100 * nominal:.0f} %, given {', '.join(dict.fromkeys(told))}: "
        text += "what was learned from supports no more."
        lines = fill(text, width=80, initial_indent="  ", subsequent_indent="  ")
        yield lines.replace("\N{NO-BREAK SPACE}", " ")


def _level(granted: float | None) -> str:
    """Stays on one line when the sentence is filled."""
    text = "not at all" if granted is None else f"at {100 * granted:.1f} %"
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _regrets(found: Sequence[Regret]) -> Iterator[str]:
    if not found:
        return
    choices = [choice for choice in CHOICES if any(r.choice == choice for r in found)]
    yield ""
    yield f"Picks under {max(r.questions for r in found):,} random limit sets"
    yield f"  {'':<16}" + "".join(f"{_CHOSEN[choice]:>29}" for choice in choices)
    yield f"  {'':<16}" + _cells("silent", "breaks", "regret", "charged") * len(choices)
    for adviser in dict.fromkeys(r.adviser for r in found):
        costs = {r.choice: r for r in found if r.adviser == adviser}
        yield f"  {adviser:<16}" + "".join(_cost(costs[choice]) for choice in choices)
    yield "  silent: no pick; breaks: of the picks; regret: points behind the oracle where"
    yield "  the limits are kept; charged: over all questions, no pick or a break counted"
    yield "  as the worst feasible choice."


def _curves(points: Sequence[Point]) -> Iterator[str]:
    if not points:
        return
    yield ""
    yield "Latency of a left-out device after some probes, %"
    heads = [head for level in LEVELS for head in (f"in {100 * level:.0f}%", "ends x")]
    yield _probe_row("", "probes", "cells", "median", "90th", f"±{WITHIN:.0f} %", "rank", *heads)
    for point in points:
        yield _probe_row(
            point.device if point.probes == points[0].probes else "",
            str(point.probes),
            str(point.rows),
            _number(point.median_error),
            _number(point.p90_error),
            _share(point.within),
            f"{point.spearman:.2f}",
            *(
                text
                for coverage, width in zip(point.coverage, point.width, strict=True)
                for text in (_share(coverage), _number(width) if width < FAR else f">{FAR}")
            ),
        )
    yield "  probes: cells of the device learned from, chosen as `dlmo-measure probe` does;"
    yield "  ends x: upper over lower end of the interval, median."


FAR = 9999
"""Above it the ends of an interval say nothing."""


def _probe_row(name: str, *cells: str) -> str:
    widths = (7, 6, 7, 7, 6, 6, 7, 7, 7, 7)
    texts = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
    return f"{name:<20.20}{''.join(texts)}".rstrip()


_CHOSEN = {"any": "among all candidates", "left out": "among those left out"}


def _cost(cost: Regret) -> str:
    shares = (f"{100 * cost.silent:.1f}%", f"{100 * cost.breaks:.1f}%")
    return _cells(*shares, _number(cost.regret, 2), _number(cost.charged, 2))


def _cells(*texts: str) -> str:
    return "".join(f"{text:>{width}}" for text, width in zip(texts, (7, 7, 7, 8), strict=True))


def _share(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f}%"


def _number(value: float | None, digits: int = 1) -> str:
    if value is None:
        return "-"
    return f"{value:.{digits}f}" if abs(value) < 1000 else f"{value:,.0f}"
