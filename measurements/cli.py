"""`dlmo-measure`: options, words and exit statuses; what is done is done elsewhere."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from measurements.errors import DlmoError

if TYPE_CHECKING:
    from measurements.campaign import News
    from measurements.progress import Status

STOPPED = 130
"""Exit status after Ctrl-C, as shells have it."""

# Typer carries a click of its own since 0.26 and the public one before: this is either's.
UsageError: type[typer.BadParameter] = typer.BadParameter.__bases__[0]

app = typer.Typer(
    name="dlmo-measure",
    help="Measure optimized networks on a device, and keep, exchange and show the measurements.",
    add_completion=False,
    pretty_exceptions_enable=False,
)

Stores = Annotated[
    list[str] | None,
    typer.Option(
        "--measurements",
        metavar="PATH",
        help="Folders of .jsonl files, or files, beside the shipped ones; commas or repeated.",
    ),
]
Out = Annotated[Path, typer.Option("--out", help="A folder of .jsonl files, or one file.")]


@app.command()
def tables(
    device: Annotated[str, typer.Option(help="Whose measurements to show.")] = "sensors-2022",
    form: Annotated[
        str, typer.Option("--format", metavar="terminal|md|csv|latex", help="How to set them.")
    ] = "terminal",
    measurements: Stores = None,
) -> None:
    """Show the paper's Tables 5-14 for a device, beside the published values."""
    from measurements.dataset import read
    from measurements.tables import fill
    from measurements.typesetting import typeset

    records = read()
    if paths := split(measurements):
        records += read(*paths)
    print(typeset(fill(records, device), form), end="")


@app.command(name="import")
def import_files(
    files: Annotated[list[Path], typer.Argument(help="Tables and benchmark logs.")],
    out: Out,
    mapping: Annotated[
        Path | None,
        typer.Option(help="What the files' words stand for, in TOML; none: the shipped one."),
    ] = None,
    device: Annotated[str, typer.Option(help="Device of rows that name none.")] = "",
    task: Annotated[str, typer.Option(help="Task of benchmarked models that name none.")] = "",
) -> None:
    """Add published tables (CSV) and outputs of litert-benchmark and benchmark_model to a store."""
    from measurements.dataset import add
    from measurements.errors import DatasetError
    from measurements.importing import read_files
    from measurements.mapping import SHIPPED, load

    found = read_files(files, load(mapping or SHIPPED), device, task)
    for refusal in found.refusals:
        print(refusal, file=sys.stderr)
    if not found.records:
        raise DatasetError(
            f"none of {len(found.refusals)} rows could be taken; nothing was written"
        )
    added = add(found.records, out)
    held = len(found.records) - added
    print(
        f"{added} measurements added to {out}, {held} already there, "
        f"{len(found.refusals)} rows not taken",
        file=sys.stderr,
    )


@app.command()
def export(
    out: Annotated[Path, typer.Option("--output", "-o", help="The file to write.")],
    form: Annotated[
        str, typer.Option("--format", metavar="csv|parquet", help="What to write.")
    ] = "csv",
    measurements: Annotated[
        list[str] | None,
        typer.Option(
            "--measurements", metavar="PATH", help="What to export; none: what is shipped."
        ),
    ] = None,
) -> None:
    """Write measurements for other tools: one row each, in %, kB (1000 bytes) and ms."""
    from measurements.dataset import read, to_frame
    from measurements.exporting import export as write

    frame = to_frame(read(*split(measurements)))
    write(frame, form, out)
    print(f"{len(frame)} measurements written to {out}", file=sys.stderr)


@app.command()
def merge(
    sources: Annotated[list[Path], typer.Argument(help="Files or folders to take from.")],
    out: Out,
) -> None:
    """Copy what a store does not hold yet from other stores."""
    from measurements.dataset import merge as merge_stores

    print(f"{merge_stores(sources, out)} measurements added to {out}", file=sys.stderr)


Networks = Annotated[list[str] | None, typer.Option("--networks", help="None: all eight.")]
Strategies = Annotated[
    list[str] | None,
    typer.Option("--strategies", help="As in nq, fiq, prn80+blq; none: the paper's seven."),
]
Tasks = Annotated[
    list[str] | None,
    typer.Option("--tasks", help="Names, class folders or .npz files; none: digits."),
]
Devices = Annotated[
    list[str] | None,
    typer.Option("--devices", help="See `devices`; none: this machine, xnnpack, 1 thread."),
]
ProtocolName = Annotated[str, typer.Option("--protocol", metavar="quick|reference|FILE")]
DataDir = Annotated[
    Path | None, typer.Option(envvar="DLMO_DATA_DIR", help="Folder with cifar10.npz and others.")
]
Cache = Annotated[
    Path | None, typer.Option(help="Checkpoints and made files; none: the user's cache folder.")
]


@app.command()
def run(
    out: Out,
    networks: Networks = None,
    strategies: Strategies = None,
    tasks: Tasks = None,
    devices: Devices = None,
    protocol: ProtocolName = "quick",
    jobs: Annotated[int, typer.Option(min=1, help="Trainings at the same time.")] = 1,
    data_dir: DataDir = None,
    cache: Cache = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Train, optimize, convert, score and time what the store does not hold yet."""
    from measurements import campaign, plan, scope
    from measurements.progress import Status, outcome

    asked = scope.requested(
        networks=split(networks),
        strategies=split(strategies),
        tasks=tuple(split(tasks) or ["digits"]),
        devices=split(devices),
        protocol=protocol,
        store=out,
        cache=cache,
        data_dir=data_dir,
        jobs=jobs,
    )
    records = plan.held(out)
    costs = plan.costs(plan.missing(scope.wanted(asked), records), records)
    known = [cost for cost in costs if cost is not None]
    status = Status(expected_s=sum(known) if len(known) == len(costs) else None)
    with _shown(status, quiet) as watch:
        ended = campaign.run(asked, watch)
    for record in ended:
        print(outcome(record))
    if not ended:
        print("dlmo-measure: every cell is measured already", file=sys.stderr)


@app.command(name="plan")
def show_plan(
    out: Out,
    networks: Networks = None,
    strategies: Strategies = None,
    tasks: Tasks = None,
    devices: Devices = None,
    protocol: ProtocolName = "quick",
) -> None:
    """Show the cells that the store does not hold yet, and the minutes that they will take."""
    from measurements import plan, scope
    from measurements.progress import estimate

    asked = scope.requested(
        networks=split(networks),
        strategies=split(strategies),
        tasks=tuple(split(tasks) or ["digits"]),
        devices=split(devices),
        protocol=protocol,
        store=out,
    )
    records = plan.held(out)
    cells = plan.missing(scope.wanted(asked), records)
    print("\n".join(estimate(cells, plan.costs(cells, records))))


@app.command(name="devices")
def list_devices() -> None:
    """List the devices with shipped records, and those that this machine can be."""
    from measurements.device.local import boards
    from measurements.subject import devices as shipped

    here = {name: board.device for name, board in boards().items()}
    for device in {**shipped(), **here}.values():
        print(f"{device.name}\t{device.title}")


@contextmanager
def _shown(status: Status, quiet: bool) -> Iterator[Callable[[News], None]]:
    """A watcher of a campaign: a live display on a terminal, plain lines elsewhere, or silence."""
    if quiet:
        yield lambda _: None
    elif not sys.stderr.isatty():
        yield lambda news: _say(status.hear(news))
    else:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        with Live(
            console=Console(stderr=True), get_renderable=lambda: Text("\n".join(status.lines()))
        ):

            def hear(news: News) -> None:
                status.hear(news)

            yield hear


def _say(line: str | None) -> None:
    if line:
        print(line, file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    """Run `dlmo-measure`; see `execute`."""
    return execute(app, "dlmo-measure", arguments)


def execute(command: typer.Typer, name: str, arguments: list[str] | None = None) -> int:
    """Run a command line: one sentence on stderr for an error, never a traceback.

    Args:
        command: the commands.
        name: as the user calls it.
        arguments: the words after the name; None: those of this process.

    Returns:
        Exit status: the command's own, 2 wrong usage, 3 any other error that the user can mend.
    """

    def refuse(sentence: str, status: int) -> int:
        print(f"{name}: {' '.join(sentence.split())}", file=sys.stderr)
        return status

    # Typer checks options with pydantic, which would search all installed packages for plugins.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    warnings.showwarning = lambda message, *_, **__: print(f"{name}: {message}", file=sys.stderr)
    try:
        status = command(args=arguments, prog_name=name, standalone_mode=False) or 0
        sys.stdout.flush()
        return refuse("stopped", status) if status == STOPPED else int(status)
    except BrokenPipeError:
        # Whoever read has seen enough. Python must not try to write the rest when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (typer.Abort, KeyboardInterrupt):
        return refuse("stopped", STOPPED)
    except UsageError as error:
        return refuse(error.format_message(), 2)
    except DlmoError as error:
        return refuse(str(error), 2 if isinstance(error, ValueError) else 3)


def split(values: list[str] | None) -> list[str]:
    """The words of an option that takes several, by commas or repetition; blanks are dropped."""
    return [word.strip() for value in values or () for word in value.split(",") if word.strip()]


if __name__ == "__main__":
    sys.exit(main())
