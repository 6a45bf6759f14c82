"""`devices`: where can be measured."""

from __future__ import annotations


def list_devices() -> None:
    """List the devices with shipped records, and those that this machine can be."""
    from measurements.device.local import boards
    from measurements.subject import devices as shipped

    here = {name: board.device for name, board in boards().items()}
    for device in {**shipped(), **here}.values():
        print(f"{device.name}\t{device.title}")
