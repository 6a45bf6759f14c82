"""The paper's Tables 5-14, filled from measurements of any device beside the published values.

What a table shows is in `measurements.layout`, how it is set on a page in
`measurements.typesetting`.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from measurements.errors import UnknownNameError, known
from measurements.layout import Half, Layout, Line, layouts
from measurements.record import Measurement
from measurements.strategy import Strategy
from measurements.subject import networks

PUBLISHED = "sensors-2022"
"""The device whose measurements the paper prints."""

FIRST_WITH_COMMAS = 10_000
"""Smallest size, kB, that the paper prints with a thousands separator."""

FIRST_WITH_DECIMALS = 10
"""Smallest latency, ms, that is printed with one decimal; below it, three digits."""

Records = Sequence[Measurement]
Cells = Mapping[tuple[str, str, str, str], Records]
"""(device, task, network, strategy) -> what was measured there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Head of a column: up to three lines, as the paper sets them."""

    group: str = ""
    """First line, shared by neighbours: the task."""
    title: str
    """Second line."""
    unit: str = ""
    """Third line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value as printed; empty where there is none."""

    value: str = ""
    """On the device asked for."""
    published: str = ""
    """In the paper; empty on the paper's own device."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A filled table."""

    number: int
    """The paper's."""
    title: str
    """Caption."""
    corner: tuple[str, ...]
    """Lines over the labels."""
    columns: tuple[Column, ...]
    """Heads."""
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    """Label, and one cell for each column."""
    compared: bool = False
    """Published values stand beside the measured ones."""


def fill(records: Iterable[Measurement], device: str = PUBLISHED) -> list[Table]:
    """Fill the paper's tables.

    A cell with several records (seeds, repeats) shows their median; failed ones don't count, noisy
    latencies only where there is no quiet one. The size of a pruned strategy is the compressed one
    and that of every other the stored one, as in the paper, where the records have it.

    Args:
        records: of any devices; those of the paper's device are the published values.
        device: name of the device to show.

    Returns:
        One table for each layout, cells without a measurement empty.

    Raises:
        UnknownNameError: when nothing was measured on the device.
    """
    cells: defaultdict[tuple[str, str, str, str], list[Measurement]] = defaultdict(list)
    devices = set()
    for record in records:
        devices.add(record.device)
        if not record.failure:
            cells[record.device, record.task, record.network, record.strategy].append(record)
    if device not in devices:
        raise UnknownNameError(f"no measurement of device '{device}'{known(device, devices)}")
    return [
        _facts(layout) if layout.facts else _results(layout, device, cells) for layout in layouts()
    ]


def _facts(layout: Layout) -> Table:
    def cells(network: str) -> Iterator[Cell]:
        for fact in layout.facts:
            value = getattr(networks()[network], fact.field)
            text = "" if value is None else f"{value * fact.scale:.{fact.digits}f}{fact.unit}"
            yield Cell(value=text)

    return Table(
        number=layout.number,
        title=layout.title,
        corner=("Network",),
        columns=tuple(Column(title=fact.title) for fact in layout.facts),
        rows=tuple((line.label, tuple(cells(line.network))) for line in layout.lines),
    )


def _results(layout: Layout, device: str, cells: Cells) -> Table:
    compared = device != PUBLISHED

    def row(line: Line) -> Iterator[Cell]:
        for half in layout.halves:
            slug = Strategy.parse(f"kd+{line.strategy}" if half.distilled else line.strategy).slug
            shown, printed = (
                cells.get((d, half.task, line.network, slug), ()) for d in (device, PUBLISHED)
            )
            for _, _, text in QUANTITIES:
                yield Cell(
                    value=text(shown, half), published=text(printed, half) if compared else ""
                )

    return Table(
        number=layout.number,
        title=layout.title,
        corner=("DLMO", "Eval", "Setup"),
        columns=tuple(
            Column(group=half.title, title=title, unit=unit)
            for half in layout.halves
            for title, unit, _ in QUANTITIES
        ),
        rows=tuple((line.label, tuple(row(line))) for line in layout.lines),
        compared=compared,
    )


def _accuracy(records: Records, _: Half) -> str:
    values = [record.accuracy for record in records if record.accuracy is not None]
    return f"{round(statistics.median(values) * 100, 9):.1f}" if values else ""


def _size(records: Records, half: Half) -> str:
    values = [size for record in records if (size := _printed_size(record)) is not None]
    if not values:
        return ""
    kilobytes = round(statistics.median(values) / 1000)
    return f"{kilobytes:,}" if half.commas and kilobytes >= FIRST_WITH_COMMAS else f"{kilobytes}"


def _printed_size(record: Measurement) -> float | None:
    if Strategy.parse(record.strategy).pruned or record.file_bytes is None:
        return record.size_bytes
    return record.file_bytes


def _latency(records: Records, _: Half) -> str:
    timed = [record for record in records if record.latencies_s]
    quiet = [record for record in timed if not record.noisy] or timed
    values = [record.latency_s for record in quiet if record.latency_s is not None]
    if not values:
        return ""
    milliseconds = statistics.median(values) * 1000
    if milliseconds < FIRST_WITH_DECIMALS:
        return f"{milliseconds:.3g}"
    return f"{milliseconds:.1f}".removesuffix(".0")


QUANTITIES: tuple[tuple[str, str, Callable[[Records, Half], str]], ...] = (
    ("Acc", "(%)", _accuracy),
    ("Size", "(KB)", _size),
    ("Lat", "(ms)", _latency),
)
"""Columns of results: heading, unit, and the text of a cell."""
