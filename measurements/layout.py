"""What each of the paper's tables of results shows; the layouts are data (`data/tables.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

import msgspec

from measurements.strategy import Strategy
from measurements.subject import DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """Three columns about one task."""

    title: str
    """Heading over them."""
    task: str
    """Name of the `Task`."""
    distilled: bool = False
    """Rows are shown with the teacher added to their strategy."""
    commas: bool = True
    """Large sizes have thousands separators."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A column about the networks themselves."""

    title: str
    """Heading."""
    field: str
    """Field of `Network`."""
    scale: float
    """What the field's value is multiplied by."""
    digits: int
    """Decimals."""
    unit: str = ""
    """Written after the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row: what is measured."""

    label: str
    """First cell."""
    network: str
    """Name of the `Network`."""
    strategy: str = "nq"
    """Slug of the `Strategy`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What a table of the paper shows, and in which order."""

    number: int
    """The paper's."""
    title: str
    """Caption."""
    network: str = ""
    """The network of all rows that `setups` stands for."""
    setups: tuple[str, ...] = ()
    """Rows by the paper's setup names."""
    rows: tuple[Line, ...] = ()
    """Rows written out."""
    halves: tuple[Half, ...] = ()
    """Groups of columns."""
    facts: tuple[Fact, ...] = ()
    """Columns of network facts, in place of `halves`."""

    @property
    def lines(self) -> tuple[Line, ...]:
        """All rows, written out."""
        return self.rows + tuple(
            Line(label=setup, network=self.network, strategy=Strategy.parse(setup).slug)
            for setup in self.setups
        )


@cache
def layouts() -> tuple[Layout, ...]:
    """The layouts of the paper's tables of results, in its order."""
    with (DATA / "tables.toml").open("rb") as file:
        return msgspec.convert(tomllib.load(file)["table"], tuple[Layout, ...])
