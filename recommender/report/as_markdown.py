"""The answer for a pull request, an issue or a wiki."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from measurements.terminal import printable
from recommender.advice import Advice
from recommender.report import outline

_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|~"})


def as_markdown(advice: Advice) -> str:
    """The answer as GitHub-flavoured Markdown; names are escaped."""
    content = advice.to_dict()
    parts = [f"## {escaped(outline.headline(advice))}", escaped(outline.question(advice))]
    if advice.feasible:
        parts += [_list(content["pick"]["reasons"]), _table(advice, content)]
        parts += _section(
            "Why not",
            [f"{outline.name(c)}: {c['reasons'][1]}" for c in content["alternatives"]],
        )
    parts += _section("Just outside the limits", map(outline.near_miss, content["near_misses"]))
    parts += _section(
        "What looser limits buy" if advice.feasible else "What would make something feasible",
        outline.relaxations(advice, content["relaxations"]),
    )
    parts += _section("What the sources say", map(outline.remark, outline.remarks(advice)))
    last = [outline.doubt(advice), outline.stale(advice), outline.basis(advice)]
    parts += map(escaped, filter(None, last))
    return "\n\n".join(parts) + "\n"


def _table(advice: Advice, content: dict[str, Any]) -> str:
    rows = [content["pick"], *content["alternatives"]]
    lines = [
        f"| {' | '.join(outline.columns(advice))} |",
        f"|{' --- |' * len(outline.columns(advice))}",
        *(f"| {' | '.join(map(escaped, outline.cells(advice, row)))} |" for row in rows),
    ]
    return "\n".join(lines)


def _section(title: str, lines: Iterable[str]) -> list[str]:
    texts = list(lines)
    return [f"### {title}", _list(texts)] if texts else []


def _list(texts: Iterable[str]) -> str:
    return "\n".join(f"- {escaped(text)}" for text in texts)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return printable(" ".join(text.translate(_SPECIAL).split()))
