"""What an audit found, as text."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from measurements.terminal import printable
from recommender.report.as_markdown import escaped
from recommender.report.as_table import WIDTH
from rules.audit import Finding

COLUMNS = ("remark", "about", "verdict", "measured")

SCHEMA = "dlmo.audit/1"


def as_table(findings: Sequence[Finding]) -> str:
    """For a terminal or a pipe, 80 columns wide; a table for each device."""
    file = io.StringIO()
    console = Console(file=file, width=WIDTH, color_system=None, highlight=False, markup=False)
    for device, rows in _by_device(findings):
        console.print(f"\n{device}" if file.tell() else device)
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1), show_edge=False)
        for column in COLUMNS:
            table.add_column(column, no_wrap=column != "measured")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    lines = printable(file.getvalue()).split("\n")[:-1]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def as_markdown(findings: Sequence[Finding]) -> str:
    """GitHub-flavoured Markdown; names are escaped."""
    parts = []
    for device, rows in _by_device(findings):
        lines = [f"| {' | '.join(COLUMNS)} |", f"|{' --- |' * len(COLUMNS)}"]
        lines += [f"| {' | '.join(map(escaped, row))} |" for row in rows]
        parts += [f"### {escaped(device)}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def as_json(findings: Sequence[Finding]) -> str:
    """Every finding with its pairs, interval and rows."""
    content = {"schema": SCHEMA, "findings": [finding.to_dict() for finding in findings]}
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


FORMATS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "table": as_table,
    "json": as_json,
    "markdown": as_markdown,
}
"""Name on the command line -> the function that writes an audit."""


def _by_device(findings: Sequence[Finding]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    """Each device with its rows under `COLUMNS`; a remark's id stands on its first row only."""
    for device, found in groupby(sorted(findings, key=lambda f: f.device), lambda f: f.device):
        rows: list[tuple[str, ...]] = []
        for remark, parts in groupby(found, lambda f: f.remark):
            for i, part in enumerate(parts):
                rows.append((remark if i == 0 else "", part.quantity, part.verdict, part.words))
        yield device, rows
