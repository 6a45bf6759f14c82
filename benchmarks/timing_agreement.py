"""Does the harness time as the runtime's own benchmark does, and does it agree with itself?

    python benchmarks/timing_agreement.py [MODEL.tflite …]

In one run, on one core: each model is timed by the harness as an A/A pair, and by
`litert-benchmark` (pip install litert-cli), in alternating rounds. Without arguments four untrained
networks are built, which needs the `train` extra. Run it on an idle machine. Exit status 1 when
medians differ by more than 5 %, or an A/A pair by more than 3 %.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measurements.device.base import Observation
from measurements.device.latency import time
from measurements.device.local import LocalBoard

NETWORKS = ("mobilenet_v2", "mobilenet_v3_large", "wrn", "resnet50")
ROUNDS = 5
AGREEMENT, SELF_AGREEMENT = 0.05, 0.03

BUILD = """
import os, sys
os.environ["TF_USE_LEGACY_KERAS"] = "1"
from measurements.training.convert import to_tflite
from measurements.training.networks import build
for name in sys.argv[2:]:
    with open(f"{sys.argv[1]}/{name}.tflite", "wb") as file:
        file.write(to_tflite(build(name, 10)))
"""


def main() -> int:
    """Print one line per model; 1 when something disagrees."""
    with tempfile.TemporaryDirectory() as folder:
        models = [Path(argument) for argument in sys.argv[1:]] or _built(Path(folder))
        # Whatever is started from here on inherits the core.
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        print("| model | harness | again | litert-benchmark | A/A pair | beside it |")
        print("| --- " * 6 + "|")
        return max(_compared(model, Path(folder)) for model in models)


def _built(folder: Path) -> list[Path]:
    subprocess.run(
        [sys.executable, "-c", BUILD, folder, *NETWORKS], check=True, capture_output=True
    )
    return [folder / f"{name}.tflite" for name in NETWORKS]


def _compared(model: Path, folder: Path) -> int:
    board = LocalBoard(kernels="xnnpack", threads=1)
    pairs, others = [], []
    for taken in range(4 * ROUNDS):
        seen = time(board, [model, model])
        other = _litert_ms(model, folder / "result.json")
        # A disturbed round counts only where quiet ones can't be had.
        if not any(one.noisy for one in seen) or 4 * ROUNDS - taken <= ROUNDS - len(pairs):
            pairs.append([_median_ms(one) for one in seen])
            others.append(other)
        if len(pairs) == ROUNDS:
            break
    first, second = (statistics.median(column) for column in zip(*pairs, strict=True))
    other = statistics.median(others)
    own = max(first, second) / min(first, second) - 1
    ours = (first + second) / 2 / other - 1
    figures = f"{first:.4f} ms | {second:.4f} ms | {other:.2f} ms | {own:.1%} | {ours:+.1%}"
    print(f"| {model.stem} | {figures} |", flush=True)
    return int(own > SELF_AGREEMENT or abs(ours) > AGREEMENT)


def _median_ms(seen: Observation) -> float:
    if seen.failure:
        raise SystemExit(f"could not be timed: {seen.failure}")
    return statistics.median(seen.latencies_s) * 1000


def _litert_ms(model: Path, result: Path) -> float:
    """As many inferences as the harness takes in a second or so; figures come rounded to 0.01."""
    command = [Path(sys.executable).with_name("litert-benchmark"), "--model", model]
    options = ["--num_threads", "1", "--warmup_runs", "50", "--num_runs", "500"]
    subprocess.run([*command, *options, "--result_json", result], check=True, capture_output=True)
    return float(json.loads(result.read_text())["latency"]["median_ms"])


if __name__ == "__main__":
    raise SystemExit(main())
