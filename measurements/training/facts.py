"""Write `data/networks.toml`: the facts of every network, counted in its converted graph.

Run `python -m measurements.training.facts [FILE]` after a change to a network.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from measurements import graph
from measurements.errors import HarnessError
from measurements.subject import DATA, Network
from measurements.training import networks
from measurements.training.convert import to_tflite

HEAD = """\
# Facts of the networks, counted in their converted float32 graphs at one image.
# Written by `python -m measurements.training.facts`, not by hand; a test rebuilds and compares it.
# imagenet_*: Lee, Lee, Lee: Sensors 2022, 22, 7344, Table 12.
"""

DESCRIPTIONS: dict[str, dict[str, Any]] = {
    "vgg": {"title": "VGGNet", "family": "plain"},
    "resnet50": {"title": "ResNet50", "family": "residual"},
    "resnet101": {"title": "ResNet101", "family": "residual"},
    "mobilenet_v1": {"title": "MobileNet v1", "family": "mobile"},
    "mobilenet_v2": {
        "title": "MobileNet v2",
        "family": "mobile",
        "imagenet_top1": 0.72,
        "imagenet_macs": 300e6,
        "imagenet_parameters": 3.4e6,
    },
    "mobilenet_v3_small": {
        "title": "MobileNet v3 small",
        "family": "searched",
        "designed_for": "large",
        "imagenet_top1": 0.674,
        "imagenet_macs": 56e6,
        "imagenet_parameters": 2.5e6,
    },
    "mobilenet_v3_large": {
        "title": "MobileNet v3 large",
        "family": "searched",
        "designed_for": "large",
        "imagenet_top1": 0.752,
        "imagenet_macs": 219e6,
        "imagenet_parameters": 5.4e6,
    },
    "wrn": {"title": "WRN-34-1", "family": "wide-residual"},
    "resnet54": {"title": "ResNet54, the distillation teacher", "family": "residual"},
}
"""What no graph tells."""

COUNTED_CLASSES, CHECKED_CLASSES = 10, 100
"""Counts are taken at one number of classes, and checked at another."""


def network(name: str) -> Network:
    """Build a network with ten classes and count.

    Args:
        name: one of `networks.BACKBONES`.
    """
    return _graph(name, COUNTED_CLASSES).network(name=name, **DESCRIPTIONS[name])


def check(facts: Network, classes: int = CHECKED_CLASSES) -> None:
    """Build a network anew with other classes and compare.

    Args:
        facts: what is told about it.
        classes: outputs to build it with.

    Raises:
        HarnessError: when the facts do not give the counts of the graph.
    """
    found = _graph(facts.name, classes)
    counted = (found.parameters, found.macs, found.channels)
    told = (facts.parameters(classes), facts.macs(classes), facts.channels(classes))
    if counted != told:
        raise HarnessError(
            f"{facts.name}: {classes} classes: parameters, MACs and channels are {counted} in the "
            f"graph, {told} by its facts"
        )


def toml(found: Iterable[Network]) -> str:
    """The networks as the content of `networks.toml`; what is at its default is left out."""
    return HEAD + "".join(f"\n[{n.name}]\n{_table(n)}" for n in found)


def main() -> None:
    """Write the file named on the command line, the shipped one without a name."""
    target = Path(sys.argv[1]) if sys.argv[1:] else DATA / "networks.toml"
    found = [network(name) for name in networks.BACKBONES]
    for facts in found:
        check(facts)
    target.write_text(toml(found), encoding="utf-8")


def _graph(name: str, classes: int) -> graph.Graph:
    model = networks.build(name, classes)
    networks.perturb(model)
    return graph.read(to_tflite(model))


def _table(found: Network) -> str:
    values = {field.name: (getattr(found, field.name), field.default) for field in fields(found)}
    del values["name"]
    return "".join(
        f"{key} = {_value(value)}\n" for key, (value, rest) in values.items() if value != rest
    )


def _value(value: object) -> str:
    match value:
        case str():
            return f'"{value}"'
        case tuple():
            return f"[{', '.join(map(str, value))}]"
        case float():
            return f"{value:.6g}" if value % 1 else f"{value:.1f}"
        case _:
            return str(value)


if __name__ == "__main__":
    main()
