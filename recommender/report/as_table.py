"""The answer for a terminal or a pipe, 80 columns wide unless there is more room."""

from __future__ import annotations

import io
import textwrap
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from measurements.terminal import printable
from recommender.advice import Advice
from recommender.report import outline

WIDTH = 80


def as_table(advice: Advice, *, width: int = WIDTH, colour: bool = False) -> str:
    """The answer as text.

    Args:
        advice: the answer.
        width: columns to use.
        colour: with escape sequences for a terminal.
    """
    file = io.StringIO()
    console = Console(
        file=file,
        width=width,
        force_terminal=colour,
        no_color=not colour,
        color_system="standard" if colour else None,
        highlight=False,
        emoji=False,
        markup=False,
    )
    content = advice.to_dict()
    console.print(Text(outline.question(advice), style="dim"))
    console.print()
    console.print(
        Text(outline.headline(advice), style="bold green" if advice.feasible else "bold red")
    )
    if advice.feasible:
        _bullets(console, content["pick"]["reasons"])
        _candidates(console, advice, content)
    _section(console, "Just outside the limits", map(outline.near_miss, content["near_misses"]))
    _section(
        console,
        "What looser limits buy" if advice.feasible else "What would make something feasible",
        outline.relaxations(advice, content["relaxations"]),
    )
    _section(console, "What the sources say", map(outline.remark, outline.remarks(advice)))
    for warning in filter(None, (outline.doubt(advice), outline.stale(advice))):
        console.print()
        console.print(Text(warning, style="yellow"))
    console.print()
    console.print(Text(outline.basis(advice), style="dim"))
    lines = printable(file.getvalue(), colour=colour).split("\n")[:-1]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _candidates(console: Console, advice: Advice, content: dict[str, Any]) -> None:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
    for column in outline.columns(advice):
        table.add_column(column, justify="left", overflow="fold")
    table.add_row(*outline.cells(advice, content["pick"]), style="bold")
    for rival in content["alternatives"]:
        table.add_row(*outline.cells(advice, rival))
    console.print()
    console.print(table)
    _section(
        console,
        "Why not",
        [f"{outline.name(c)}: {c['reasons'][1]}" for c in content["alternatives"]],
    )


def _section(console: Console, title: str, lines: Any) -> None:
    texts = list(lines)
    if texts:
        console.print()
        console.print(Text(title, style="bold"))
        _bullets(console, texts)


def _bullets(console: Console, texts: list[str]) -> None:
    for text in texts:
        for line in textwrap.wrap(
            text, console.width, initial_indent="  - ", subsequent_indent="    "
        ):
            console.print(Text(line))
