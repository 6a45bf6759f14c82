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


def kilobytes(value: float) -> str:
    """`547 kB`, `94.1 MB`."""
    return f"{number(value / 1000)} MB" if abs(value) >= 10_000 else f"{number(value)} kB"


def milliseconds(value: float) -> str:
    """`2 ms`, `1.82 s`."""
    return f"{number(value / 1000)} s" if abs(value) >= 1000 else f"{number(value)} ms"


def percent(value: float) -> str:
    """`68.7%`: one decimal."""
    return f"{value:.1f}%" if math.isfinite(value) else "unknown"


def points(value: float) -> str:
    """`1 point`, `3.4 points`: a difference of accuracies."""
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
    return f"{rough:,.6g} {limit.unit}"


def candidate(network: str, strategy: str) -> str:
    """`vgg PRN`: the network and the paper's name of the setup."""
    return f"{network} {Strategy.parse(strategy).setup}"
