"""What the seven setups of a network cost: in trainings, and in seconds after the conversion.

    python benchmarks/setup_cost.py [--network vgg] [--task digits] [--protocol quick]

"Trainings" is the time of all trainings over that of the float one; the target is at most 2.5. The
post-training techniques together should take less than five seconds beyond the one conversion. Exit
status 1 when either is missed.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from measurements import protocol, tasks
from measurements.quantize import quantize
from measurements.strategy import SETUPS, Strategy
from measurements.training.produce import produce

MOST_TRAININGS, MOST_SECONDS = 2.5, 5.0


def main() -> int:
    """Print the figures; 1 when one is too high."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="vgg")
    parser.add_argument("--task", default="digits")
    parser.add_argument("--protocol", default="quick")
    asked = parser.parse_args()
    data, rules = tasks.load(asked.task), protocol.load(asked.protocol)
    strategies = [Strategy.parse(slug) for slug in SETUPS.values()]
    with tempfile.TemporaryDirectory() as folder:
        start = time.monotonic()
        made = list(produce(asked.network, strategies, data, rules, seed=0, cache=Path(folder)))
        total = time.monotonic() - start
        assert made[0].path, made[0].failure
        content = Path(made[0].path).read_bytes()
        start = time.monotonic()
        for technique in ("blq", "fiq", "f16"):
            quantize(content, technique, data.x_train[: rules.calibration_images])
        quantizing = time.monotonic() - start
    trainings = sum(product.train_seconds for product in made) / made[0].train_seconds
    print(f"{asked.network} on {asked.task}, {rules.label}: all seven setups in {total:.1f} s")
    print(f"trainings: {trainings:.2f} (at most {MOST_TRAININGS})")
    print(f"BLQ, FIQ and F16 after the conversion: {quantizing:.2f} s (under {MOST_SECONDS:g} s)")
    return int(trainings > MOST_TRAININGS or quantizing >= MOST_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
