"""Networks of the user's own, as the models that the harness trains.

A saved model comes from anybody: layers that carry code, or name code to import, are refused before
Keras reads them. A function is the user's own code by intent.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import tf_keras

from measurements import graph
from measurements.errors import DlmoError, TrainingError
from measurements.graph import Graph
from measurements.own_network import Source, check_unchanged, label
from measurements.training import networks
from measurements.training.convert import to_tflite
from measurements.training.flatten import flattened

CODE = ("Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda", "TFSMLayer", "function")
"""Layers that carry code, or name any function to call."""

COUNTED_CLASSES = 10
"""A function is asked for a network of so many classes to count its graph."""

_PACKAGES = ("keras", "tf_keras", "builtins")


def build(source: Source, classes: int, *, seed: int = 0, folder: Path | None = None) -> Any:
    """The network: fresh from a function, with its trained weights from a file.

    Args:
        source: a saved model or a function.
        classes: that it has to tell apart.
        seed: of fresh weights.
        folder: where modules are looked for first; None: where this process was started.

    Returns:
        A functional `tf_keras.Model` of plain layers: images in [0, 1] -> `(n, classes)` logits.

    Raises:
        TrainingError: when it is no such model, or tells another number of classes apart.
    """
    tf_keras.backend.clear_session()
    if "keras" in sys.modules:  # Keras 3, in the hands of the user's code: it counts its draws
        sys.modules["keras"].utils.clear_session()
    tf_keras.utils.set_random_seed(seed)
    found = _called(source, classes, folder) if source.kind == "function" else _loaded(source)
    model = flattened(found, source.word)
    outputs = _classes(model, source.word)
    if outputs != classes:
        raise TrainingError(f"{source.word}: tells {outputs} classes apart, not {classes}")
    if source.kind == "function":
        for layer in model.layers:
            if isinstance(layer, tf_keras.layers.BatchNormalization):
                layer.momentum = networks.MOMENTUM
    return model


def counted(source: Source, folder: Path) -> tuple[Graph, str, int | None]:
    """The facts of a network's graph.

    Args:
        source: a saved model or a function.
        folder: where modules are looked for first.

    Returns:
        The graph, the SHA-256 of what the network is, and the classes that it tells apart; None:
        any number.

    Raises:
        DlmoError: as `build`, or when it can't be converted.
    """
    told = None if source.kind == "function" else _classes(_loaded(source), source.word)
    model = build(source, told or COUNTED_CLASSES, folder=folder)
    digest = digest_of(source, model)
    networks.perturb(model)
    return graph.read(to_tflite(model), name=source.word), digest, told


def check(source: Source, name: str) -> None:
    """Refuse a network that is not what its label says.

    Raises:
        HarnessError: when it has changed since it was named.
    """
    model = build(source, COUNTED_CLASSES) if source.kind == "function" else None
    check_unchanged(name, label(source.stem, digest_of(source, model)))


def digest_of(source: Source, model: Any) -> str:
    """SHA-256 of a saved file; of a function, of the architecture that it builds."""
    if source.kind != "function":
        return hashlib.sha256(Path(source.word).read_bytes()).hexdigest()
    told = [[layer.__class__.__name__, layer.get_config()] for layer in model.layers]
    for _, settings in told:
        settings.pop("name", None)
    shapes = [tuple(weight.shape) for weight in model.weights]
    return hashlib.sha256(json.dumps([told, shapes], default=str).encode()).hexdigest()


def _called(source: Source, classes: int, folder: Path | None) -> Any:
    module, _, name = source.word.partition(":")
    here = str(folder or Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        return getattr(importlib.import_module(module), name)(classes)
    except DlmoError:
        raise
    # The user's own code may raise anything.
    except Exception as error:
        raise TrainingError(
            f"{source.word}: {type(error).__name__}: {error}; a function is wanted that takes the "
            "number of classes and gives a Keras model"
        ) from error


def _loaded(source: Source) -> Any:
    """A saved model, in the Keras that it was saved by."""
    path = Path(source.word)
    config = _config(path)
    _check_no_code(config, source.word)
    try:
        if _is_keras_3(path):
            import keras

            return keras.models.load_model(path, compile=False, safe_mode=True)
        return tf_keras.models.load_model(path, compile=False, safe_mode=True)
    # Keras raises whatever it comes upon in a file that is none of its own.
    except Exception as error:
        raise TrainingError(f"{path}: can't be loaded: {type(error).__name__}: {error}") from error


def _config(path: Path) -> Any:
    """What a file says of its layers, read as plain data.

    Raises:
        TrainingError: when it is no saved Keras model.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return json.loads(archive.read("config.json"))
        with h5py.File(path, "r") as file:
            return json.loads(file.attrs["model_config"])
    # h5py and zipfile raise many kinds at a broken file.
    except Exception as error:
        raise TrainingError(f"{path}: no saved Keras model: {error}") from None


def _is_keras_3(path: Path) -> bool:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            version = json.loads(archive.read("metadata.json"))["keras_version"]
    else:
        with h5py.File(path, "r") as file:
            version = file.attrs.get("keras_version", "2")
    return int(str(version).split(".")[0]) >= 3


def _check_no_code(config: Any, where: str) -> None:
    for part in _parts(config):
        kind, module = str(part.get("class_name", "")), part.get("module")
        if kind in CODE:
            raise TrainingError(
                f"{where}: has a {kind} layer, which is code: refused; build the network with "
                "MODULE:FUNCTION"
            )
        if isinstance(module, str) and module.split(".")[0] not in _PACKAGES:
            raise TrainingError(f"{where}: needs {module}.{kind}, which is no part of Keras")


def _parts(config: Any) -> Iterator[dict[str, Any]]:
    """Every table in it, however deep."""
    left = [config]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            yield part
            left += part.values()
        elif isinstance(part, list):
            left += part


def _classes(model: Any, where: str) -> int:
    shape = tuple(model.output_shape) if not isinstance(model.output_shape, list) else ()
    if len(shape) != 2 or not isinstance(shape[1], int) or shape[1] < 2:
        raise TrainingError(
            f"{where}: gives output of shape {model.output_shape}; accepted: (n, classes)"
        )
    return shape[1]
