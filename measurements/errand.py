"""What a driver sends to a worker on another machine, and what the worker makes of it.

Paths mean something on one machine only: a protocol goes as its content, a task and the data
folder are looked for under the driver's path and else under the worker's own environment, and the
files that were made come back as their content.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from measurements import atomic, protocol, scope, tasks
from measurements.errors import DlmoError, HarnessError
from measurements.production import Made, Order, Progress, produce, release


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """An order as a worker on another machine gets it."""

    order: Order
    """Its protocol is a shipped one's name or the name of the file below; its cache is empty for
    the worker's own."""
    protocol: bytes | None
    """Content of the protocol's file; None: a shipped one."""
    data_hash: str
    """Of the driver's data; the worker's must be the same."""
    release: str
    """Of the driver's code; the worker's must be the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One strategy of an order, as a worker sends it."""

    made: Made
    """Its path is on the worker's machine."""
    content: bytes | None
    """Of the .tflite; None when it could not be made."""


def errand_of(order: Order, data_hash: str, *, shared: bool) -> Errand:
    """An order that means the same wherever the driver was started."""
    own_task = order.task not in tasks.LOADERS
    own_protocol = not (protocol.FOLDER / f"{order.protocol}.toml").exists()
    return Errand(
        order=replace(
            order,
            protocol=Path(order.protocol).name if own_protocol else order.protocol,
            task=str(Path(order.task).resolve()) if own_task else order.task,
            data_dir=str(Path(order.data_dir).resolve()) if order.data_dir else None,
            cache=str(Path(order.cache).resolve()) if shared else "",
        ),
        protocol=Path(order.protocol).read_bytes() if own_protocol else None,
        data_hash=data_hash,
        release=release(),
    )


class UnwantedError(HarnessError):
    """Nobody waits for it any more."""


def run(errand: Errand) -> list[Parcel]:
    """Make an order's files on this worker.

    Raises:
        HarnessError: when it can't be made here as it would be at the driver's.
    """
    from distributed import get_worker

    worker = get_worker()
    topic = str(worker.get_current_task())
    order = _at_home(errand, worker.address)

    def watch(now: Progress) -> None:
        state = worker.state.tasks.get(topic)
        if state is None or state.state == "cancelled":  # the driver has gone
            raise UnwantedError(topic)
        worker.log_event(topic, {"progress": asdict(now)})

    return [
        Parcel(made=made, content=Path(made.path).read_bytes() if made.path else None)
        for made in produce(order, watch)
    ]


def _at_home(errand: Errand, where: str) -> Order:
    """The order with this machine's paths."""
    if errand.release != release():
        raise HarnessError(
            f"{where}: other code than the driver's: dlmo-advisor {release()}, not {errand.release}"
        )
    order = errand.order
    folder = Path(order.data_dir or "")
    at_hand = folder if order.data_dir and folder.is_dir() else None  # else the environment's
    try:
        data = tasks.load(order.task, at_hand)
    except DlmoError as error:
        raise HarnessError(f"{where}: {error}") from None
    if data.hash != errand.data_hash:
        raise HarnessError(
            f"{where}: its data of '{data.name}' are not the driver's: hash {data.hash}, not "
            f"{errand.data_hash}"
        )
    cache = Path(order.cache) if order.cache else scope.own_cache()
    rules = order.protocol
    if errand.protocol is not None:
        content = hashlib.sha256(errand.protocol).hexdigest()[:16]
        path = cache / "protocols" / content / order.protocol
        atomic.write(path, errand.protocol)
        rules = str(path)
    return replace(
        order, cache=str(cache), protocol=rules, data_dir=str(at_hand) if at_hand else None
    )
