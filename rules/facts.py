"""The closed list of facts that the conditions of a rules file may name.

Some are known of the query, some of a candidate's network, some of its strategy. A remark's `when`
names facts of the query, its `on` facts of the candidate. `rules.situation` says where their values
come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from measurements.strategy import QUANTIZERS
from measurements.subject import networks

SERVICE_CLASSES = ("low-end", "mid-end", "high-end")
"""Kinds of services (Lee, Lee, Lee: Sensors 2022, 22, 7344, section 4.3)."""

FAMILIES = ("plain", "residual", "wide-residual", "mobile", "searched")
"""Families of networks, as in `Network.family`."""

KERNELS = ("xnnpack", "builtin", "reference", "unknown")
"""What runs a network on a device, as in `Device.kernels`."""

UNQUANTIZED = "none"
"""Value of the fact `quantizer` for a strategy in float32."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that a condition may name."""

    name: str
    """As in a rules file."""
    subject: Literal["query", "network", "strategy"]
    """What it is known of."""
    kind: Literal["word", "slug", "text", "count", "number", "truth"]
    """`word`: of a closed list; `slug`: a strategy; `text`: any; `count`: a whole number from 0;
    `number`: from 0; `truth`: true or false."""
    says: str
    """What it is, one sentence."""
    unit: str = ""
    """Of a count or a number."""
    noun: str = ""
    """What its words are called in errors; its name where empty."""
    words: Callable[[], Iterable[str]] | None = None
    """The closed list, asked for late because the names of networks are read from a file."""


FACTS: Mapping[str, Fact] = MappingProxyType(
    {
        fact.name: fact
        for fact in (
            Fact(
                name="service_class",
                subject="query",
                kind="word",
                says="What the service asks for: low-end saves memory, mid-end is real-time with "
                "few classes, high-end is real-time and accurate.",
                noun="service class",
                words=lambda: SERVICE_CLASSES,
            ),
            Fact(name="task", subject="query", kind="text", says="Name of the task."),
            Fact(
                name="classes",
                subject="query",
                kind="count",
                says="Classes to tell apart.",
                unit="classes",
            ),
            Fact(
                name="train_examples",
                subject="query",
                kind="count",
                says="Images to train on: the scale of the dataset.",
                unit="images",
            ),
            Fact(name="device", subject="query", kind="text", says="Name of the device."),
            Fact(
                name="kernels",
                subject="query",
                kind="word",
                says="What runs the network on the device.",
                words=lambda: KERNELS,
            ),
            Fact(
                name="threads",
                subject="query",
                kind="count",
                says="Threads of one inference.",
                unit="threads",
            ),
            Fact(
                name="integer_only",
                subject="query",
                kind="truth",
                says="The hardware computes in integers alone, as many NPUs do.",
            ),
            Fact(
                name="network",
                subject="network",
                kind="word",
                says="Name of the network.",
                words=lambda: networks(),
            ),
            Fact(
                name="family",
                subject="network",
                kind="word",
                says="Family of the network.",
                words=lambda: FAMILIES,
            ),
            Fact(
                name="designed_for",
                subject="network",
                kind="word",
                says="Scale of datasets that the network was searched or scaled for.",
                words=lambda: ("any", "large"),
            ),
            Fact(
                name="parameters",
                subject="network",
                kind="count",
                says="Weights, with a classifier for the query's classes.",
                unit="weights",
            ),
            Fact(
                name="macs",
                subject="network",
                kind="count",
                says="Multiply-accumulates of one inference.",
                unit="multiply-accumulates",
            ),
            Fact(
                name="layers",
                subject="network",
                kind="count",
                says="Layers with weights.",
                unit="layers",
            ),
            Fact(
                name="depthwise_share",
                subject="network",
                kind="number",
                says="Share of the multiply-accumulates that depthwise layers do.",
                unit="fraction",
            ),
            Fact(
                name="strategy",
                subject="strategy",
                kind="slug",
                says="Pruning and quantizer; distillation and sparsity are facts of their own, so "
                "that what is said of `prn` holds for `kd+prn80` too.",
            ),
            Fact(
                name="distilled",
                subject="strategy",
                kind="truth",
                says="Trained on a teacher's outputs.",
            ),
            Fact(
                name="pruned",
                subject="strategy",
                kind="truth",
                says="Small weights are set to zero.",
            ),
            Fact(
                name="sparsity",
                subject="strategy",
                kind="number",
                says="Share of zero weights.",
                unit="fraction",
            ),
            Fact(
                name="quantizer",
                subject="strategy",
                kind="word",
                says=f"The technique that quantizes, or '{UNQUANTIZED}' for float32.",
                noun="technique",
                words=lambda: (*QUANTIZERS, UNQUANTIZED),
            ),
            Fact(
                name="integer",
                subject="strategy",
                kind="truth",
                says="Weights are 8-bit integers.",
            ),
            Fact(
                name="weight_bits",
                subject="strategy",
                kind="count",
                says="Bits of a stored weight.",
                unit="bits",
            ),
        )
    }
)
"""Every fact by name."""

OF_QUERY = frozenset(name for name, fact in FACTS.items() if fact.subject == "query")
"""Facts that `when` may name."""

OF_NETWORK = frozenset(name for name, fact in FACTS.items() if fact.subject == "network")
"""Facts of a candidate's network, that `on` may name."""

OF_STRATEGY = frozenset(name for name, fact in FACTS.items() if fact.subject == "strategy")
"""Facts of a candidate's strategy, that `on` may name."""

OF_CANDIDATE = OF_NETWORK | OF_STRATEGY
"""Facts that `on` may name."""
