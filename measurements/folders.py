"""A folder of class folders -> arrays, as an .npz holds them.

The class folders may lie in `train` and `test`; else a fifth of each class becomes the test split.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements.errors import HarnessError
from measurements.images import SUFFIXES, read_image

TEST_SHARE = 0.2
"""Of each class, where the images are not split."""

Classes = dict[str, list[Path]]


def read(folder: Path, rows: int, columns: int) -> dict[str, NDArray[Any]]:
    """Read all images of a folder.

    Args:
        folder: holds class folders, or `train` and `test` with class folders in both.
        rows: that images are scaled to.
        columns: that images are scaled to.

    Returns:
        `x_train`, `y_train`, `x_test`, `y_test` and `class_names`, the names of the folders.

    Raises:
        HarnessError: for less than two classes, a class without images, an image that can't be
            read, or classes that are not in both splits.
    """
    train, test = _splits(folder)
    arrays: dict[str, NDArray[Any]] = {"class_names": np.array(list(train))}
    for part, classes in (("train", train), ("test", test)):
        files = [file for inside in classes.values() for file in inside]
        counts = [len(inside) for inside in classes.values()]
        arrays[f"x_{part}"] = np.stack([read_image(file, rows, columns) for file in files])
        arrays[f"y_{part}"] = np.repeat(np.arange(len(counts)), counts)
    return arrays


def _splits(folder: Path) -> tuple[Classes, Classes]:
    if not ((folder / "train").is_dir() and (folder / "test").is_dir()):
        return _split(_classes(folder))
    train, test = _classes(folder / "train"), _classes(folder / "test")
    if odd := sorted(set(train) ^ set(test)):
        raise HarnessError(
            f"{folder}: train and test have different classes: '{odd[0]}' is in one of them"
        )
    return train, test


def _classes(folder: Path) -> Classes:
    """Class -> its image files, both sorted."""
    classes = {
        inside.name: sorted(f for f in inside.iterdir() if f.suffix.lower() in SUFFIXES)
        for inside in sorted(folder.iterdir())
        if inside.is_dir() and not inside.name.startswith(".")
    }
    if len(classes) < 2:
        raise HarnessError(f"{folder}: class folders: {len(classes)}; at least two are needed")
    for word, images in classes.items():
        if not images:
            raise HarnessError(
                f"{folder / word}: no image in this class; accepted: {', '.join(SUFFIXES)}"
            )
    return classes


def _split(classes: Classes) -> tuple[Classes, Classes]:
    train, test = {}, {}
    for word, files in classes.items():
        if len(files) < 2:
            raise HarnessError(f"{files[0].parent}: one image; a class needs two to be split")
        order = np.random.default_rng(0).permutation(len(files))
        cut = max(1, round(len(files) * TEST_SHARE))
        test[word] = [files[i] for i in order[:cut]]
        train[word] = [files[i] for i in order[cut:]]
    return train, test
