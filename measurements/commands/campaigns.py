"""`run plan`: campaigns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from measurements.command_line import split

if TYPE_CHECKING:
    from measurements.campaign import News
    from measurements.progress import Status

Out = Annotated[Path, typer.Option("--out", help="A folder of .jsonl files, or one file.")]
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


def run(
    out: Out,
    networks: Networks = None,
    strategies: Strategies = None,
    tasks: Tasks = None,
    devices: Devices = None,
    protocol: ProtocolName = "quick",
    jobs: Annotated[int, typer.Option(min=1, help="Trainings at the same time.")] = 1,
    backend: Annotated[
        str, typer.Option(metavar="local|dask", help="What trains: this machine, or a cluster.")
    ] = "local",
    scheduler: Annotated[
        str | None, typer.Option(help="Of the Dask cluster: tcp://HOST:PORT or tls://HOST:PORT.")
    ] = None,
    data_dir: DataDir = None,
    cache: Cache = None,
    train_only: Annotated[
        bool,
        typer.Option("--train-only", help="Make the files, measure nothing: that wants idle time."),
    ] = False,
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
        scheduler=_cluster(backend, scheduler, jobs),
    )
    records = plan.held(out)
    costs = plan.costs(plan.missing(scope.wanted(asked), records), records)
    known = [cost for cost in costs if cost is not None]
    status = Status(expected_s=sum(known) if len(known) == len(costs) else None)
    with _shown(status, quiet) as watch:
        ended = campaign.run(asked, watch, train_only=train_only)
    for record in ended:
        print(outcome(record))
    if train_only:
        print("dlmo-measure: what is missing is made; run again to measure it", file=sys.stderr)
    elif not ended:
        print("dlmo-measure: every cell is measured already", file=sys.stderr)


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


def _cluster(backend: str, scheduler: str | None, jobs: int) -> str | None:
    """The scheduler to train with; None: this machine trains."""
    if backend not in ("local", "dask"):
        raise typer.BadParameter(f"'{backend}'; known: local, dask", param_hint="'--backend'")
    if (backend == "dask") != (scheduler is not None):
        raise typer.BadParameter("--backend dask and --scheduler ADDRESS go together")
    if scheduler and jobs > 1:
        raise typer.BadParameter("--jobs is for this machine; a cluster's size is its own")
    return scheduler


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
