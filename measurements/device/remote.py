"""What boards at an address have in common: setting, name, and how patiently they are asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from measurements.device.address import AdbAddress, Setting, SshAddress
from measurements.device.persistence import PAUSES_S


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteBoard:
    """A board that is not this machine, with certain kernels and threads."""

    address: SshAddress | AdbAddress
    """Where."""
    setting: Setting = field(default_factory=Setting)
    """How."""
    called: str = ""
    """What the user calls it; empty: its address, kernels and threads."""
    silence_s: float
    """Seconds without an answer after which it hangs."""
    pauses_s: Sequence[float] = PAUSES_S
    """Seconds before each new attempt at a job that was interrupted."""

    @property
    def name(self) -> str:
        """As in records, `pi4.lan-xnnpack-4t`."""
        return self.called or f"{self.address.name}-{self.kernels}-{self.threads}t"

    @property
    def kernels(self) -> str:
        """`xnnpack`, `builtin` or `reference`."""
        return self.setting.kernels

    @property
    def threads(self) -> int:
        """Threads of one inference."""
        return self.setting.threads
