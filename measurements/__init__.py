"""What was observed: the dataset (network, strategy, task, device) -> (accuracy, size, latency)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from measurements.dataset import append, merge, read, to_frame
    from measurements.errors import (
        ConversionError,
        DatasetError,
        DeviceError,
        DlmoError,
        HarnessError,
        TrainingError,
    )
    from measurements.record import Measurement
    from measurements.strategy import Strategy
    from measurements.subject import Device, Network, Task

__all__ = [
    "ConversionError",
    "DatasetError",
    "Device",
    "DeviceError",
    "DlmoError",
    "HarnessError",
    "Measurement",
    "Network",
    "Strategy",
    "Task",
    "TrainingError",
    "append",
    "merge",
    "read",
    "to_frame",
]

_MODULES = {
    "dataset": ("append", "merge", "read", "to_frame"),
    "errors": (
        "ConversionError",
        "DatasetError",
        "DeviceError",
        "DlmoError",
        "HarnessError",
        "TrainingError",
    ),
    "record": ("Measurement",),
    "strategy": ("Strategy",),
    "subject": ("Device", "Network", "Task"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    # Loaded when first asked for: a question about a ready forecast reads no record, and a small
    # board that times a model has no use for the dataset layer.
    if name in _HOME:
        return getattr(import_module(f"measurements.{_HOME[name]}"), name)
    raise AttributeError(f"module 'measurements' has no attribute {name!r}")
