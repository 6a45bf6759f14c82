"""`build verify`: files to deploy."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from measurements.command_line import split
from measurements.commands import campaigns

if TYPE_CHECKING:
    from measurements.build_request import Request
    from measurements.deployment import Verdict
    from measurements.record import Measurement

BROKEN = 1
"""Exit status when a promise does not hold."""

Device = Annotated[
    str | None,
    typer.Option(help="See `devices`, or ssh://…, adb:…; none: this machine, xnnpack, 1 thread."),
]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress.")]


def build(
    candidate: Annotated[
        str,
        typer.Argument(
            metavar="NETWORK+STRATEGY",
            help="As vgg+prn+blq; FILE.tflite, FILE.keras or MODULE:FUNCTION for a network of your "
            "own.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DIR", help="The folder to make.")],
    task: Annotated[
        str, typer.Option(help="Name, class folder or .npz file that it learns.")
    ] = "digits",
    device: Device = None,
    protocol: campaigns.ProtocolName = "quick",
    seed: Annotated[
        int | None, typer.Option(min=0, help="Of the training; none: the protocol's first.")
    ] = None,
    c_array: Annotated[
        bool, typer.Option("--c-array", help="A .cc and .h for TensorFlow Lite Micro besides.")
    ] = False,
    data_dir: campaigns.DataDir = None,
    cache: campaigns.Cache = None,
    quiet: Quiet = False,
) -> None:
    """Make the .tflite of a network and a strategy, with its labels and a card of what it promises.

    Trains, or takes the weights that the cache holds.
    """
    from measurements import deployment
    from measurements.own_network import parted
    from measurements.promise import NAMES

    network, strategy = parted(candidate)
    request = requested(
        network, strategy, task, device, protocol, cache=cache, data_dir=data_dir, seed=seed
    )
    card = deployment.build(request, out, c_files=c_array, watch=teller(quiet))
    for figure in card.figures:
        print(f"{NAMES[figure.name]:12} {figure}")


def requested(
    network: str,
    strategy: str,
    task: str,
    device: str | None,
    protocol: str,
    *,
    cache: Path | None = None,
    data_dir: Path | None = None,
    seed: int | None = None,
) -> Request:
    """What a user's words ask to be built.

    Raises:
        UnknownNameError: with the nearest known name.
        HarnessError: for a network of the user's own that can't be read.
    """
    from measurements import scope
    from measurements.build_request import Request

    asked = scope.requested(
        networks=(network,),
        strategies=(strategy,),
        tasks=(task,),
        devices=(device,) if device else (),
        protocol=protocol,
        store=Path(),
        cache=cache,
        data_dir=data_dir,
    )
    return Request(
        network=asked.networks[0],
        strategy=asked.strategies[0].slug,
        task=task,
        protocol=protocol,
        board=asked.boards[0],
        cache=asked.cache,
        seed=seed,
        data_dir=data_dir,
        own=asked.own.get(asked.networks[0]),
    )


def verify(
    what: Annotated[
        str, typer.Argument(metavar="DIR|RECORD", help="A build, or the id of a record.")
    ],
    task: Annotated[
        str | None, typer.Option(help="Path of the data, where they are the user's own.")
    ] = None,
    network: Annotated[
        str | None, typer.Option(help="Of a record: where the network is, if it is your own.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(help="Where to measure; none: where it was promised for.")
    ] = None,
    protocol: Annotated[
        str | None, typer.Option(help="File of a record's protocol, where it is no shipped one.")
    ] = None,
    measurements: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="Stores of records, beside the shipped ones."),
    ] = None,
    data_dir: campaigns.DataDir = None,
    cache: Annotated[
        Path | None, typer.Option(help="Checkpoints to go on from; none: all is trained anew.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Build again, measure again: does each promised figure fall into its interval?

    Exits with 1 when one does not.
    """
    from measurements import deployment, rebuilding

    with _cache(cache) as place:
        if Path(what).is_dir():
            request = rebuilding.request_of(Path(what), place, data_dir, device)
        else:
            record = _record(what, measurements)
            request = rebuilding.request_of_record(record, place, data_dir, device, network)
        request = replace(
            request,
            task=task or request.task,
            protocol=protocol or request.protocol,
        )
        found = deployment.verify(request, teller(quiet))
    print("\n".join(lines(found)))
    raise typer.Exit(0 if found.holds else BROKEN)


def lines(verdict: Verdict) -> list[str]:
    """What was found, for people."""
    from measurements.promise import NAMES, shown

    found = [f"{'figure':12} {'promised':38} {'now':>12}  {'':9}".rstrip(), "─" * 75]
    for outcome in verdict.outcomes:
        now = "unknown" if outcome.now is None else shown(outcome.now)
        word = "holds" if outcome.holds else "NOT TAKEN" if outcome.now is None else "BROKEN"
        name = NAMES[outcome.promised.name]
        found.append(f"{name:12} {outcome.promised!s:38} {now:>12}  {word}")
    if verdict.same_bytes is not None:
        found += ["", f"The file came out {'the same' if verdict.same_bytes else 'different'}."]
    if verdict.noisy:
        found += ["", "The machine was busy while the latency was taken: verify on an idle one."]
    if verdict.promised_noisily:
        found += ["", "It was busy when the latency was promised: build on an idle one."]
    return found


def teller(quiet: bool) -> Callable[[str], None]:
    """Says on stderr how it goes, each thing once."""
    last = ""

    def tell(line: str) -> None:
        nonlocal last
        if not quiet and line != last:
            print(line, file=sys.stderr, flush=True)
        last = line

    return tell


def _record(what: str, stores: list[str] | None) -> Measurement:
    from measurements.dataset import read
    from measurements.errors import UnknownNameError

    paths = split(stores)
    records: list[Measurement] = [*read(), *(read(*paths) if paths else ())]
    for record in records:
        if record.id == what:
            return record
    raise UnknownNameError(f"'{what}': neither a folder nor the id of a record there is")


@contextmanager
def _cache(folder: Path | None) -> Iterator[Path]:
    """The folder that is asked for, or a fresh one."""
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory() as fresh:
        yield Path(fresh)
