"""Finished cells and missing ones as columns that people read, in the 80 of a terminal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import groupby, zip_longest

from measurements.record import Measurement
from measurements.timing import median_interval, percentile

HEAD = ("", "acc %", "kB", "gzip kB", "ms", "95% of it", "p95", "p99", "RAM kB", "")
"""Of a block: stored and compressed size, median latency and its bootstrap interval, percentiles of
single inferences, working memory, and whether the machine was busy."""


def blocks(records: Sequence[Measurement]) -> list[str]:
    """A block for each network, task, device and seed: a row for each strategy.

    Args:
        records: what was measured, in any order.
    """
    lines: list[str] = []
    for (network, task, device, seed), group in groupby(sorted(records, key=_block), key=_block):
        rows = list(group)
        lines += ["", f"{network} on {task}, {device}, seed {seed}"]
        if measured := [row for row in rows if not row.failure]:
            lines += columns([HEAD, *(_cells(row) for row in measured)])
        lines += [f"{row.strategy} failed: {row.failure}" for row in rows if row.failure]
    return lines[1:]


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as aligned lines: words to the left, figures to the right; a row may end early."""
    sides = list(zip_longest(*rows, fillvalue=""))
    widths = [max(map(len, side)) for side in sides]
    left = [not any(cell[:1].isdigit() for cell in side) for side in sides]
    return [
        "  ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=False)
            if width
        ).rstrip()
        for row in rows
    ]


def _block(record: Measurement) -> tuple[str, str, str, int]:
    return record.network, record.task, record.device, record.seed or 0


def _cells(record: Measurement) -> tuple[str, ...]:
    milliseconds = [seconds * 1e3 for seconds in record.latencies_s]
    singles = [seconds * 1e3 for seconds in record.single_latencies_s]
    ends = median_interval(milliseconds) if milliseconds else ()
    sizes = (record.file_bytes, record.compressed_bytes, record.ram_bytes)
    stored, compressed, ram = (_short(None if b is None else b / 1000) for b in sizes)
    return (
        record.strategy,
        "" if record.accuracy is None else f"{record.accuracy:.2%}"[:-1],
        stored,
        compressed,
        _short(statistics.median(milliseconds) if milliseconds else None),
        "-".join(_short(end) for end in ends),
        *(_short(percentile(singles, share) if singles else None) for share in (0.95, 0.99)),
        ram,
        "noisy" if record.noisy else "",
    )


def _short(value: float | None) -> str:
    """Three digits, or all before the point; empty when unknown."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:#.3g}"
