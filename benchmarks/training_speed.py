"""Images per second in training: this project's settings beside TensorFlow's defaults.

    python benchmarks/training_speed.py [NETWORK…] [--seconds 20]

Each figure is taken in a process of its own, one after the other, on noise of the size of CIFAR-10;
ours with oneDNN, the project's pipeline and loop, and the precision that the protocol `reference`
has for the network; the defaults with `train_on_batch` on a shuffled, batched `tf.data` with the
same augmentation image by image.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from measurements import protocol

BATCH, ROWS = 128, 4096


def ours(network: str, seconds: float) -> float:
    """Images per second of the project's own loop."""
    from measurements.tasks import TaskData
    from measurements.training import data, networks
    from measurements.training.train import Plan, _Loop, arithmetic

    images, labels = noise()
    task = TaskData(
        name="noise",
        x_train=images,
        y_train=labels,
        x_test=images[:10],
        y_test=labels[:10],
        class_names=tuple("abcdefghij"),
    )
    batches = data.batches(
        task, np.arange(ROWS), batch=BATCH, augmentation=("crop", "flip"), seed=0
    )
    plan = Plan(epochs=1, rate=0.01, schedule="constant", optimizer="sgd", weight_decay=5e-4)
    loop = _Loop(networks.build(network, 10), plan)
    drawn = iter(batches.epoch(0).repeat())
    with arithmetic(precision_of(network)):
        return rate(lambda: loop.step(*next(drawn)), seconds)


def precision_of(network: str) -> str:
    """What campaigns that are published train a network in."""
    return protocol.load("reference").recipe_of(network).precision


def defaults(network: str, seconds: float) -> float:
    """Images per second as TensorFlow trains without any setting."""
    import tensorflow as tf
    import tf_keras
    from tensorflow.python.util import _pywrap_util_port

    # TensorFlow decides here, once, whether it uses oneDNN: before this project's setting comes in.
    _pywrap_util_port.IsMklEnabled()
    from measurements.training import networks

    def augment(image: object, label: object) -> tuple[object, object]:
        image = tf.pad(tf.cast(image, tf.float32) / 255.0, [[4, 4], [4, 4], [0, 0]])
        image = tf.image.random_flip_left_right(tf.image.random_crop(image, (32, 32, 3)))
        return image, label

    drawn = tf.data.Dataset.from_tensor_slices(noise()).shuffle(ROWS).repeat()
    drawn = drawn.map(augment).batch(BATCH)
    model = networks.build(network, 10)
    model.compile(
        tf_keras.optimizers.SGD(0.01, momentum=0.9),
        tf_keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    steps = iter(drawn)
    return rate(lambda: model.train_on_batch(*next(steps)), seconds)


def noise() -> tuple[np.ndarray, np.ndarray]:
    """Images and labels."""
    random = np.random.default_rng(0)
    return random.integers(0, 256, (ROWS, 32, 32, 3), np.uint8), random.integers(0, 10, ROWS)


def rate(step: object, seconds: float) -> float:
    """Images per second of the steps after the first two, which build the graph."""
    step(), step()  # type: ignore[operator]
    done, start = 0, time.monotonic()
    while time.monotonic() - start < seconds:
        step()  # type: ignore[operator]
        done += 1
    return done * BATCH / (time.monotonic() - start)


def child(way: str, network: str, seconds: float) -> float:
    """Take one figure in a process of its own."""
    root = str(Path(__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": root, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, __file__, network, "--way", way, "--seconds", str(seconds)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    """Print a Markdown table."""
    from measurements.subject import networks

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", default=list(networks()))
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--way", choices=("ours", "defaults"))
    asked = parser.parse_args()
    if asked.way:
        print({"ours": ours, "defaults": defaults}[asked.way](asked.networks[0], asked.seconds))
        return
    print("| network | images/s | in | TensorFlow's defaults | ratio |\n" + "| --- " * 5 + "|")
    for network in asked.networks:
        fast, slow = (child(way, network, asked.seconds) for way in ("ours", "defaults"))
        words = [network, f"{fast:.0f}", precision_of(network), f"{slow:.0f}", f"{fast / slow:.1f}"]
        print(f"| {' | '.join(words)} |", flush=True)


if __name__ == "__main__":
    main()
