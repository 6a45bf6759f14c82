"""What was observed: the dataset (network, strategy, task, device) -> (accuracy, size, latency)."""

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
