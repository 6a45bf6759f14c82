"""Records -> the content of a forecast: the slow half, run once per dataset."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.dataset import read, to_frame
from measurements.own_network import OwnNetwork, of_records
from measurements.record import Measurement
from measurements.strategy import Strategy, grammar
from measurements.subject import is_published, networks, tasks
from recommender import own_candidates
from recommender.cells import domain_column, usable
from recommender.errors import AdviceError
from recommender.facts import with_facts
from recommender.forecast import SCHEMA, SHIPPED, digest, dumps
from recommender.model import ParetoModel, fit
from recommender.own_candidates import Cell
from recommender.scale import SCALES, TARGETS
from recommender.single_thread import single_thread
from rules.audit import audit, by_remark
from rules.load import load

FloatArray = NDArray[np.float64]
_TEACHERS = ("resnet54",)
"""Shipped networks that are no candidates of their own."""


def content(records: Sequence[Measurement], named: Sequence[OwnNetwork] = ()) -> dict[str, Any]:
    """Fit the model and forecast every combination on every device.

    Args:
        records: the dataset; networks of the user's own bring their facts along.
        named: further networks of the user's own, to forecast before anything is measured of them.

    Raises:
        AdviceError: when no record holds a measurement.
    """
    frame = to_frame(records)
    frame = frame[frame["failure"] == ""]
    if frame.empty:
        raise AdviceError("no usable measurement: every record is a failure")
    sources = {r.id: _short(r.source) for r in records if r.source}
    own = {**of_records(r.environment for r in records), **{n.name: n for n in named}}
    frame = own_candidates.with_facts(frame, named)
    names = sorted({*tasks(), *frame["task"]})
    devices = sorted(map(str, frame["device"].unique()))
    asked = own_candidates.asked(own.values(), devices, names, frame)
    return {
        "schema": SCHEMA,
        "sha256": digest(records),
        "n_measurements": len(records),
        **forecasts(fit(frame), frame, names, asked=asked if own else None, own=own),
        "sources": dict(sorted(sources.items())),
        "audits": _audits(frame),
        **({"own": {name: n.to_dict() for name, n in sorted(own.items())}} if own else {}),
    }


@single_thread()
def forecasts(
    model: ParetoModel,
    frame: pd.DataFrame,
    names: Sequence[str],
    *,
    asked: pd.DataFrame | None = None,
    own: Mapping[str, OwnNetwork] = MappingProxyType({}),
) -> dict[str, Any]:
    """What a model makes of every combination on every device of a frame.

    Args:
        model: fitted on the frame.
        frame: what is known; its values go before predictions.
        names: tasks to forecast.
        asked: further combinations to forecast, columns `task network strategy device` and facts.
        own: networks of the user's own, by name; `asked` has their facts.
    """
    more = frame.iloc[:0] if asked is None else asked
    boards = {
        str(device): {
            task: _board(model, frame, more[more["device"] == device], str(device), task, own)
            for task in names
        }
        for device in sorted(frame["device"].unique())
    }
    return {
        "devices": sorted(boards),
        "learners": {target: list(names) for target, names in model.learners.items()},
        "calibrations": {
            **{name: _calibrations(m) for name, m in (("", model), *model.alone.items())},
            **{name: _calibrations(model.of(name), name) for name in _untimed(model, boards)},
        },
        "boards": boards,
    }


def _untimed(model: ParetoModel, devices: Iterable[str]) -> list[str]:
    """Devices that have records and no latencies: those of other devices say how far off one is."""
    asked = {name: model.of(name).choices.get("latency_ms") for name in devices}
    return [n for n, c in asked.items() if c and c.is_abroad(np.array([n], dtype=object))[0]]


def _calibrations(model: ParetoModel, untimed: str = "") -> dict[str, list[Any]]:
    kept = dict(model.calibrations)
    if untimed:
        kept["latency_ms"] = (model.choices["latency_ms"].abroad,) * 2
    return {
        target: [[_rounded(c.scores), _rounded(c.levels, 12)] for c in kept.get(target, ())]
        or [[[], []], [[], []]]
        for target in TARGETS
    }


def _audits(frame: pd.DataFrame) -> dict[str, dict[str, tuple[str, str]]]:
    """What each device's own measurements say about the shipped remarks: verdict and words."""
    findings = audit(load(), frame)
    return {
        str(device): {
            remark: (found.verdict, found.words)
            for remark, found in by_remark(findings, str(device)).items()
        }
        for device in sorted(frame["device"].unique())
    }


def _board(
    model: ParetoModel,
    frame: pd.DataFrame,
    asked: pd.DataFrame,
    device: str,
    task: str,
    own: Mapping[str, OwnNetwork],
) -> dict[str, Any]:
    rows = frame[frame["device"] == device]
    here = rows[rows["task"] == task]
    kin = _kin(model, frame, device, task)
    # Trained by one protocol they are the very same files, and score the same but for rounding.
    alike = kin[kin["protocol"] != ""]
    cells = _cells(rows, pd.concat([here, asked[asked["task"] == task]]), task, own)
    candidates = with_facts(
        pd.DataFrame(cells, columns=["network", "strategy"]).assign(task=task, device=device),
        (frame, asked),
    )
    given = {target: _given(here, target) for target in TARGETS}
    for target, sizes in own_candidates.sizes(own.values()).items():
        given[target] = {cell: (kb, 0.0) for cell, kb in sizes.items()} | given[target]
    measured = [
        all(cell in given[t] for t in ("accuracy_pct", "size_kb", "latency_ms")) for cell in cells
    ]
    known = {
        t: found if t == "latency_ms" else _given(alike, t) | found for t, found in given.items()
    }
    ids = _ids(here)
    more = _ids(kin)
    return {
        "measured_task": bool(len(here)),
        "network": [network for network, _ in cells],
        "strategy": [strategy for _, strategy in cells],
        "measured": [int(x) for x in measured],
        **{t: _quantity(model, t, candidates, cells, known[t]) for t in TARGETS},
        "ram_kb": _ram(here, cells, own_candidates.peaks(own.values())),
        "rows": [
            ids[cell] if its_own else ids.get((cell[0], ""), []) + more.get((cell[0], ""), [])
            for cell, its_own in zip(cells, measured, strict=True)
        ],
    }


def _kin(model: ParetoModel, frame: pd.DataFrame, device: str, task: str) -> pd.DataFrame:
    """Rows of other devices with the accuracies that networks are forecast from on this one."""
    if is_published(device):
        return frame.iloc[:0]
    there = (frame["device"] != device) & (frame["task"] == task) & usable(frame, "accuracy_pct")
    trained = domain_column(frame, "accuracy_pct")
    return frame[there & (trained == model.domains.get("accuracy_pct", {}).get(device))]


def _cells(
    rows: pd.DataFrame, here: pd.DataFrame, task: str, own: Mapping[str, OwnNetwork]
) -> list[Cell]:
    """Every strategy on every network, and what was measured or asked for besides."""
    names = {n for n in networks() if n not in _TEACHERS} | set(rows["network"])
    wanted = {(name, s.slug) for name in names - set(own) for s in grammar()}
    wanted |= own_candidates.cells(own.values(), task)
    return sorted(wanted | set(zip(here["network"], here["strategy"], strict=True)))


def _ids(here: pd.DataFrame) -> dict[Cell, list[str]]:
    """Ids by cell, and by network under the empty strategy."""
    found: defaultdict[Cell, list[str]] = defaultdict(list)
    for network, strategy, row in here[["network", "strategy", "id"]].sort_values("id").to_numpy():
        found[(network, strategy)].append(row)
        found[(network, "")].append(row)
    return found


def _given(here: pd.DataFrame, target: str) -> dict[Cell, tuple[float, float]]:
    """Measured values by cell: mean over repeats, and its standard error on the target's scale."""
    good = here[usable(here, target)]
    if target == "size_kb":  # random weights compress a little otherwise
        good = good[~good["untrained"].astype(bool)]
    found = {}
    for (network, strategy), group in good.groupby(["network", "strategy"], sort=True):
        values = group[target].to_numpy(dtype=float)
        error = _standard_error(target, values, group["n_test"].to_numpy(dtype=float))
        found[(str(network), str(strategy))] = (float(values.mean()), error)
    return found


def _standard_error(target: str, values: FloatArray, n_test: FloatArray) -> float:
    """Of a mean over repeats; a single accuracy has that of its finite test split."""
    scale = SCALES[target].link(values)
    between = float(scale.var(ddof=1) / len(scale)) if len(scale) > 1 else 0.0
    if target != "accuracy_pct" or not np.isfinite(n_test).any():
        return float(np.sqrt(between))
    share = np.clip(values.mean() / 100, 1e-4, 1 - 1e-4)
    within = 1 / (float(np.nanmax(n_test)) * share * (1 - share))
    return float(np.sqrt(max(between, within)))


def _quantity(
    model: ParetoModel,
    target: str,
    candidates: pd.DataFrame,
    cells: Sequence[Cell],
    given: Mapping[Cell, tuple[float, float]],
) -> dict[str, Any]:
    location, spread, anchored = model.locate(target, model.features(candidates))
    value = SCALES[target].inverse(location)
    known = np.zeros(len(cells), dtype=bool)
    published = is_published(str(candidates["device"].iloc[0]))
    for i, cell in enumerate(cells):
        twin = next((c for c in _twins(target, cell, published=published) if c in given), None)
        if twin is not None:
            value[i], spread[i], known[i] = *given[twin], True
    return {
        "value": _rounded(value),
        "given": [int(x) for x in known],
        "spread": _rounded(spread, 4),
        "anchored": [int(x) for x in anchored],
    }


def _twins(target: str, cell: Cell, *, published: bool) -> list[Cell]:
    """The cell itself, then those that have the same value by construction.

    Distillation changes neither size nor latency, and a dense file stores the zeros of a pruned
    network like any other weight. Files that are built here are dense only below 32 bits.
    """
    twins = [cell]
    if target != "accuracy_pct":
        plain = Strategy.parse(cell[1]).undistilled
        twins.append((cell[0], plain.slug))
        if target == "file_kb" and (published or plain.weight_bits < 32):
            twins.append((cell[0], Strategy(quantizer=plain.quantizer).slug))
    return twins


def _ram(here: pd.DataFrame, cells: Sequence[Cell], peaks: Mapping[str, int]) -> list[float | None]:
    """Measured arenas; else the activations that the graph keeps alive at once, a floor."""
    measured = here[np.isfinite(here["ram_kb"])].groupby(["network", "strategy"])["ram_kb"].median()
    found: list[float | None] = []
    for network, slug in cells:
        if (network, slug) in measured.index:
            found.append(float(measured.loc[(network, slug)]))
        elif network in peaks:
            small = 4 if Strategy.parse(slug).quantizer in ("fiq", "qat") else 1
            found.append(peaks[network] / small / 1000)
        else:
            found.append(None)
    return found


def _rounded(values: FloatArray, digits: int = 7) -> list[float | None]:
    """Short, and the same on every machine that computes nearly the same."""
    return [float(f"{v:.{digits}g}") if np.isfinite(v) else None for v in values]


def _short(source: str) -> str:
    """`Table 5` of `Lee, Lee, Lee: Sensors 2022, 22, 7344, Table 5`."""
    return source.rsplit(", ", 1)[-1]


def rebuild() -> None:
    """Write the forecast that comes with the package: `python -m recommender.fitting`."""
    SHIPPED.write_text(dumps(content(read())), encoding="utf-8")


if __name__ == "__main__":
    rebuild()
