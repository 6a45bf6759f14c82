"""`devices`: where can be measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from measurements.device.inventory import Entry


def list_devices(
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no device whether it is there.")
    ] = False,
) -> None:
    """List the devices with shipped records, those that this machine can be, and the user's own.

    The user's are described in the file that DLMO_DEVICES names, or in devices.toml in the user's
    configuration folder. Each is asked what it is: with that, advice knows stale records.
    """
    from measurements.device import inventory
    from measurements.device.local import boards
    from measurements.subject import devices as shipped

    own = inventory.entries()
    here = {name: board.device for name, board in boards().items()}
    for device in {**shipped(), **here}.values():
        if device.name not in own:
            print(f"{device.name}\t{device.title}")
    if own:
        for line in _looked_at(list(own.values()), offline=offline):
            print(line, flush=True)


def _looked_at(entries: list[Entry], *, offline: bool) -> list[str]:
    """A line for each of the user's devices: what it is, and how it is now."""
    from concurrent.futures import ThreadPoolExecutor

    from measurements.device import notes
    from measurements.device.boards import described
    from measurements.device.census import Look, last_seen, look

    before = notes.seen()
    if offline:
        looks = [last_seen(entry.name, before) for entry in entries]
    else:
        with ThreadPoolExecutor(len(entries)) as pool:
            looks = list(pool.map(lambda entry: look(described(entry), before), entries))
        # Of those that are not there now, what they were is kept.
        found = {one.name: one.identity or before.get(one.name) for one in looks}
        notes.note({name: identity for name, identity in found.items() if identity})

    def line(entry: Entry, found: Look) -> str:
        title = entry.title or described(entry).device.title
        return f"{entry.name}\t{title}\t{found.words}"

    return [line(entry, found) for entry, found in zip(entries, looks, strict=True)]
