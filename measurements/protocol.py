"""How a campaign trains: plain TOML, read without TensorFlow.

A protocol is one recipe for all networks, with exceptions for some:

    seeds = [0]
    [recipe]
    epochs = 30
    [networks.vgg]
    epochs = 60
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from measurements.errors import HarnessError, known
from measurements.subject import DATA, networks

FOLDER = DATA / "protocols"
"""The shipped protocols, `NAME.toml`."""

Count = Annotated[int, Meta(ge=0, le=100_000)]
Positive = Annotated[int, Meta(ge=1, le=100_000)]
Rate = Annotated[float, Meta(gt=0, le=10)]
Share = Annotated[float, Meta(ge=0, le=1)]
Seconds = Annotated[float, Meta(ge=0, le=1e7)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How one network is trained."""

    seeds: tuple[Count, ...] = ()
    """One training of everything for each; none: the protocol's."""
    epochs: Positive = 30
    """Of the float training, and of a distillation."""
    batch: Positive = 128
    """Images a step."""
    optimizer: Literal["sgd", "adam"] = "sgd"
    """`sgd` has Nesterov momentum 0.9; weight decay is decoupled from the gradient for both."""
    schedule: Literal["one-cycle", "cosine", "constant"] = "one-cycle"
    """Of the learning rate; `one-cycle` warms up, both end at zero."""
    learning_rate: Rate = 0.1
    """Its highest value."""
    weight_decay: Annotated[float, Meta(ge=0, le=1)] = 5e-4
    """Of kernels; biases and normalizations are spared."""
    augmentation: tuple[Literal["crop", "flip"], ...] = ("crop", "flip")
    """`crop`: shifted by up to 4 pixels; `flip`: mirrored, where the task allows it."""
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the arithmetic; weights, normalizations and the 8-bit grid stay float32. `bfloat16` is
    faster where the processor has instructions for it and the work is in plain convolutions."""
    label_smoothing: Annotated[float, Meta(ge=0, lt=1)] = 0.0
    """Share of the target that is spread over all classes."""
    sparsity: Annotated[float, Meta(gt=0, lt=1)] = 0.75
    """Share of zeros of `prn` without a number."""
    pruning_epochs: Positive = 12
    """Epochs of pruning, after the float training."""
    pruning_rate: Rate = 0.03
    """Highest learning rate of them."""
    qat_epochs: Positive = 5
    """Epochs of quantization-aware training, after the float or pruned one."""
    qat_rate: Rate = 0.005
    """Highest learning rate of them."""
    temperature: Annotated[float, Meta(gt=0, le=100)] = 4.0
    """That softens the teacher's outputs."""
    kd_weight: Share = 0.9
    """Share of the teacher in the loss; the labels have the rest."""
    budget_s: Seconds = 0.0
    """Seconds for the float training; pruning and QAT get their epochs' share of it. Epochs that do
    not fit are left out, and the schedule ends earlier; 0: no limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a campaign trains."""

    name: str
    """That of the file, without `.toml`."""
    seeds: tuple[Count, ...] = (0,)
    """One training of everything for each."""
    calibration_images: Annotated[int, Meta(ge=100, le=500)] = 200
    """Training images that the ranges of 8-bit activations are taken from."""
    validation: Annotated[float, Meta(ge=0, le=0.5)] = 0.0
    """Share of the training images held out to watch the accuracy; 0: a twentieth is watched, and
    trained on all the same. Nothing is chosen by it."""
    untrained: bool = False
    """Nothing is trained and no accuracy taken: for latencies and sizes, which want no training."""
    recipe: Recipe = field(default_factory=Recipe)
    """For networks without one of their own."""
    networks: Mapping[str, Recipe] = field(default_factory=dict)
    """Network -> its own recipe."""

    @property
    def hash(self) -> str:
        """Of everything but the name, 12 hexadecimal digits."""
        content = asdict(self)
        del content["name"]
        if not self.untrained:  # so that a protocol which trains keeps the hash of old records
            del content["untrained"]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]

    @property
    def label(self) -> str:
        """Name and hash, as in records."""
        return f"{self.name}@{self.hash}"

    def recipe_of(self, network: str) -> Recipe:
        """How a network is trained."""
        return self.networks.get(network, self.recipe)

    def seeds_of(self, network: str) -> tuple[int, ...]:
        """The seeds that a network is trained from."""
        return self.recipe_of(network).seeds or self.seeds


def path_of(source: Path | str) -> Path:
    """The file of a shipped protocol's name, or of a path."""
    shipped = FOLDER / f"{source}.toml"
    return shipped if shipped.exists() else Path(source)


def load(source: Path | str) -> Protocol:
    """Read a protocol.

    Args:
        source: name of a shipped one, or the path of a TOML file.

    Raises:
        HarnessError: naming file and key of the first thing that is wrong.
    """
    path = path_of(source)
    try:
        with path.open("rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        shipped = sorted(p.stem for p in FOLDER.glob("*.toml"))
        raise HarnessError(
            f"protocol '{source}': {error.strerror}{known(str(source), [*shipped, 'FILE.toml'])}"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HarnessError(f"{path}: not TOML: {error}") from None
    return _protocol(path, content)


def _protocol(path: Path, content: dict[str, Any]) -> Protocol:
    _check_keys(path, content, (f.name for f in fields(Protocol) if f.name != "name"))
    exceptions = content.pop("networks", {})
    recipe = _built(path, "recipe", Recipe, _table(path, "recipe", content.pop("recipe", {})))
    _check_keys(path, _table(path, "networks", exceptions), networks(), "networks")
    return replace(
        _built(path, "", Protocol, {"name": path.stem, **content}),
        recipe=recipe,
        networks={
            name: _built(
                path,
                f"networks.{name}",
                Recipe,
                {**asdict(recipe), **_table(path, f"networks.{name}", table)},
            )
            for name, table in exceptions.items()
        },
    )


_Part = TypeVar("_Part", Protocol, Recipe)


def _built(path: Path, place: str, kind: type[_Part], table: dict[str, Any]) -> _Part:
    _check_keys(path, table, (f.name for f in fields(kind)), place)
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        message, _, where = str(error).partition(" - at `$")
        key = ".".join(part for part in (place, where.strip("`.")) if part)
        raise HarnessError(f"{path}: {key}: {message}") from None


def _table(path: Path, place: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HarnessError(f"{path}: {place}: {value!r} is not a table of settings")
    return value


def _check_keys(path: Path, table: dict[str, Any], words: Iterable[str], place: str = "") -> None:
    accepted = list(words)
    if unknown := sorted(set(table) - set(accepted)):
        key = ".".join(part for part in (place, unknown[0]) if part)
        raise HarnessError(f"{path}: unknown key '{key}'{known(unknown[0], accepted)}")
