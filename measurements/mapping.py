"""What the words of other people's tables stand for; mappings are data (`data/techniques.toml`)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from measurements.errors import DatasetError, UnknownNameError, known
from measurements.strategy import Strategy
from measurements.subject import DATA

SHIPPED = DATA / "techniques.toml"
"""The mapping of the public tables that the project was tried on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """Where rows come from: what a table's `source` column names."""

    citation: str = ""
    """The source in full; empty: its own word."""
    device: str = ""
    """The device of rows that name none; empty: named after the source."""
    suffix: str = ""
    """Added to network names: another source's ResNet50 is another network."""
    input: int | None = None
    """Rows and columns of the images, where they are the same for all networks."""
    input_pattern: str = ""
    """Regular expression that finds them in a network's name, as its first group."""
    counted: bool = False
    """Its networks are those of `data/published.toml`, where their facts were counted."""
    compressed: str = ""
    """A word in a row's notes that says that its size is that of a compressed file."""
    suspect: dict[str, str] = field(default_factory=dict)
    """Quantity -> why the source's values are not to be learned from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a .tflite file named in a benchmark's output is."""

    network: str
    """Name of the `Network`."""
    strategy: str
    """Slug of the `Strategy`, or the paper's setup."""
    task: str = ""
    """Name of the `Task`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Words whose rows are not taken -> why."""

    techniques: dict[str, str] = field(default_factory=dict)
    """Not a strategy of the grammar, or not said which."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Not a classification of images."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A mapping from the words of other people's tables."""

    kilobyte: int = 1000
    """Bytes in the unit of `size_kb`, `peak_ram_kb` and `flash_kb`."""
    techniques: dict[str, str] = field(default_factory=dict)
    """Technique -> slug of the strategy."""
    tasks: dict[str, str] = field(default_factory=dict)
    """Data set -> name of the task; others are taken as they are, in small letters."""
    sources: dict[str, Publication] = field(default_factory=dict)
    """Word in the `source` column -> what is known of it."""
    models: dict[str, Model] = field(default_factory=dict)
    """File name of a .tflite -> what it is."""
    refused: Refused = field(default_factory=Refused)
    """Rows that are not taken."""
    suspect: dict[str, dict[str, str]] = field(default_factory=dict)
    """Technique -> quantity -> why its value is not to be learned from."""


_Part = TypeVar("_Part", Publication, Model, Refused, Words)


def load(path: Path = SHIPPED) -> Words:
    """Read a mapping and check every word of it.

    Args:
        path: a TOML file; `data/techniques.toml` shows all that it may hold.

    Raises:
        DatasetError: naming the file, the place and the known words.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: can't be read: {error.strerror}") from None
    except ValueError as error:
        raise DatasetError(f"{path}: not TOML: {error}") from None
    parts = {"sources": Publication, "models": Model}
    for key, kind in parts.items():
        for name, table in _table(tables.get(key, {}), f"{path}: {key}").items():
            _check_words(kind, table, f"{path}: {key}.{name}")
    _check_words(Refused, tables.get("refused", {}), f"{path}: refused")
    words = _converted(Words, tables, str(path))
    _check_values(words, path)
    return words


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise DatasetError(f"{where}: expected a table, got {value!r}")
    return value


def _check_words(kind: type[_Part], table: object, where: str) -> None:
    names = {f.name for f in fields(kind)}
    for word in _table(table, where):
        if word not in names:
            raise DatasetError(f"{where}: unknown field '{word}'{known(word, names)}")


def _converted(kind: type[_Part], table: Mapping[str, Any], where: str) -> _Part:
    _check_words(kind, table, where)
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise DatasetError(f"{where}: {error}") from None


def _check_values(words: Words, path: Path) -> None:
    strategies = [("techniques", word, slug) for word, slug in words.techniques.items()]
    strategies += [("models", name, model.strategy) for name, model in words.models.items()]
    for table, word, slug in strategies:
        try:
            Strategy.parse(slug)
        except UnknownNameError as error:
            raise DatasetError(f"{path}: {table}: {word}: {error}") from None
    for name, source in words.sources.items():
        try:
            groups = re.compile(source.input_pattern or "()").groups
        except re.error as error:
            raise DatasetError(f"{path}: sources.{name}: input_pattern: {error}") from None
        if groups != 1:
            raise DatasetError(
                f"{path}: sources.{name}: input_pattern: {groups} groups; exactly one is needed"
            )
