"""Filled tables as text: for a terminal, Markdown, LaTeX, or CSV for a machine."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from measurements.errors import UnknownNameError, known
from measurements.tables import Cell, Table

WIDTH = 80
"""Columns of a terminal that every line fits into."""

BESIDE = "paper"
"""Heading of the published values."""


def terminal(tables: Iterable[Table]) -> str:
    """Aligned text, no line longer than `WIDTH`; the halves of a compared table one by one."""
    return "\n".join(block for table in tables for block in _blocks(table))


def markdown(tables: Iterable[Table]) -> str:
    """GitHub's tables: one line of headings, with the task in each."""
    blocks = []
    for table in tables:
        heads = [" ".join(filter(None, head)) for head in _heads(table)]
        lines = [
            f"**Table {table.number}. {table.title}.**",
            "",
            _piped([" ".join(table.corner), *heads]),
            _piped([":--", *("--:" for _ in heads)]),
            *(_piped([label, *_texts(cells, table)]) for label, cells in table.rows),
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def latex(tables: Iterable[Table]) -> str:
    r"""`table` environments that need no package; numbers in right-aligned columns."""
    blocks = []
    for table in tables:
        first, *others = _head_lines(table)
        lines = [
            r"\begin{table}",
            rf"\caption{{{table.title} (Table {table.number}).}}",
            rf"\begin{{tabular}}{{l{'r' * (len(first) - 1)}}}",
            r"\hline",
            *map(_ampersands, [_spanning(first) if others else first, *others]),
            r"\hline",
            *(_ampersands([label, *_texts(cells, table)]) for label, cells in table.rows),
            r"\hline",
            r"\end{tabular}",
            r"\end{table}",
        ]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def comma_separated(tables: Iterable[Table]) -> str:
    """One line for each cell; numbers without thousands separators."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("table", "row", "group", "column", "unit", "value", "published"))
    for table in tables:
        for label, cells in table.rows:
            for column, cell in zip(table.columns, cells, strict=True):
                head = (column.group, column.title, column.unit.strip("()"))
                numbers = (cell.value.replace(",", ""), cell.published.replace(",", ""))
                writer.writerow((table.number, label, *head, *numbers))
    return text.getvalue()


FORMATS: dict[str, Callable[[Iterable[Table]], str]] = {
    "terminal": terminal,
    "md": markdown,
    "csv": comma_separated,
    "latex": latex,
}
"""Name of a format -> tables as its text."""


def typeset(tables: Iterable[Table], form: str) -> str:
    """The tables in a format.

    Args:
        tables: as `measurements.tables.fill` gives them.
        form: one of `FORMATS`.

    Raises:
        UnknownNameError: naming the known formats.
    """
    if form not in FORMATS:
        raise UnknownNameError(f"unknown format '{form}'{known(form, FORMATS)}")
    return FORMATS[form](tables)


def _heads(table: Table) -> Iterator[tuple[str, ...]]:
    """Lines over each printed column, as many as the corner has; the group comes first.

    A compared table has two printed columns for each of its own.
    """
    for column in table.columns:
        lines = (column.group, column.title, column.unit)
        yield lines if len(table.corner) == len(lines) else (column.title,)
        if table.compared:
            yield column.group, column.title, BESIDE


def _head_lines(table: Table) -> Iterator[tuple[str, ...]]:
    """The same line by line, each with its piece of the corner first."""
    return zip(table.corner, *_heads(table), strict=True)


def _spanning(line: Sequence[str]) -> list[str]:
    """A line of headings for LaTeX, equal neighbours joined."""
    corner, *heads = line
    spans = [(head, len(list(members))) for head, members in groupby(heads)]
    return [corner, *(rf"\multicolumn{{{count}}}{{c}}{{{head}}}" for head, count in spans)]


def _texts(cells: Iterable[Cell], table: Table) -> list[str]:
    return [
        text
        for cell in cells
        for text in ((cell.value, cell.published) if table.compared else (cell.value,))
    ]


def _piped(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _ampersands(texts: Iterable[str]) -> str:
    return " & ".join(text.replace("%", r"\%") for text in texts) + r" \\"


def _blocks(table: Table) -> Iterator[str]:
    """The caption, then the groups of columns: side by side, or stacked in a compared table."""
    yield f"Table {table.number}. {table.title}."
    labels = _justified([*table.corner, *(label for label, _ in table.rows)], str.ljust)
    groups = list(_groups(table))
    for together in [[group] for group in groups] if table.compared else [groups]:
        lines = zip(labels, *together, strict=True)
        yield "\n".join("   ".join(parts).rstrip() for parts in lines) + "\n"


def _groups(table: Table) -> Iterator[list[str]]:
    """Neighbouring columns of the same group, as lines of aligned text under its name."""
    columns = zip(_heads(table), *(_texts(cells, table) for _, cells in table.rows), strict=True)
    for group, members in groupby(columns, key=lambda column: column[0][:-1][:1]):
        aligned = [_justified([*head[len(group) :], *body], str.rjust) for head, *body in members]
        lines = ["  ".join(parts) for parts in zip(*aligned, strict=True)]
        yield _justified([*group, *lines], str.ljust)


def _justified(texts: Sequence[str], justify: Callable[[str, int], str]) -> list[str]:
    width = max(map(len, texts))
    return [justify(text, width) for text in texts]
