"""The answer with its Pareto front drawn in letters: for a terminal, 80 columns, no colour."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from string import ascii_lowercase

import numpy as np
from numpy.typing import NDArray

from measurements.terminal import printable
from recommender import wording
from recommender.advice import Advice
from recommender.report import outline

WIDTH, HEIGHT = 72, 15
"""Cells of a plot, without its left margin."""
MARGIN = 7
RULED_OUT, PREDICTED, MEASURED = ".", "o", "x"
"""Marks of candidates off the front, the later drawn over the earlier."""

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """Values spread over cells."""

    low: float
    """Value of the first cell's near edge."""
    high: float
    """Value of the last cell's far edge."""
    cells: int
    """How many."""
    log: bool
    """By ratio, or by difference."""

    @classmethod
    def over(cls, values: FloatArray, cells: int, *, log: bool) -> Axis:
        """The axis that shows all values; those that are not finite and above 0 don't count."""
        shown = values[np.isfinite(values) & (values > 0)]
        low, high = (float(shown.min()), float(shown.max())) if len(shown) else (1.0, 2.0)
        if log:
            return cls(low=low / 1.1, high=high * 1.1, cells=cells, log=log)
        return cls(low=low - 1, high=high + 1, cells=cells, log=log)

    def cell(self, value: float) -> int | None:
        """Where a value is; None beyond the ends."""
        if not self.low <= value <= self.high:
            return None
        return min(self.cells - 1, int(self._share(value) * self.cells))

    def value(self, cell: int) -> float:
        """The value in a cell's middle."""
        share = (cell + 0.5) / self.cells
        if self.log:
            return self.low * math.pow(self.high / self.low, share)
        return self.low + (self.high - self.low) * share

    def _share(self, value: float) -> float:
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def as_plot(advice: Advice) -> str:
    """The answer with two plots, accuracy against size and against latency, and their legend."""
    content = advice.to_dict()
    size = "file_kb" if advice.profile.size_kind == "file" else "size_kb"
    limits = advice.constraints
    lines = [*_wrapped(outline.question(advice)), "", *_wrapped(outline.headline(advice))]
    for target, title, limit in (
        (size, f"{outline.columns(advice)[2]}, kB", limits.max_size_kb),
        ("latency_ms", "latency, ms", limits.max_latency_ms),
    ):
        lines += ["", f"{'accuracy, %':<{MARGIN}}", *_plot(advice, target, limit)]
        lines.append(f"{title} (log scale)".rjust(MARGIN + WIDTH))
    lines += ["", *_legend(advice), ""]
    if advice.feasible:
        lines += [line for reason in content["pick"]["reasons"] for line in _item(reason)]
    for change in outline.relaxations(advice, content["relaxations"]):
        lines += _item(change)
    for warning in filter(None, (outline.doubt(advice), outline.stale(advice))):
        lines += ["", *_wrapped(warning)]
    return printable("\n".join([*lines, "", *_wrapped(outline.basis(advice))])) + "\n"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, MARGIN + WIDTH)


def _item(text: str) -> list[str]:
    return textwrap.wrap(text, MARGIN + WIDTH, initial_indent="- ", subsequent_indent="  ")


def _plot(advice: Advice, target: str, limit: float | None) -> Iterator[str]:
    quantities = advice.ranking.board.quantities
    across, up = quantities[target].value, quantities["accuracy_pct"].value
    x = Axis.over(across, WIDTH, log=True)
    y = Axis.over(up, HEIGHT, log=False)
    grid = np.full((HEIGHT, WIDTH), " ")
    _draw_limits(grid, x.cell(limit or math.inf), y.cell(advice.constraints.min_accuracy_pct or -1))
    for index, mark in _marks(advice):
        column, row = x.cell(float(across[index])), y.cell(float(up[index]))
        if column is not None and row is not None:
            grid[row, column] = mark
    for row in reversed(range(HEIGHT)):
        label = f"{y.value(row):.0f}" if row % 3 == 1 else ""
        yield f"{label:>{MARGIN - 2}} |{''.join(grid[row])}".rstrip()
    yield " " * (MARGIN - 1) + "+" + "-" * WIDTH
    yield _ticks(x)


def _draw_limits(grid: NDArray[np.str_], column: int | None, row: int | None) -> None:
    if row is not None:
        grid[row, :] = "-"
    if column is not None:
        grid[:, column] = "|"


def _marks(advice: Advice) -> Iterator[tuple[int, str]]:
    """Candidates with their marks, what matters most last."""
    choice, measured = advice.choice, advice.ranking.board.measured
    layers = (
        (RULED_OUT, ~choice.feasible),
        (PREDICTED, choice.feasible & ~measured),
        (MEASURED, choice.feasible & measured),
    )
    for mark, chosen in layers:
        for index in np.flatnonzero(chosen):
            yield int(index), mark
    yield from reversed(list(_lettered(advice)))


def _lettered(advice: Advice) -> Iterator[tuple[int, str]]:
    """The front within the limits, the pick in a capital."""
    for place, (index, letter) in enumerate(
        zip(advice.choice.frontier, ascii_lowercase, strict=False)
    ):
        yield int(index), letter if place else letter.upper()


def _ticks(x: Axis) -> str:
    """Round numbers below the axis, as many as fit."""
    line = ""
    for power in range(math.floor(math.log10(x.low)), math.ceil(math.log10(x.high)) + 1):
        for step in (1, 2, 5):
            column = x.cell(step * 10.0**power)
            text = wording.number(step * 10.0**power)
            if column is None:
                continue
            start = MARGIN + column - len(text) // 2
            if start > len(line) + (1 if line else -1) and start + len(text) <= MARGIN + WIDTH:
                line = line.ljust(start) + text
    return line


def _legend(advice: Advice) -> Iterator[str]:
    board = advice.ranking.board
    names = [
        f"{mark} {wording.candidate(board.network[index], board.strategy[index])}"
        for index, mark in _lettered(advice)
    ]
    left_out = len(advice.choice.frontier) - len(names)
    if names:
        more = f"; {left_out} more have no letter" if left_out else ""
        yield f"The Pareto front within the limits, best first{more}:"
        column = max(map(len, names)) + 2
        abreast = max(1, (MARGIN + WIDTH) // column)
        for start in range(0, len(names), abreast):
            yield "".join(name.ljust(column) for name in names[start : start + abreast]).rstrip()
    yield (
        f"{MEASURED} measured, {PREDICTED} predicted, {RULED_OUT} ruled out; | and - inside a plot "
        "are limits"
    )
