"""The card of a built file: what it is, how it was made, what it promises; Markdown and JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import msgspec

from measurements.errors import HarnessError
from measurements.promise import LEVEL, NAMES, SESSIONS, SIZES, WIDEST, Figure
from measurements.strategy import Strategy

SCHEMA = "dlmo.card/1"
JSON, MARKDOWN = "card.json", "README.md"
"""Names in the folder of a build."""

BUSY = (
    "The machine was busy while the latency was taken: the interval is wide, and an idle machine "
    "may fall below it. Build on an idle one for a narrower promise."
)
_SPECIAL = str.maketrans({c: f"\\{c}" for c in "\\`*_{}[]<>#|!~$"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of a built file."""

    network: str
    """Name."""
    strategy: str
    """Slug."""
    task: str
    """Name, as in records."""
    classes: int
    """That it tells apart."""
    seed: int
    """Of the training."""
    protocol: str
    """Name and hash; its content lies beside the card."""
    data_sha256: str
    """Of the images and labels that it was trained and scored on."""
    n_train: int
    """Training images."""
    n_test: int
    """Images that it was scored on."""
    file: str
    """Name of the .tflite beside the card."""
    sha256: str
    """Of that file."""
    device: str
    """Where it was scored and timed."""
    figures: tuple[Figure, ...]
    """What it promises there."""
    noisy: bool
    """The machine was busy while it was timed."""
    environment: dict[str, Any]
    """Of the measurement: processor, kernels, threads, versions."""
    varies: tuple[str, ...] = ()
    """What may come out otherwise when it is built again."""
    source: str = ""
    """Of a network of the user's own: its file under `source/`, or `MODULE:FUNCTION`."""
    facts: str = ""
    """Of such a network, in words."""
    note: str = ""
    """What is particular about the file."""
    schema: str = SCHEMA
    """Of this JSON."""


def to_json(card: Card) -> str:
    """The card for machines; `verify` reads it."""
    return json.dumps(asdict(card), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read(folder: Path) -> Card:
    """The card of a build.

    Raises:
        HarnessError: when the folder holds none that can be read.
    """
    path = folder / JSON
    try:
        content = json.loads(path.read_bytes())
        if content["schema"] != SCHEMA:
            raise HarnessError(f"{path}: schema '{content['schema']}'; known: {SCHEMA}")
        return msgspec.convert(content, Card)
    except OSError as error:
        raise HarnessError(f"{folder}: no build: {JSON} can't be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, msgspec.ValidationError) as error:
        raise HarnessError(f"{path}: not a card of 'dlmo-measure build': {error}") from None


def to_markdown(card: Card) -> str:
    """The card for people."""
    setup = Strategy.parse(card.strategy).setup
    rows = [f"| {NAMES[f.name]} | {_escaped(str(f))} |" for f in card.figures if f.name in NAMES]
    versions = ", ".join(
        f"{name} {version}" for name, version in card.environment.get("versions", {}).items()
    )
    lines = [
        f"# {_escaped(card.network)} {_escaped(setup)}",
        "",
        f"`{card.file}` tells {card.classes} classes of the task {_escaped(card.task)} apart "
        "(`labels.txt`, in the order of the outputs).",
        "",
        f"| on {_escaped(card.device)} | measured, and the interval that is promised |",
        "| --- | --- |",
        *rows,
        "",
        f"Accuracy: of {card.n_test} test images, Wilson's interval at {LEVEL:.0%}. Latency: of "
        f"one image, median; where a further session falls with {LEVEL:.0%}, from the spread of "
        f"separate ones, at least {SESSIONS:.0%} and at most a factor of {WIDEST:g} either way. "
        f"Sizes: {SIZES:.0%}.",
        *(["", BUSY] if card.noisy else []),
        *(["", f"The file: {_escaped(card.note)}."] if card.note else []),
        "",
        "## How it was made",
        "",
        f"- network {_escaped(card.network)}, strategy {_escaped(card.strategy)}, seed {card.seed}",
        *([f"- {_escaped(card.facts)}; from `{card.source}`"] if card.source else []),
        f"- protocol {_escaped(card.protocol)}: `protocol.toml`",
        f"- data {card.data_sha256}, {card.n_train} training images",
        f"- SHA-256 of the file {card.sha256}",
        f"- processor {_escaped(str(card.environment.get('processor', 'unknown')))}",
        f"- {_escaped(versions)}",
        "",
        "The same network, strategy, protocol, seed, data and versions give the same bytes on the "
        "same machine. What may vary:",
        "",
        *(f"- {line}" for line in card.varies),
        "",
        "`dlmo-measure verify FOLDER` builds it again and holds it against these figures.",
    ]
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    """Text that Markdown shows as it is, on one line."""
    return " ".join(text.translate(_SPECIAL).split())
