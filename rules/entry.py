"""One table of a rules file, with the words to say where in the file it stands."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from measurements.errors import known
from rules.errors import RuleError


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A table whose fields are checked as they are read. Every method may raise `RuleError`."""

    place: str
    """Where it stands, for errors: `remarks.toml: R2: claim 1`."""
    fields: Mapping[str, Any]
    """As the file has them."""

    def error(self, text: str) -> RuleError:
        """An error about this table."""
        return RuleError(f"{self.place}: {text}")

    def refuse_others(self, names: Iterable[str]) -> None:
        """Refuse a field that is not among these names."""
        words = list(names)
        for field in self.fields:
            self.one_of(field, words, "field")

    def one_of(self, word: object, words: Iterable[str], noun: str) -> str:
        """A word of a closed list."""
        names = list(words)
        if isinstance(word, str) and word in names:
            return word
        if not isinstance(word, str):
            raise self.error(f"{noun} must be a word, not {written(word)}{known('', names)}")
        raise self.error(f"unknown {noun} {written(word)}{known(word, names)}")

    def word(self, field: str, words: Iterable[str]) -> str:
        """A required field that holds a word of a closed list."""
        return self.one_of(self._required(field), words, field)

    def text(self, field: str) -> str:
        """A required field that holds a sentence."""
        value = self._required(field)
        if not isinstance(value, str) or not value.strip():
            raise self.error(f"'{field}' must be a text, not {written(value)}")
        return value.strip()

    def number(self, field: str) -> float | None:
        """An optional field that holds a finite number."""
        value = self.fields.get(field)
        if value is None or is_number(value):
            return value
        raise self.error(f"'{field}' must be a number, not {written(value)}")

    def truth(self, field: str) -> bool:
        """An optional field that holds true or false; false when it is not there."""
        value = self.fields.get(field, False)
        if isinstance(value, bool):
            return value
        raise self.error(f"'{field}' must be true or false, not {written(value)}")

    def table(self, field: str) -> Entry:
        """An optional field that holds a table; an empty one when it is not there."""
        return self._inner(field, self.fields.get(field, {}))

    def tables(self, field: str) -> list[Entry]:
        """A required field that holds a list of tables, at least one."""
        value = self._required(field)
        if not isinstance(value, list) or not value:
            raise self.error(f"'{field}' must be a list of tables, not {written(value)}")
        return [self._inner(f"{field} {n}", inner) for n, inner in enumerate(value, start=1)]

    def _required(self, field: str) -> Any:
        if field not in self.fields:
            raise self.error(f"'{field}' is missing")
        return self.fields[field]

    def _inner(self, name: str, value: object) -> Entry:
        if not isinstance(value, dict):
            raise self.error(f"'{name}' must be a table, not {written(value)}")
        return Entry(place=f"{self.place}: {name}", fields=value)


def is_number(value: object) -> bool:
    """Whether it is a finite number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def written(value: object) -> str:
    """A value of a file as errors show it: near to what the file says, and short."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {written(v)}" for k, v in value.items()) + " }"
    text = f"'{value}'" if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:77]}…"
