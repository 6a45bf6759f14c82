"""`run plan`: campaigns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from measurements.command_line import split

if TYPE_CHECKING:
    from measurements.backlog import Backlog
    from measurements.campaign import News
    from measurements.progress import Status
    from measurements.scope import Campaign

Out = Annotated[
    Path, typer.Option("--out", metavar="STORE", help="A folder of .jsonl files, or one file.")
]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--networks",
        help="Names, or your own: FILE.tflite, FILE.keras, MODULE:FUNCTION; none: all eight.",
    ),
]
Strategies = Annotated[
    list[str] | None,
    typer.Option(
        "--strategies", metavar="NAME,…", help="As in nq,fiq,prn80+blq; none: the paper's seven."
    ),
]
Tasks = Annotated[
    list[str] | None,
    typer.Option(
        "--tasks", metavar="NAME|PATH,…", help="Also class folders and .npz files; none: digits."
    ),
]
Devices = Annotated[
    list[str] | None,
    typer.Option(
        "--devices",
        help="See `devices`, or ssh://…, adb:…; none: this machine, xnnpack, 1 thread.",
    ),
]
ProtocolName = Annotated[
    str,
    typer.Option(
        "--protocol",
        metavar="NAME|FILE",
        help="How to train: quick, reference, untrained (latencies and sizes alone), or a TOML "
        "file.",
    ),
]
DataDir = Annotated[
    Path | None,
    typer.Option(metavar="DIR", envvar="DLMO_DATA_DIR", help="Folder with cifar10.npz and others."),
]
Cache = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR", help="Checkpoints, made files and scores; none: the user's cache folder."
    ),
]

RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Measure again what has failed before.")
]


def run(
    out: Out,
    networks: Networks = None,
    strategies: Strategies = None,
    tasks: Tasks = None,
    devices: Devices = None,
    protocol: ProtocolName = "quick",
    jobs: Annotated[int, typer.Option(metavar="N", min=1, help="Trainings at the same time.")] = 1,
    backend: Annotated[
        str, typer.Option(metavar="local|dask", help="What trains: this machine, or a cluster.")
    ] = "local",
    scheduler: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="Of the Dask cluster: tcp://HOST:PORT or tls://HOST:PORT."
        ),
    ] = None,
    data_dir: DataDir = None,
    cache: Cache = None,
    train_only: Annotated[
        bool,
        typer.Option(
            "--train-only",
            help="Make and score the files, time nothing: that wants an idle machine.",
        ),
    ] = False,
    retry_failed: RetryFailed = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Train, optimize, convert, score and time what the store does not hold yet."""
    from measurements import campaign
    from measurements.progress import Status, outcome
    from measurements.results import blocks

    asked, backlog = _asked(
        networks=networks,
        strategies=strategies,
        tasks=tasks,
        devices=devices,
        protocol=protocol,
        store=out,
        cache=cache,
        data_dir=data_dir,
        jobs=jobs,
        retry_failed=retry_failed,
        scheduler=_cluster(backend, scheduler, jobs),
    )
    known = [cost for cost in backlog.costs if cost is not None]
    status = Status(expected_s=sum(known) if len(known) == len(backlog.costs) else None)
    with shown(status, quiet) as watch:
        ended = campaign.run(asked, watch, train_only=train_only, data=backlog.data)
    # Columns for people; for programs a line for each cell, with tabs.
    lines = blocks(ended) if sys.stdout.isatty() else [outcome(record) for record in ended]
    for line in lines:
        print(line)
    if train_only:
        print(
            "dlmo-measure: what is missing is made and scored; run again to time it",
            file=sys.stderr,
        )
    elif not ended:
        print("dlmo-measure: every cell is measured already", file=sys.stderr)


def show_plan(
    out: Out,
    networks: Networks = None,
    strategies: Strategies = None,
    tasks: Tasks = None,
    devices: Devices = None,
    protocol: ProtocolName = "quick",
    data_dir: DataDir = None,
    retry_failed: RetryFailed = False,
) -> None:
    """Show the cells that the store does not hold yet, and the minutes that they will take."""
    from measurements.progress import estimate
    from measurements.results import columns

    _, backlog = _asked(
        networks=networks,
        strategies=strategies,
        tasks=tasks,
        devices=devices,
        protocol=protocol,
        store=out,
        data_dir=data_dir,
        retry_failed=retry_failed,
    )
    *cells, total = estimate(backlog.cells, backlog.costs, backlog.failed)
    if sys.stdout.isatty():
        cells = columns([line.split("\t") for line in cells])
    print("\n".join([*cells, total]))


def _asked(
    *,
    networks: list[str] | None,
    strategies: list[str] | None,
    tasks: list[str] | None,
    devices: list[str] | None,
    **rest: Any,
) -> tuple[Campaign, Backlog]:
    """The campaign that the words ask for, and what is left of it; remarks go to stderr."""
    from measurements import plan, scope
    from measurements.backlog import left

    asked = scope.requested(
        networks=split(networks),
        strategies=split(strategies),
        tasks=tuple(split(tasks) or ["digits"]),
        devices=split(devices),
        **rest,
    )
    backlog = left(asked, plan.held(asked.store))
    for remark in backlog.remarks():
        print(f"dlmo-measure: {remark}", file=sys.stderr)
    return asked, backlog


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
def shown(status: Status, quiet: bool) -> Iterator[Callable[[News], None]]:
    """A watcher of a campaign: a live display on a terminal, plain lines elsewhere, or silence."""
    if quiet:
        yield lambda _: None
    elif not sys.stderr.isatty():
        yield lambda news: _say(status.hear(news))
    else:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        def lines() -> Text:
            return Text("\n".join(status.lines()), no_wrap=True, overflow="ellipsis")

        with Live(console=Console(stderr=True), get_renderable=lines):

            def hear(news: News) -> None:
                status.hear(news)

            yield hear


def _say(line: str | None) -> None:
    if line:
        print(line, file=sys.stderr, flush=True)
