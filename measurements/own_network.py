"""The user's own networks: a .tflite, a saved Keras model, or a function that builds one.

In records such a network goes by a name and a hash of what it is, as protocols do: with another
content it is another network. Its facts are read from its graph, in a child process with limits
on time and memory (`measurements.inspection`): a file may come from anybody.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from measurements.errors import HarnessError, UnknownNameError, known
from measurements.strategy import Strategy, grammar
from measurements.subject import Network

KINDS: dict[str, str] = {
    ".tflite": "tflite",
    ".keras": "keras",
    ".h5": "keras",
    ".hdf5": "keras",
}
"""Suffix of a file -> what it is; `MODULE:FUNCTION` is of kind `function`."""

FORMS = "FILE.tflite, FILE.keras, FILE.h5 or MODULE:FUNCTION"
"""Words for a network of one's own."""

POST_TRAINING = ("nq", "blq", "fiq", "f16")
"""What can be done to a float .tflite, without its training."""

FACTS, OUTPUTS = "network_facts", "outputs"
"""Where a record's environment keeps the facts of a network that is not shipped; among them the
classes that it told apart there."""

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_CANDIDATE = re.compile(
    rf"(.+(?:{'|'.join(map(re.escape, KINDS))})|{_FUNCTION.pattern})(?:\+(.*))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a network of the user's own comes from."""

    word: str
    """A path, or `MODULE:FUNCTION`."""
    kind: str
    """`tflite`, `keras` or `function`."""

    @property
    def stem(self) -> str:
        """The first part of its name in records."""
        word = self.word if self.kind == "function" else Path(self.word).stem
        return re.sub(r"[^\w.:-]", "_", word)[:60]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnNetwork:
    """A network of the user's own, with what its graph tells."""

    source: Source | None
    """Where it comes from; None: known from records alone."""
    kind: str
    """`tflite`, `keras` or `function`."""
    facts: Network
    """Its name is a label: name and hash."""
    classes: int | None = None
    """That it tells apart; None: any number, or of a .tflite: it is no classifier."""
    head: int | None = None
    """Outputs of its last weighted layer, where they are fixed; None: as many as classes."""
    made: str = "nq"
    """What was done to a .tflite before it came here, as a strategy."""
    file_bytes: int | None = None
    """Of a .tflite as it is."""
    compressed_bytes: int | None = None
    """Of it under gzip, level 9."""

    @property
    def name(self) -> str:
        """As in records."""
        return self.facts.name

    @property
    def strategies(self) -> tuple[Strategy, ...]:
        """What can be done to it, what it is among them."""
        if self.kind != "tflite":
            return grammar()
        return tuple(Strategy.parse(slug) for slug in post_training(self.made))

    def takes(self, strategy: Strategy) -> bool:
        """Whether a strategy, of any sparsity, can be applied to it."""
        return replace(strategy, sparsity_pct=None) in self.strategies

    def counts(self, classes: int) -> dict[str, float]:
        """What predictions go by, as columns of `recommender.features.FACTS`.

        Args:
            classes: of the task; the last layer has as many outputs, or those that it came with.
        """
        outputs = self.head or classes
        return {
            "classes": classes,
            "input": self.facts.input_shape[0],
            "parameters": self.facts.parameters(outputs),
            "macs": self.facts.macs(outputs),
            "channels": self.facts.channels(outputs),
            "layers": self.facts.layers,
            "depthwise_share": self.facts.depthwise_share,
            "searched": 0.0,
        }

    def described(self) -> str:
        """Its facts in a line, for people."""
        n, outputs = self.facts, self.head or 10
        rows, columns, colours = n.input_shape
        return (
            f"{n.name}: {n.parameters(outputs):,} parameters, {n.macs(outputs) / 1e6:.3g} million "
            f"multiply-accumulates, {n.layers} layers, {n.peak_activation_bytes / 1000:.4g} kB of "
            f"activations at once, images of {rows} x {columns} x {colours}, "
            f"{self._outputs()}"
        )

    def _outputs(self) -> str:
        if self.classes:
            return f"{self.classes} classes"
        return "no classifier" if self.kind == "tflite" else "any number of classes (10 counted)"

    def to_dict(self) -> dict[str, Any]:
        """For records: plain values; `from_dict` reads them."""
        facts = {k: v for k, v in asdict(self.facts).items() if v is not None}
        facts["input_shape"] = list(self.facts.input_shape)
        optional = ("head", "file_bytes", "compressed_bytes")
        known = {name: getattr(self, name) for name in optional if getattr(self, name) is not None}
        return {
            "kind": self.kind,
            "classes": self.classes,
            "made": self.made,
            **known,
            "facts": facts,
        }

    @classmethod
    def from_dict(cls, content: Mapping[str, Any], source: Source | None = None) -> OwnNetwork:
        """What `to_dict` gave.

        Raises:
            KeyError, TypeError, ValueError: when it is something else.
        """
        facts = dict(content["facts"])
        return cls(
            source=source,
            kind=str(content["kind"]),
            facts=Network(**facts | {"input_shape": tuple(facts["input_shape"])}),
            classes=content["classes"],
            head=content.get("head"),
            made=Strategy.parse(content["made"]).slug,
            file_bytes=content.get("file_bytes"),
            compressed_bytes=content.get("compressed_bytes"),
        )


def post_training(made: str) -> tuple[str, ...]:
    """Strategies of a .tflite, by the one that it was made with: 8 bits can't become others."""
    return POST_TRAINING if made == "nq" else (made,)


def is_own(word: str) -> bool:
    """Whether a word means a network of the user's own, not a name."""
    return Path(word).suffix.lower() in KINDS or bool(_FUNCTION.fullmatch(word))


def source_of(word: str) -> Source:
    """Where a word says that a network comes from; a file must be there.

    Raises:
        UnknownNameError: for a word of no such form, or a file that is not there.
    """
    if _FUNCTION.fullmatch(word):
        return Source(word=word, kind="function")
    kind = KINDS.get(Path(word).suffix.lower())
    if kind is None:
        raise UnknownNameError(f"'{word}' is no network; accepted: a name, {FORMS}")
    if not Path(word).is_file():
        raise UnknownNameError(f"network '{word}': no such file")
    return Source(word=os.path.abspath(word), kind=kind)


def parted(candidate: str) -> tuple[str, str]:
    """`NETWORK+STRATEGY` -> both words; the network may be a path with a `+` in it."""
    found = _CANDIDATE.fullmatch(candidate)
    network, strategy = found.groups() if found else candidate.partition("+")[::2]
    return network, strategy or "nq"


def label(stem: str, digest: str) -> str:
    """The name of a network in records.

    Args:
        stem: of its source.
        digest: SHA-256 of what it is, in hexadecimal.
    """
    return f"{stem}@{digest[:8]}"


def named(words: Sequence[str], shipped: Iterable[str]) -> list[str | OwnNetwork]:
    """What words for networks mean: a shipped name, or a network of the user's own, looked at.

    Args:
        words: names, paths, functions.
        shipped: names there are.

    Raises:
        UnknownNameError: for a word that is neither.
        HarnessError: for a network that can't be read.
    """
    names = set(shipped)
    if odd := [word for word in words if word not in names and not is_own(word)]:
        raise UnknownNameError(f"unknown network '{odd[0]}'{known(odd[0], names)}, {FORMS}")
    from measurements.inspection import inspect

    return [word if word in names else inspect(source_of(word)) for word in words]


def of_record(environment: Mapping[str, Any]) -> tuple[OwnNetwork, int] | None:
    """The network that a record brings the facts of, and the classes that it told apart.

    None where the record brings none, or some that can't be read.
    """
    content = environment.get(FACTS)
    if not isinstance(content, Mapping):
        return None
    try:
        return OwnNetwork.from_dict(content), int(content[OUTPUTS])
    except (KeyError, TypeError, ValueError):
        return None


def of_records(environments: Iterable[Mapping[str, Any]]) -> dict[str, OwnNetwork]:
    """The networks that records bring the facts of, by name."""
    found = (of_record(environment) for environment in environments if FACTS in environment)
    return {pair[0].name: pair[0] for pair in found if pair}


def check_classes(own: OwnNetwork, classes: int, task: str) -> None:
    """A network must tell as many classes apart as there are.

    Raises:
        HarnessError: when it does not.
    """
    if own.kind == "tflite" and own.classes is None:
        raise HarnessError(f"{own.name} is no classifier: one score for each class is wanted")
    if own.classes not in (None, classes):
        raise HarnessError(f"{own.name} tells {own.classes} classes apart; {task} has {classes}")


def check_unchanged(own_label: str, now: str) -> None:
    """A network must be the one that it was when it was named.

    Raises:
        HarnessError: when it has changed.
    """
    if own_label != now:
        raise HarnessError(f"{own_label}: the network has changed meanwhile: it is {now} now")
