"""Published tables: CSV files with one row for each measurement."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from measurements.errors import DatasetError, known
from measurements.mapping import Publication
from measurements.origin import Origin, RefusedRowError, Rows, slug
from measurements.record import Measurement
from measurements.strategy import Strategy
from measurements.subject import published

NEEDED = ("source", "network", "technique", "dataset")
"""Columns that a table must have."""

NUMBERS = ("accuracy_pct", "size_kb", "latency_ms", "peak_ram_kb", "flash_kb", "params", "macs")
"""Columns of numbers; empty cells are unknown values."""

LARGEST = 10**18
"""No count, size or time of a network is larger; `1e999999999` would fill the memory."""

COLUMNS = (*NEEDED, "device", *NUMBERS, "notes")
"""Columns that a table may have."""


def is_table(text: str) -> bool:
    """Whether the text is a CSV that means to be such a table."""
    head = text.partition("\n")[0].split(",")
    return len({word.strip(' "\r') for word in head} & set(COLUMNS)) >= 2


def rows(text: str, origin: Origin) -> Rows:
    """The rows of a table.

    Args:
        text: the file.
        origin: where it comes from.

    Raises:
        DatasetError: when it is not a CSV, or its columns are not those of `COLUMNS`.
    """
    lines = text.splitlines(keepends=True)
    reader = csv.reader(lines, strict=True)
    start = 0
    header: list[str] = []
    try:
        for cells in reader:
            row = "".join(lines[start : reader.line_num]).rstrip("\r\n")
            line, start = start + 1, reader.line_num
            if not header:
                header = _header(cells, origin)
            elif cells:
                yield line, partial(_measurement, header, cells, row, line, origin)
    except csv.Error as error:
        raise DatasetError(f"{origin.path}: line {reader.line_num}: {error}") from None


def _header(cells: list[str], origin: Origin) -> list[str]:
    header = [word.strip() for word in cells]
    for name in NEEDED:
        if name not in header:
            raise DatasetError(f"{origin.path}: line 1: no column '{name}'")
    for name in header:
        if name not in COLUMNS or header.count(name) > 1:
            raise DatasetError(
                f"{origin.path}: line 1: unknown or second column '{name}'{known(name, COLUMNS)}"
            )
    return header


def _measurement(
    header: list[str], cells: list[str], row: str, line: int, origin: Origin
) -> Measurement:
    if len(cells) != len(header):
        raise RefusedRowError(f"{len(cells)} cells under {len(header)} columns")
    row_of = dict(zip(header, (cell.strip() for cell in cells), strict=True))
    network = slug(row_of["network"], "_")
    if not network:
        raise RefusedRowError("column 'network' is empty")
    words = origin.words
    source = words.sources.get(row_of["source"], Publication())
    numbers = {name: _number(name, row_of.get(name, "")) for name in NUMBERS}
    if all(numbers[name] is None for name in ("accuracy_pct", "size_kb", "latency_ms")):
        raise RefusedRowError("neither accuracy nor size nor latency in it")
    size = _scaled(numbers["size_kb"], words.kilobyte)
    compressed = bool(source.compressed) and source.compressed in row_of.get("notes", "")
    return Measurement(
        task=_task(row_of["dataset"], origin),
        network=network + source.suffix,
        strategy=_strategy(row_of["technique"], origin),
        device=_device(row_of, source, origin),
        accuracy=_scaled(numbers["accuracy_pct"], Decimal("0.01")),
        file_bytes=None if compressed else size,
        compressed_bytes=size if compressed else None,
        latencies_s=() if (v := _scaled(numbers["latency_ms"], Decimal("0.001"))) is None else (v,),
        ram_bytes=_scaled(numbers["peak_ram_kb"], words.kilobyte),
        source=source.citation or row_of["source"],
        source_row=row,
        suspect=_suspect(row_of["technique"], numbers, source, origin),
        environment={**_facts(row_of, numbers, source), "imported": origin.at(line)},
    )


def _number(name: str, text: str) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        raise RefusedRowError(f"column '{name}': '{text}' is not a number") from None
    if number is not None and not (number.is_finite() and 0 <= number <= LARGEST):
        raise RefusedRowError(f"column '{name}': {text} is not a number from 0 to {LARGEST}")
    return number


def _scaled(number: Decimal | None, factor: Decimal | int) -> float | None:
    """In decimals, so that 71.9 % is 0.719."""
    return None if number is None else float(number * factor)


def _strategy(technique: str, origin: Origin) -> str:
    words = origin.words
    if technique in words.refused.techniques:
        raise RefusedRowError(f"technique '{technique}': {words.refused.techniques[technique]}")
    if technique not in words.techniques:
        raise RefusedRowError(
            f"technique '{technique}' is not in the mapping{known(technique, words.techniques)}"
        )
    return Strategy.parse(words.techniques[technique]).slug


def _task(dataset: str, origin: Origin) -> str:
    if dataset in origin.words.refused.tasks:
        raise RefusedRowError(f"dataset '{dataset}': {origin.words.refused.tasks[dataset]}")
    return origin.words.tasks.get(dataset, slug(dataset, "-"))


def _device(row: Mapping[str, str], source: Publication, origin: Origin) -> str:
    """Named after the source where nobody says: what was not timed has no real device."""
    named = slug(row.get("device", ""), "-")
    return named or origin.device or source.device or slug(row["source"], "-")


def _suspect(
    technique: str, numbers: Mapping[str, Decimal | None], source: Publication, origin: Origin
) -> dict[str, str]:
    reasons = {**source.suspect, **origin.words.suspect.get(technique, {})}
    columns = {"accuracy": "accuracy_pct", "size": "size_kb", "latency": "latency_ms"}
    return {q: why for q, why in reasons.items() if numbers.get(columns.get(q, "")) is not None}


def _facts(
    row: Mapping[str, str], numbers: Mapping[str, Decimal | None], source: Publication
) -> dict[str, Any]:
    """Facts of the network that carry predictions where its name does not, and the notes."""
    counted = published().get(slug(row["network"], "_"), {}) if source.counted else {}
    pattern = re.search(source.input_pattern, row["network"]) if source.input_pattern else None
    facts = {
        "params": None if (n := numbers["params"]) is None else int(n),
        "macs": None if (n := numbers["macs"]) is None else int(n),
        "input": int(pattern[1]) if pattern else source.input,
        "flash_kb": None if (n := numbers["flash_kb"]) is None else float(n),
        "notes": row.get("notes") or None,
        "device": row.get("device") or None,
    }
    return {**counted, **{name: value for name, value in facts.items() if value is not None}}
