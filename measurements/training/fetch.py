"""The data sets that Keras can download."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray


def fetch(name: str) -> dict[str, NDArray[Any]]:
    """Download a data set, or take it from Keras's own cache.

    Args:
        name: `cifar10` or `cifar100`.

    Returns:
        `x_train`, `y_train`, `x_test`, `y_test`.
    """
    from tf_keras import datasets

    (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
