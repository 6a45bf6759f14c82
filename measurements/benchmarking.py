"""The output of other timing tools: `litert-benchmark` and TFLite's `benchmark_model`."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from measurements.errors import DatasetError, UnknownNameError
from measurements.mapping import Model
from measurements.origin import Origin, RefusedRowError, Rows
from measurements.record import Measurement
from measurements.strategy import Strategy

MEBIBYTE = 2**20
"""`litert-benchmark` calls it MB."""

SMALLEST_ROUNDED = 0.5
"""Mebibytes; below, a size rounded to 0.01 is off by more than 1 % and is not taken."""

SUMMARY = re.compile(r"Inference timings in us: Init: .*Inference \(avg\): ([\d.e+]+)")
"""The line of `benchmark_model` that ends a run that went well."""

GREETING = "STARTING!"
_GRAPH = re.compile(r"Graph: \[(.*)\]")
_COUNT = re.compile(r"\bcount=\d.*")
_PAIR = re.compile(r"(\w+)=([\d.e+]+)")
_SIZE = re.compile(r"The input model file size \(MB\): ([\d.e+]+)")
_MEMORY = re.compile(r"Memory footprint delta .*overall=([\d.e+]+)")
_SETTING = re.compile(r"(Num threads|Use gpu|Use xnnpack|Use NNAPI): \[(\d+)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One timing of one model."""

    line: int
    """Where it stands in the file, counted from 1."""
    model: str
    """File name of the .tflite, as given; empty when it is not said."""
    latency_s: float | None
    """Median where the tool prints it, else the mean; None: the run did not end."""
    file_bytes: float | None = None
    """Size of the model, where it is printed exactly enough."""
    facts: dict[str, Any] = field(default_factory=dict)
    """What else the tool says, under its own names."""


def is_litert_benchmark(text: str) -> bool:
    """Whether the text is a JSON object."""
    return text.lstrip().startswith("{")


def litert_benchmark(text: str, origin: Origin) -> Rows:
    """Read what `litert-benchmark --result_json` writes.

    Args:
        text: one JSON object; times are rounded to 0.01 ms there, and sizes to 0.01 MiB.
        origin: where it comes from.

    Raises:
        DatasetError: when the text is something else.
    """
    try:
        facts = json.loads(text)
        latency, size = float(facts["latency"]["median_ms"]), float(facts["model_size_mb"])
        run = Run(
            line=1,
            model=str(facts["model"]),
            latency_s=round(latency / 1000, 9),
            file_bytes=round(size * MEBIBYTE) if size >= SMALLEST_ROUNDED else None,
            facts={"tool": "litert-benchmark", **facts},
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise DatasetError(
            f"{origin.path}: not what litert-benchmark writes: {type(error).__name__}: {error}"
        ) from None
    yield run.line, lambda: _measurement(run, origin)


def is_benchmark_model(text: str) -> bool:
    """Whether `benchmark_model` printed the text, or began to."""
    return bool(SUMMARY.search(text)) or GREETING in text


def benchmark_model(text: str, origin: Origin) -> Rows:
    """Read what TFLite's `benchmark_model` prints, also through a system log; one run or several.

    Args:
        text: lines as printed. Runs are told apart by their greeting, or where a log has lost it,
            by the names of their models.
        origin: where it comes from.
    """
    lines = text.splitlines()
    starts = [at for at, line in enumerate(lines) if GREETING in line] or [
        at for at, line in enumerate(lines) if _GRAPH.search(line)
    ]
    starts = starts or [0]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, partial(_finished, start + 1, lines[start:end], origin)


def latency(text: str) -> tuple[float | None, int]:
    """What one run of `benchmark_model` printed.

    Returns:
        Seconds per inference, the median where it is printed, else the mean; None when the run did
        not end. And the number of inferences.
    """
    run = _run(1, text.splitlines())
    return run.latency_s, run.facts.get("num_runs", 0)


def _finished(line: int, lines: Sequence[str], origin: Origin) -> Measurement:
    try:
        return _measurement(_run(line, lines), origin)
    except (ValueError, OverflowError) as error:
        raise RefusedRowError(str(error)) from None


def _run(line: int, lines: Sequence[str]) -> Run:
    text = "\n".join(lines)
    counts = _COUNT.findall(text)
    graph, summary, size = (p.search(text) for p in (_GRAPH, SUMMARY, _SIZE))
    # The last `count=` line is that of the timed inferences; those before it are the warm-up's.
    stated = dict(_PAIR.findall(counts[-1])) if counts else {}
    mean = float(summary[1]) if summary else math.nan
    facts = {f"{name}_us": float(value) for name, value in stated.items() if name != "count"}
    if "count" in stated:
        facts["num_runs"] = int(stated["count"])
    if memory := _MEMORY.search(text):
        facts["memory_footprint_mb"] = float(memory[1])
    settings = {
        name.lower().replace(" ", "_"): int(value) for name, value in _SETTING.findall(text)
    }
    return Run(
        line=line,
        model=graph[1] if graph else "",
        latency_s=round(facts.get("median_us", mean) / 1e6, 9) if summary else None,
        file_bytes=round(float(size[1]) * 1e6) if size else None,
        facts={"tool": "benchmark_model", **settings, **facts},
    )


def _measurement(run: Run, origin: Origin) -> Measurement:
    if run.latency_s is None:
        raise RefusedRowError("the run did not end: no line 'Inference timings'")
    if run.latency_s == 0:
        raise RefusedRowError("the latency was rounded to 0")
    if not origin.device:
        raise RefusedRowError("the output names no device; give --device")
    model = _model(run.model or f"{origin.path.stem}.tflite", origin)
    if not model.task:
        raise RefusedRowError("the output names no task; give --task, or name it in the mapping")
    return Measurement(
        task=model.task,
        network=model.network,
        strategy=Strategy.parse(model.strategy).slug,
        device=origin.device,
        file_bytes=run.file_bytes,
        latencies_s=(run.latency_s,),
        source=f"{run.facts['tool']}, {origin.path.name}",
        environment={**run.facts, "imported": origin.at(run.line)},
    )


def _model(name: str, origin: Origin) -> Model:
    """What a model is: from the mapping, else from a name like `mobilenet_v2_fiq.tflite`."""
    # Windows' paths come with backslashes, also to machines that know only slashes.
    file = PurePosixPath(name.replace("\\", "/")).name
    if file in origin.words.models:
        model = origin.words.models[file]
        return model if model.task else replace(model, task=origin.task)
    stem = file.removesuffix(".tflite")
    network, _, strategy = stem.rpartition("_")
    built, _, how = stem.partition("-")  # as `dlmo-measure build` names it: vgg-prn-blq.tflite
    for name, words in ((network, strategy), (built, how.replace("-", "+"))):
        with suppress(UnknownNameError):
            if name and words:
                slug = Strategy.parse(words).slug
                return Model(network=name.lower(), strategy=slug, task=origin.task)
    raise RefusedRowError(
        f"can't tell network and strategy from '{file}', as from mobilenet_v2_fiq.tflite; name "
        f'them in the mapping under [models."{file}"]'
    )
