"""What to measure next, for a terminal or a pipe, within 80 columns."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Iterator

from recommender import wording
from recommender.next_measurement import Plan
from recommender.report.outline import asked_for

WIDTH = 80


def as_table(plan: Plan) -> str:
    """The plan as text."""
    return "".join(f"{line.rstrip()}\n" for line in _lines(plan))


def as_json(plan: Plan) -> str:
    """The plan for machines, as `Plan.to_dict`."""
    return json.dumps(plan.to_dict(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


PLAN_FORMATS: dict[str, Callable[[Plan], str]] = {"table": as_table, "json": as_json}
"""Name on the command line -> the function that writes a plan."""


def _lines(plan: Plan) -> Iterator[str]:
    yield from textwrap.wrap(asked_for(plan.profile, plan.constraints), WIDTH)
    yield ""
    if plan.pick is None:
        yield "Today nothing is feasible."
    else:
        network, strategy, evidence = plan.pick
        yield f"Today's answer: {wording.candidate(network, strategy)} ({evidence})."
    yield ""
    if not plan.measurements:
        yield "No measurement left can change this answer."
        yield from _as_far_as(plan)
        return
    yield f"{'measure next':32} {'gain':>8} {'changes it':>11} {'minutes':>9} {'gain/min':>9}"
    yield "─" * 73
    for m in plan.measurements:
        rate = m.gain / max(m.minutes, 1e-9)
        yield (
            f"{wording.candidate(m.network, m.strategy):32} {m.gain:8.2f} {m.p_change:11.0%} "
            f"{m.minutes:9.1f} {rate:9.3f}"
        )
    yield ""
    others = plan.n_open - len(plan.measurements)
    more = f" {others} more could change the answer." if others else ""
    yield from textwrap.wrap(
        "Gain: points of merit by which the advice gets better on average. Minutes: with all that "
        f"has to be trained for it.{more}",
        WIDTH,
    )
    yield from _as_far_as(plan)


def _as_far_as(plan: Plan) -> Iterator[str]:
    if plan.level < 1:
        yield from textwrap.wrap(
            "The rest is ruled out as far as predictions hold: each value within its widest "
            f"interval, {plan.level:.0%} of networks.",
            WIDTH,
        )
