"""What is measured: networks, tasks and devices, with their facts.

The shipped ones are read from `data/{networks,tasks,devices}.toml`. Facts of networks are computed
from their graphs by `measurements.graph`, not typed; see the head of `data/networks.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from measurements.errors import DatasetError, UnknownNameError, known

DATA = Path(__file__).parent / "data"
"""The folder of the shipped observations."""
_KERNELS = re.compile(r"-(xnnpack|builtin|reference)-\d+t$")
"""How a device's name ends that the harness gave it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An architecture, with the facts that carry predictions from one network to another.

    Counts are of the converted float32 graph (batch normalization folded) at one image of
    `input_shape`; they hold for any number of classes through `classifier_inputs`.
    """

    name: str
    """As in records, `mobilenet_v2`."""
    title: str
    """As people write it."""
    family: str
    """`plain`, `residual`, `wide-residual`, `mobile` (depthwise separable) or `searched`;
    empty: unknown, as of a network of the user's own."""
    input_shape: tuple[int, int, int]
    """Rows, columns, channels of an image."""
    backbone_parameters: int
    """Weights before the classifier."""
    backbone_macs: int
    """Multiply-accumulates of one inference before the classifier."""
    backbone_channels: int
    """Output channels of all weighted layers before the classifier, summed: what per-channel
    scales and biases take bytes for."""
    classifier_inputs: int
    """Width of the feature vector that the classifier takes."""
    layers: int
    """Weighted layers, the classifier included."""
    depthwise_share: float
    """Share of the multiply-accumulates that depthwise layers do."""
    peak_activation_bytes: int
    """Largest sum of float32 activations alive at once: a floor for working memory."""
    designed_for: str = "any"
    """`large`: searched or scaled for large datasets (paper, section 4.2)."""
    imagenet_top1: float | None = None
    """Published ImageNet accuracy, a fraction (paper, Table 12)."""
    imagenet_macs: float | None = None
    """Published multiply-accumulates at 224 x 224 (paper, Table 12)."""
    imagenet_parameters: float | None = None
    """Published parameters with 1000 classes (paper, Table 12)."""

    def parameters(self, classes: int) -> int:
        """Weights of the network with a classifier for `classes`, its biases included."""
        return self.backbone_parameters + (self.classifier_inputs + 1) * classes

    def macs(self, classes: int) -> int:
        """Multiply-accumulates of one inference with a classifier for `classes`."""
        return self.backbone_macs + self.classifier_inputs * classes

    def channels(self, classes: int) -> int:
        """Output channels of all weighted layers, summed."""
        return self.backbone_channels + classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A dataset to classify."""

    name: str
    """As in records, `cifar10`."""
    title: str
    """As people write it."""
    classes: int
    """Number of classes."""
    train_examples: int
    """Images to train on."""
    test_examples: int
    """Images that accuracy is measured on."""
    input_shape: tuple[int, int, int] = (32, 32, 3)
    """Rows, columns, channels that networks are given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where latency was measured, kernels and threads included."""

    name: str
    """As in records, `x86_64-xnnpack-1t`."""
    title: str
    """What it is, for people."""
    processor: str = ""
    """As the operating system names it; empty where the source does not say."""
    kernels: str = "unknown"
    """`xnnpack`, `builtin`, `reference` or `unknown`."""
    threads: int | None = None
    """Threads of one inference."""
    source: str = ""
    """Where its records come from."""

    @property
    def published(self) -> bool:
        """Its records are somebody else's, and can't be taken again."""
        return bool(self.source)


_Subject = TypeVar("_Subject", Network, Task, Device)


@cache
def networks() -> Mapping[str, Network]:
    """The shipped networks by name, in the paper's order, then the distillation teacher."""
    return _load(Network, DATA / "networks.toml")


@cache
def tasks() -> Mapping[str, Task]:
    """The shipped tasks by name."""
    return _load(Task, DATA / "tasks.toml")


@cache
def devices() -> Mapping[str, Device]:
    """The shipped devices by name."""
    return _load(Device, DATA / "devices.toml")


@cache
def published() -> Mapping[str, Mapping[str, float]]:
    """Facts of networks in public tables, as an imported record's environment holds them.

    Name -> `params macs channels layers depthwise_share input classes`.
    """
    with (DATA / "published.toml").open("rb") as file:
        return MappingProxyType(tomllib.load(file))


def is_published(device: str) -> bool:
    """Whether the records of a device, by name, are somebody else's."""
    return device in devices() and devices()[device].published


def kernels_of(device: str) -> str:
    """The kernel set of a device, by its name; empty where that does not say.

    The harness calls devices after their kernels and threads, `<board>-xnnpack-2t`.
    """
    if device in devices():
        said = devices()[device].kernels
    else:
        named_after = _KERNELS.search(device)
        said = named_after[1] if named_after else ""
    return "" if said == "unknown" else said


def named(name: str, subjects: Mapping[str, _Subject], kind: str) -> _Subject:
    """Look a subject up.

    Args:
        name: its name.
        subjects: what there is, `networks()` for example.
        kind: the word for it in the error, `"network"`.

    Raises:
        UnknownNameError: naming the nearest and all known names.
    """
    if name not in subjects:
        raise UnknownNameError(f"unknown {kind} '{name}'{known(name, subjects)}")
    return subjects[name]


def _load(kind: type[_Subject], path: Path) -> Mapping[str, _Subject]:
    with path.open("rb") as file:
        tables = tomllib.load(file)
    return MappingProxyType({name: _build(kind, name, t, path) for name, t in tables.items()})


def _build(kind: type[_Subject], name: str, table: dict[str, Any], path: Path) -> _Subject:
    words = {field.name for field in fields(kind)} - {"name"}
    if unknown := sorted(set(table) - words):
        raise DatasetError(
            f"{path.name}: {name}: unknown field '{unknown[0]}'{known(unknown[0], words)}"
        )
    if "input_shape" in table:
        table = {**table, "input_shape": tuple(table["input_shape"])}
    try:
        return kind(name=name, **table)
    except TypeError as error:
        raise DatasetError(f"{path.name}: {name}: {error}") from None
