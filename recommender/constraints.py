"""Limits on what a candidate may need, and how people write them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from decimal import Decimal, InvalidOperation
from numbers import Real

from measurements.errors import known
from recommender.errors import ArgumentError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One kind of limit."""

    name: str
    """The field of `Constraints`, also the JSON key."""
    option: str
    """On the command line."""
    target: str
    """The quantity that it bounds."""
    unit: str
    """Of the quantity."""
    upper: bool
    """At most, or at least."""

    @property
    def sign(self) -> int:
        """Turns the quantity into a loss: lower is better."""
        return 1 if self.upper else -1


LIMITS: tuple[Limit, ...] = (
    Limit(name="max_size_kb", option="--max-size", target="size_kb", unit="kB", upper=True),
    Limit(
        name="max_latency_ms", option="--max-latency", target="latency_ms", unit="ms", upper=True
    ),
    Limit(
        name="min_accuracy_pct",
        option="--min-accuracy",
        target="accuracy_pct",
        unit="%",
        upper=False,
    ),
    Limit(name="max_ram_kb", option="--max-ram", target="ram_kb", unit="kB", upper=True),
)
"""Every kind of limit; arrays of limits have this order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """The limits of a question; None: no limit."""

    max_size_kb: float | None = None
    """kB of 1000 bytes; of the compressed size unless the profile says otherwise."""
    max_latency_ms: float | None = None
    """Milliseconds per image."""
    min_accuracy_pct: float | None = None
    """Per cent of the test images."""
    max_ram_kb: float | None = None
    """kB of 1000 bytes of working memory."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is None:
                continue
            if not _is_number(value) or not math.isfinite(value) or value <= 0:
                raise ArgumentError(f"{field.name} {value!r}: a finite number above 0 is wanted")
            object.__setattr__(self, field.name, float(value))  # 500 is 500.0 in every report
        if self.min_accuracy_pct is not None and self.min_accuracy_pct > 100:
            raise ArgumentError(f"min_accuracy_pct {self.min_accuracy_pct:g}: at most 100 %")

    def to_dict(self) -> dict[str, float | None]:
        """Limit -> value, in the order of `LIMITS`."""
        return {limit.name: getattr(self, limit.name) for limit in LIMITS}


def _is_number(value: object) -> bool:
    """Of Python or numpy; truth values, which Python counts among them, are none."""
    return isinstance(value, Real) and not isinstance(value, bool)


_BYTES = {"b": "0.001", "kb": "1", "mb": "1000", "gb": "1000000"} | {
    "kib": "1.024",
    "mib": "1048.576",
    "gib": "1073741.824",
}
_SECONDS = {"us": "0.001", "µs": "0.001", "μs": "0.001", "ms": "1", "s": "1000"}
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,3})?)\s*([a-zµμ%]*)\s*", re.I)


def size_kb(text: str) -> float:
    """Read a size: `500KB`, `0.5 MB`, `488KiB`; a bare number is kB.

    Returns:
        kB of 1000 bytes.

    Raises:
        ArgumentError: saying what would be accepted.
    """
    return _quantity(text, _BYTES, default="kb", what="size", example="500KB, 0.5MB or 488KiB")


def latency_ms(text: str) -> float:
    """Read a latency: `50ms`, `0.05s`, `800us`; a bare number is ms.

    Raises:
        ArgumentError: saying what would be accepted.
    """
    return _quantity(text, _SECONDS, default="ms", what="latency", example="50ms, 0.05s or 800us")


def accuracy_pct(text: str) -> float:
    """Read an accuracy in per cent: `90` or `90%`.

    Raises:
        ArgumentError: saying what would be accepted, also above 100.
    """
    value = _quantity(text, {"%": "1"}, default="%", what="accuracy", example="90 or 90%")
    if value > 100:
        raise ArgumentError(f"accuracy '{text}': at most 100 %")
    return value


def _quantity(text: str, units: dict[str, str], *, default: str, what: str, example: str) -> float:
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ArgumentError(f"{what} '{text}': a number with a unit is wanted, such as {example}")
    unit = match[2].lower() or default
    if unit not in units:
        raise ArgumentError(f"{what} '{text}': unknown unit '{match[2]}'{known(match[2], units)}")
    try:
        value = float(Decimal(match[1]) * Decimal(units[unit]))
    except (InvalidOperation, OverflowError):
        value = math.inf
    if not math.isfinite(value) or value <= 0:
        raise ArgumentError(
            f"{what} '{text}': a finite {what} above 0 is wanted, such as {example}"
        )
    return value
