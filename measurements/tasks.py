"""The images of a task, checked before anything is trained.

Shipped tasks go by name; the user's own is a folder of class folders or an .npz. All images become
32 x 32 bytes in RGB, or what a network of the user's own takes; networks take them as 0 to 1.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements import folders
from measurements.errors import HarnessError, UnknownNameError, known
from measurements.images import Bytes, as_rgb, resized

Labels = NDArray[np.int64]

DATA_DIR = "DLMO_DATA_DIR"
"""Environment variable: where the data sets are."""

Shape = tuple[int, int, int]
"""Rows, columns and channels of an image."""

SHAPE: Shape = (32, 32, 3)
"""What the shipped networks take."""

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
"""What an .npz holds; `class_names` and `groups_train` may be beside them."""


@dataclass(frozen=True, kw_only=True)
class TaskData:
    """Images and labels of a task, in a fixed shuffled order."""

    name: str
    """As in records."""
    x_train: Bytes
    """`(n, rows, columns, channels)`, usually 32 x 32 x 3."""
    y_train: Labels
    """`(n,)`, from 0."""
    x_test: Bytes
    """`(m, rows, columns, channels)`."""
    y_test: Labels
    """`(m,)`, from 0."""
    class_names: tuple[str, ...]
    """As people write them, in the order of the labels."""
    mirrors: bool = True
    """A mirrored image is of the same class, so that training may mirror."""
    groups: NDArray[Any] | None = None
    """`(n,)`: training images that belong together, such as parts of one frame, share a value; they
    are never split between training and validation."""
    usual_hash: str | None = None
    """Hash of the same task at the usual shape, where the images have another one."""

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @cached_property
    def hash(self) -> str:
        """Of the content: images, labels and class names, 16 hexadecimal digits.

        Of images at the usual shape, whatever shape these have: the task is the same.
        """
        if self.usual_hash:
            return self.usual_hash
        digest = hashlib.sha256("\0".join(self.class_names).encode())
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()[:16]


def load(name: str, data_dir: Path | str | None = None, shape: Shape = SHAPE) -> TaskData:
    """Load a task.

    Args:
        name: one of `LOADERS`, or the path of the user's own folder or .npz.
        data_dir: folder that holds `<name>.npz`; None: that of the environment.
        shape: rows, columns and channels, 1 or 3, of the images.

    Raises:
        UnknownNameError: when the name is neither.
        HarnessError: saying what is wrong with the data.
    """
    data = _shuffled(_loaded(name, data_dir, SHAPE))
    if tuple(shape) == SHAPE:
        return data
    return replace(_shuffled(_loaded(name, data_dir, shape)), usual_hash=data.hash)


def _loaded(name: str, data_dir: Path | str | None, shape: Shape) -> TaskData:
    path = Path(name)
    if name in LOADERS:
        folder = data_dir or os.environ.get(DATA_DIR)
        return LOADERS[name](name, Path(folder) if folder else None, shape)
    if path.is_dir():
        arrays = folders.read(path, *shape[:2])
        return _from_arrays(path.resolve().name, arrays, str(path), shape)
    if path.suffix == ".npz" and path.exists():
        return _from_npz(path, path.stem, shape)
    raise UnknownNameError(
        f"unknown task '{name}', and no such folder or .npz{known(name, LOADERS)}"
    )


def _digits(name: str, _: Path | None, shape: Shape) -> TaskData:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = _shaped(as_rgb(bunch.images / 16, name), shape)
    labels = bunch.target.astype(np.int64)
    order = np.random.default_rng(0).permutation(len(labels))
    train, test = np.split(order, [-(len(labels) // 5 + 1)])
    return TaskData(
        name=name,
        x_train=images[train],
        y_train=labels[train],
        x_test=images[test],
        y_test=labels[test],
        class_names=tuple(str(n) for n in bunch.target_names),
        mirrors=False,
    )


def _stored(name: str, folder: Path | None, shape: Shape) -> TaskData:
    path = (folder or Path()) / f"{name}.npz"
    if not folder or not path.exists():
        raise HarnessError(
            f"{name}: no {name}.npz in {folder or 'any folder'}; name its folder with --data-dir "
            f"or {DATA_DIR}"
        )
    return _from_npz(path, name, shape)


def _stored_or_fetched(name: str, folder: Path | None, shape: Shape) -> TaskData:
    if folder and (folder / f"{name}.npz").exists():
        return _from_npz(folder / f"{name}.npz", name, shape)
    try:
        from measurements.training.fetch import fetch

        arrays = fetch(name)
    # No TensorFlow, no network, a broken download: the loader has no error of its own.
    except Exception as error:
        raise HarnessError(
            f"{name}: no {name}.npz in {folder or 'any folder'}, and Keras can't fetch it "
            f"({type(error).__name__}); name its folder with --data-dir or {DATA_DIR}"
        ) from error
    return _from_arrays(name, arrays, name, shape)


LOADERS: dict[str, Callable[[str, Path | None, Shape], TaskData]] = {
    "cifar10": _stored_or_fetched,
    "cifar100": _stored_or_fetched,
    "parking": _stored,
    "digits": _digits,
}
"""Shipped task -> how it is loaded."""


def _shaped(images: Bytes, shape: Shape) -> Bytes:
    """RGB images at a shape; grey is the mean of the colours."""
    scaled = resized(images, *shape[:2])
    if shape[2] == images.shape[3]:
        return scaled
    return np.asarray(np.rint(scaled.mean(axis=3, keepdims=True)), dtype=np.uint8)


def _from_npz(path: Path, name: str, shape: Shape) -> TaskData:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
        raise HarnessError(f"{path}: can't be read as .npz of plain arrays: {error}") from None
    return _from_arrays(name, arrays, str(path), shape)


def _from_arrays(name: str, arrays: dict[str, NDArray[Any]], where: str, shape: Shape) -> TaskData:
    if missing := [key for key in ARRAYS if key not in arrays]:
        raise HarnessError(f"{where}: no '{missing[0]}' in it; needed: {', '.join(ARRAYS)}")
    images = [
        _shaped(as_rgb(arrays[key], f"{where}: {key}"), shape) for key in ("x_train", "x_test")
    ]
    labels = [_labels(arrays[key], f"{where}: {key}") for key in ("y_train", "y_test")]
    classes = max(int(split.max(initial=-1)) for split in labels) + 1
    names = [str(word) for word in arrays.get("class_names", range(classes))]
    for split, key in zip(labels, ("y_train", "y_test"), strict=True):
        _check_range(split, len(names), f"{where}: {key}")
    data = TaskData(
        name=name,
        x_train=images[0],
        y_train=labels[0],
        x_test=images[1],
        y_test=labels[1],
        class_names=tuple(names),
        groups=arrays.get("groups_train"),
    )
    _check(data, where)
    return data


def _labels(labels: NDArray[Any], where: str) -> Labels:
    flat = labels.ravel()
    if not np.issubdtype(flat.dtype, np.integer):
        raise HarnessError(f"{where}: {flat.dtype} labels; accepted: whole numbers from 0")
    return flat.astype(np.int64)


def _check_range(labels: Labels, classes: int, where: str) -> None:
    outside = labels[(labels < 0) | (labels >= classes)]
    if outside.size:
        raise HarnessError(
            f"{where}: label {outside[0]} is out of range; accepted: 0 to {classes - 1}"
        )


def _check(data: TaskData, where: str) -> None:
    pairs = (("train", data.x_train, data.y_train), ("test", data.x_test, data.y_test))
    for part, images, labels in pairs:
        if len(images) != len(labels):
            raise HarnessError(f"{where}: {len(images)} {part} images, {len(labels)} labels")
    if data.groups is not None and data.groups.shape != data.y_train.shape:
        raise HarnessError(
            f"{where}: groups_train of shape {data.groups.shape}; accepted: one for each of the "
            f"{len(data.y_train)} training images"
        )
    if data.classes < 2:
        raise HarnessError(f"{where}: one class only; a classifier needs at least two")
    in_train, in_test = (set(np.unique(labels).tolist()) for _, _, labels in pairs)
    if len(in_train) < 2:
        raise HarnessError(f"{where}: one class only in train; a classifier needs at least two")
    if in_train != in_test:
        odd = data.class_names[min(in_train ^ in_test)]
        raise HarnessError(f"{where}: train and test have different classes: '{odd}' is in one")
    if empty := sorted(set(range(data.classes)) - in_train):
        raise HarnessError(f"{where}: no image of class '{data.class_names[empty[0]]}'")


def _shuffled(data: TaskData) -> TaskData:
    random = np.random.default_rng(0)
    train, test = random.permutation(len(data.y_train)), random.permutation(len(data.y_test))
    return replace(
        data,
        x_train=data.x_train[train],
        y_train=data.y_train[train],
        x_test=data.x_test[test],
        y_test=data.y_test[test],
        groups=None if data.groups is None else data.groups[train],
    )
