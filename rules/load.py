"""Rules files -> `Rules`, with every mistake in them named.

The head of `remarks.toml` explains the form of a rules file. The shipped files are always loaded;
a user's own come after them and may not take their ids.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rules.claim import read_claims
from rules.condition import first_failing, read_condition, read_example
from rules.entry import Entry, written
from rules.errors import RuleError
from rules.facts import OF_CANDIDATE, OF_QUERY, OF_STRATEGY
from rules.remark import EFFECTS, Example, Remark, Rules

__all__ = ["DISTRIBUTION", "SHIPPED", "RuleError", "load", "read_file"]

HERE = Path(__file__).parent
"""The folder of the shipped rules files."""

SHIPPED = (HERE / "remarks.toml", HERE / "litert.toml")
"""The files that are always loaded."""

DISTRIBUTION = "dlmo-advisor"
"""What our own `rules/__init__.py` calls itself; another project's package does not."""

LARGEST_FILE = 1_000_000
"""Bytes above which a file is no rules file."""

FIELDS = (
    "section",
    "says",
    "when",
    "on",
    "effect",
    "weight",
    "claims",
    "untestable",
    "fires",
    "silent",
)
"""Fields of a remark."""

_ID = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")


def load(paths: Sequence[Path | str] = ()) -> Rules:
    """Load the shipped rules and the user's.

    Args:
        paths: the user's rules files, which come after the shipped ones.

    Raises:
        RuleError: naming file, remark and word of the first mistake, also when the import name
            `rules` belongs to another project's package.
    """
    _refuse_foreign_package()
    remarks: dict[str, Remark] = {}
    for path in (*SHIPPED, *(Path(p) for p in paths)):
        for remark in read_file(path):
            if remark.id in remarks:
                raise RuleError(
                    f"{remark.file}: {remark.id}: this id is taken by {remarks[remark.id].file}"
                )
            remarks[remark.id] = remark
    return Rules(remarks=tuple(remarks.values()))


def _refuse_foreign_package() -> None:
    # Two distributions that ship a folder `rules` are installed into one folder, and the
    # __init__.py of the later one wins: then this module is ours and the package is not.
    package = sys.modules["rules"]
    if getattr(package, "DISTRIBUTION", None) != DISTRIBUTION:
        raise RuleError(
            f"the package 'rules' in {HERE} is not that of {DISTRIBUTION}: another distribution "
            "that ships a 'rules' package (django-rules does) was installed over it; install "
            f"{DISTRIBUTION} into an environment of its own"
        )


def read_file(path: Path) -> list[Remark]:
    """Read the remarks of one file.

    Args:
        path: a file of the form that `remarks.toml` explains.

    Raises:
        RuleError: naming file, remark and word of the first mistake.
    """
    name = path.name if path in SHIPPED else str(path)
    content = _parse(path, name)
    file = Entry(place=name, fields=content)
    source = file.text("source")
    remarks = []
    for key, value in content.items():
        if key == "source":
            continue
        if not isinstance(value, dict):
            raise file.error(f"'{key}' must be a remark, that is a table, not {written(value)}")
        if not _ID.fullmatch(key):
            raise file.error(
                f"id {written(key)}: an id is up to 40 letters, digits, '.', '_' and '-', "
                "a letter first"
            )
        entry = Entry(place=f"{name}: {key}", fields=value)
        remarks.append(_read_remark(entry, key, source, name))
    if not remarks:
        raise file.error("there is no remark in it")
    return remarks


def _parse(path: Path, name: str) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise RuleError(f"{name}: can't be read: {error.strerror}") from None
    except ValueError as error:
        raise RuleError(f"{name!r}: no file has such a name: {error}") from None
    if len(content) > LARGEST_FILE:
        raise RuleError(f"{name}: larger than {LARGEST_FILE} bytes: no rules file")
    try:
        return tomllib.loads(content.decode())
    except UnicodeDecodeError:
        raise RuleError(f"{name}: not a text in UTF-8: no rules file") from None
    except (ValueError, RecursionError) as error:
        raise RuleError(f"{name}: not TOML: {error}") from None


def _read_remark(entry: Entry, name: str, source: str, file: str) -> Remark:
    entry.refuse_others(FIELDS)
    effect = entry.word("effect", EFFECTS)
    on = read_condition(entry.table("on"), OF_STRATEGY if effect == "recommend" else OF_CANDIDATE)
    remark = Remark(
        id=name,
        source=f"{source}, {entry.text('section')}",
        says=entry.text("says"),
        when=read_condition(entry.table("when"), OF_QUERY),
        on=on,
        effect=effect,
        weight=_read_weight(entry, effect),
        claims=read_claims(entry, on),
        untestable="" if "claims" in entry.fields else entry.text("untestable"),
        examples=(
            *(read_example(example, fires=True) for example in entry.tables("fires")),
            *(read_example(example, fires=False) for example in entry.tables("silent")),
        ),
        file=file,
    )
    for example in remark.examples:
        _check_example(entry, remark, example)
    return remark


def _read_weight(entry: Entry, effect: str) -> float:
    usual = EFFECTS[effect]
    weight = entry.number("weight")
    if weight is None:
        return usual
    if usual == 0:
        raise entry.error(f"a remark that only says '{effect}' has no 'weight'")
    if not 0 < weight <= 1:
        raise entry.error(
            f"'weight' must be above 0 and at most 1, not {weight}; the effect gives it its sign"
        )
    return weight if usual > 0 else -weight


def _check_example(entry: Entry, remark: Remark, example: Example) -> None:
    if remark.fires(example.facts) == example.fires:
        return
    if example.fires:
        why = first_failing((*remark.when.terms, *remark.on.terms), example.facts)
        raise entry.error(f"must fire in {example.text}, but stays silent: {why}")
    raise entry.error(f"must stay silent in {example.text}, but fires")
