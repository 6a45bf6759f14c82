"""Quantities and candidates as people read them."""

from __future__ import annotations

import math

from measurements.strategy import Strategy
from recommender.constraints import Limit


def number(value: float) -> str:
    """Three significant digits, thousands with commas, never an exponent."""
    if not math.isfinite(value):
        return "unknown"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def kilobytes(value: float, *ends: float) -> str:
    """`547 kB`, `94.1 MB`; with the ends of an interval `547 kB [530-560]`."""
    large = abs(value) >= 10_000
    return _with_ends(value, ends, 1000 if large else 1, " MB" if large else " kB")


def milliseconds(value: float, *ends: float) -> str:
    """`2 ms`, `1.82 s`; with the ends of an interval `1.82 s [1.7-2]`."""
    large = abs(value) >= 1000
    return _with_ends(value, ends, 1000 if large else 1, " s" if large else " ms")


def percent(value: float, *ends: float) -> str:
    """`68.7%`: one decimal; with the ends of an interval `68.7% [67-70.1]`."""
    # As Python rounds, not as numpy does, which makes 71.65 a tie.
    return _with_ends(
        round(float(value), 1), tuple(round(float(e), 1) for e in ends), 1, "%", digits=1
    )


def _with_ends(
    value: float, ends: tuple[float, ...], unit: int, name: str, digits: int | None = None
) -> str:
    """A quantity in its unit, and the ends of its interval in the same."""
    if not math.isfinite(value):
        return "unknown"
    text = number(value / unit) if digits is None else f"{value:.{digits}f}"
    inside = "-".join(number(end / unit) for end in ends)
    return f"{text}{name} [{inside}]" if ends else f"{text}{name}"


def points(value: float) -> str:
    """`1 point`, `3.4 points`: a difference of accuracies."""
    if abs(value) < 0.05:
        return "less than 0.1 points"
    text = f"{abs(value):.1f}".removesuffix(".0")
    return f"{text} point" if text == "1" else f"{text} points"


def quantity(limit: Limit, value: float) -> str:
    """A value of what the limit bounds, with its unit."""
    return {"kB": kilobytes, "ms": milliseconds, "%": percent}[limit.unit](value)


def bound(limit: Limit, value: float) -> str:
    """A proposed value of the limit: rounded so that what needs it meets it."""
    rough = float(f"{value:.3g}")
    fits = rough >= value if limit.upper else rough <= value
    if not fits:
        step = 10.0 ** (math.floor(math.log10(abs(value))) - 2)
        rough = float(f"{rough + (step if limit.upper else -step):.6g}")
    return f"{rough:,.6g}{'' if limit.unit == '%' else ' '}{limit.unit}"


def candidate(network: str, strategy: str) -> str:
    """`vgg PRN`: the network and the paper's name of the setup."""
    return f"{network} {Strategy.parse(strategy).setup}"
