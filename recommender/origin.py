"""Where an advisor's records and rules were read from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The paths that were asked for; none stands for what comes with the package."""

    measurements: tuple[str, ...] = ()
    """As `Advisor.load` takes them."""
    rules: tuple[str, ...] = ()
    """Files of rules beside the shipped ones."""

    @classmethod
    def of(cls, measurements: Iterable[Path | str], rules: Iterable[Path | str]) -> Origin:
        """The origin with its paths as text."""
        return cls(measurements=tuple(map(str, measurements)), rules=tuple(map(str, rules)))
