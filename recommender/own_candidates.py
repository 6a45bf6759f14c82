"""Networks of the user's own among the candidates: facts in place of rows that nobody took."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from measurements.own_network import OwnNetwork
from measurements.subject import networks, tasks

Cell = tuple[str, str]
"""Network and strategy."""

_USUAL_CLASSES = 10
"""Of a task that nobody has facts of."""


def serves(own: OwnNetwork, task: str) -> bool:
    """Whether a network is a candidate for a task.

    One that was named always is: its size and latency are what they are. One that is known from
    records alone has to tell the right number of classes apart.
    """
    if own.source is not None or own.classes is None or task not in tasks():
        return True
    return own.classes == tasks()[task].classes


def cells(own: Iterable[OwnNetwork], task: str) -> set[Cell]:
    """All that can be done to each of them."""
    return {(n.name, s.slug) for n in own if serves(n, task) for s in n.strategies}


def with_facts(frame: pd.DataFrame, own: Iterable[OwnNetwork]) -> pd.DataFrame:
    """Measured rows with the facts of the networks that were named; as it is without any."""
    for network in own:
        rows = frame["network"] == network.name
        for task in frame.loc[rows, "task"].unique():
            for fact, value in network.counts(_classes(frame, network, str(task))).items():
                frame.loc[rows & (frame["task"] == task), fact] = float(value)
    return frame


def asked(
    own: Iterable[OwnNetwork], devices: Sequence[str], names: Sequence[str], frame: pd.DataFrame
) -> pd.DataFrame:
    """A row for each network, task and device, to bring the facts.

    Args:
        own: the networks.
        devices: names.
        names: of tasks.
        frame: measured rows, which know the classes of tasks that are not shipped.

    Returns:
        Columns `task network strategy device` and `recommender.features.FACTS`.
    """
    rows = [
        {
            "task": task,
            "network": network.name,
            "strategy": network.strategies[0].slug,
            "device": device,
            **network.counts(_classes(frame, network, task)),
        }
        for network in own
        for device in devices
        for task in names
        if serves(network, task)
    ]
    return pd.DataFrame(rows, columns=None if rows else ["task", "network", "strategy", "device"])


def sizes(own: Iterable[OwnNetwork]) -> dict[str, dict[Cell, float]]:
    """Target -> sizes in kB of files that are there already, so that nobody has to predict them."""
    there = [n for n in own if n.file_bytes and n.compressed_bytes]
    return {
        "size_kb": {(n.name, n.made): (n.compressed_bytes or 0) / 1000 for n in there},
        "file_kb": {(n.name, n.made): (n.file_bytes or 0) / 1000 for n in there},
    }


def peaks(own: Iterable[OwnNetwork]) -> dict[str, int]:
    """Network -> bytes of float32 activations alive at once, the shipped networks' among them."""
    every = [*networks().values(), *(n.facts for n in own)]
    return {facts.name: facts.peak_activation_bytes for facts in every}


def _classes(frame: pd.DataFrame, own: OwnNetwork, task: str) -> int:
    if task in tasks():
        return tasks()[task].classes
    if "classes" in frame and (seen := frame.loc[frame["task"] == task, "classes"].dropna()).size:
        return int(seen.median())
    return own.classes or _USUAL_CLASSES
