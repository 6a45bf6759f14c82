"""Draw README's plots from the shipped records: `python docs/plots.py`.

Needs matplotlib, of the `test` extra. Each plot carries the hash of the records that it shows, so
that a test can tell when it is out of date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from measurements import read, to_frame
from measurements.scope import TEACHER
from measurements.strategy import SETUPS
from measurements.subject import networks
from measurements.tables import PUBLISHED
from recommender.cells import usable
from recommender.forecast import digest
from recommender.pareto import non_dominated

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

FOLDER = Path(__file__).parent
TASK = "cifar10"

COLOURS = dict(
    zip(
        SETUPS,
        ("#000000", "#0072b2", "#56b4e9", "#e69f00", "#009e73", "#d55e00", "#cc79a7"),
        strict=True,
    )
)
"""Setup -> its colour; of the set by Okabe and Ito, which colour-blind people tell apart."""

MARKERS = "osD^vP*X"
"""Of the networks, in the order of their parameters."""


def shown(frame: pd.DataFrame) -> pd.DataFrame:
    """The paper's setups on `TASK`: one row per device, network and setup, medians over seeds.

    Columns `device network setup accuracy_pct size_kb latency_ms`, the size compressed where that
    was measured; a value is NaN where none can be used.
    """
    names = {slug: setup for setup, slug in SETUPS.items()}
    rows = frame[(frame["failure"] == "") & (frame["task"] == TASK)]
    rows = rows[rows["strategy"].isin(names)].assign(setup=rows["strategy"].map(names))
    for target in ("accuracy_pct", "size_kb", "latency_ms"):
        rows[target] = rows[target].where(usable(rows, target))
    keys = ["device", "network", "setup"]
    return rows.groupby(keys)[["accuracy_pct", "size_kb", "latency_ms"]].median().reset_index()


def fronts(cells: pd.DataFrame, target: str, title: str) -> Figure:
    """Accuracy against one cost, a panel per device with both, its Pareto front as a line."""
    known = cells.dropna(subset=["accuracy_pct", target])
    figure, panels = _panels(known["device"].unique())
    for device, axes in panels:
        here = known[known["device"] == device]
        _scatter(axes, here, here[target], here["accuracy_pct"])
        losses = np.stack([here[target], -here["accuracy_pct"]], axis=1)
        front = here[non_dominated(losses)].sort_values(target)
        axes.step(front[target], front["accuracy_pct"], where="post", color="0.6", lw=1, zorder=0)
        axes.set(xscale="log", title=device, xlabel=title)
        _round_numbers(axes.xaxis)
    panels[0][1].set_ylabel("accuracy, %")
    return figure


def ratios(cells: pd.DataFrame) -> Figure:
    """Latency over that of the network's float32 form: as published, and as measured here."""
    plain = cells[cells["setup"] == "NQ"].set_index(["device", "network"])["latency_ms"]
    keys = pd.MultiIndex.from_frame(cells[["device", "network"]])
    ratio = cells.assign(ratio=cells["latency_ms"].to_numpy() / plain.reindex(keys).to_numpy())
    ratio = ratio[ratio["setup"] != "NQ"].dropna(subset=["ratio"])
    published = ratio[ratio["device"] == PUBLISHED].set_index(["network", "setup"])["ratio"]
    measured = ratio[ratio["device"] != PUBLISHED].join(
        published.rename("published"), on=["network", "setup"], how="inner"
    )
    figure, panels = _panels(measured["device"].unique())
    for device, axes in panels:
        here = measured[measured["device"] == device]
        _scatter(axes, here, here["published"], here["ratio"])
        axes.axhline(1, color="0.6", lw=1, zorder=0)
        axes.axline((1, 1), (2, 2), color="0.6", lw=1, ls="--", zorder=0)
        axes.set(xscale="log", yscale="log", title=device, xlabel="published latency, of NQ's")
        _round_numbers(axes.xaxis, axes.yaxis)
    panels[0][1].set_ylabel("measured latency, of NQ's")
    return figure


PLOTS: dict[str, Callable[[pd.DataFrame], Figure]] = {
    "accuracy-size.svg": lambda cells: fronts(cells, "size_kb", "size, kB"),
    "accuracy-latency.svg": lambda cells: fronts(cells, "latency_ms", "latency, ms"),
    "latency-ratios.svg": ratios,
}
"""File -> what draws it."""


def drawn_from(path: Path) -> str:
    """The hash of the records that a plot shows."""
    found = re.search(r"records ([0-9a-f]{64})", path.read_text(encoding="utf-8"))
    return found[1] if found else ""


def main(folder: Path = FOLDER) -> None:
    """Draw all."""
    import matplotlib as mpl
    from matplotlib import pyplot as plt

    mpl.use("svg")
    mpl.rcParams.update({"svg.hashsalt": "dlmo", "font.size": 9, "axes.titlesize": 10})
    records = read()
    cells = shown(to_frame(records))
    for name, draw in PLOTS.items():
        figure = draw(cells)
        _legend(figure, cells)
        told = {"Description": f"records {digest(records)}", "Date": None}
        figure.savefig(folder / name, metadata=told)
        plt.close(figure)


def _panels(devices: Sequence[str]) -> tuple[Figure, list[tuple[str, Axes]]]:
    from matplotlib import pyplot as plt

    names = sorted(devices, key=lambda name: (name != PUBLISHED, name))
    width = max(5.0, 2.6 * len(names))
    figure, grid = plt.subplots(
        1, len(names), figsize=(width, 3.9), sharex=True, sharey=True, squeeze=False
    )
    figure.subplots_adjust(left=0.6 / width, right=0.99, top=0.93, bottom=0.33, wspace=0.06)
    return figure, list(zip(names, grid[0], strict=True))


def _scatter(axes: Axes, rows: pd.DataFrame, x: pd.Series[float], y: pd.Series[float]) -> None:
    for (network, setup), at in rows.groupby(["network", "setup"]).groups.items():
        axes.scatter(
            x.loc[at], y.loc[at], s=26, marker=_marker(network), color=COLOURS[setup], lw=0
        )
    axes.grid(color="0.93", lw=0.5)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)


def _round_numbers(*scales: Axis) -> None:
    """Powers of ten, and 2 and 5 between them where there are few, as plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for scale in scales:
        low, high = scale.get_view_interval()
        steps = (1.0, 2.0, 5.0) if high < 100 * low else (1.0,)
        scale.set_major_locator(LogLocator(subs=steps, numticks=4))
        scale.set_minor_locator(NullLocator())
        scale.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))


def _marker(network: str) -> str:
    return MARKERS[_networks().index(network) % len(MARKERS)]


def _networks() -> list[str]:
    known = networks()
    return sorted(known.keys() - {TEACHER}, key=lambda name: known[name].backbone_parameters)


def _legend(figure: Figure, cells: pd.DataFrame) -> None:
    from matplotlib.lines import Line2D

    def entries() -> Iterator[tuple[str, Line2D]]:
        style = {"ls": "", "markersize": 5, "markeredgewidth": 0}
        for network in _networks():
            if network in set(cells["network"]):
                yield network, Line2D([], [], marker=_marker(network), color="0.4", **style)
        for setup, colour in COLOURS.items():
            yield setup, Line2D([], [], marker="s", color=colour, **style)

    names, handles = zip(*entries(), strict=True)
    columns = min(8, max(3, int(figure.get_figwidth() / 1.3)))
    figure.legend(handles, names, loc="lower center", ncols=columns, frameon=False, fontsize=8)


if __name__ == "__main__":
    main()
