"""`dlmo-advise`: options, words and exit statuses; what is done is done elsewhere."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from measurements.command_line import execute, split
from recommender import options
from recommender.errors import AdviceError, ArgumentError

if TYPE_CHECKING:
    from measurements.own_network import OwnNetwork
    from recommender.advice import Advice

NOTHING_FEASIBLE = 1
"""Exit status when no candidate meets the limits."""

app = typer.Typer(
    name="dlmo-advise",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def advise(
    context: typer.Context,
    service_class: options.ServiceClass = "mid-end",
    classes: options.Classes = None,
    task: options.Task = None,
    device: options.Device = None,
    network: options.Network = None,
    max_size: options.MaxSize = None,
    max_latency: options.MaxLatency = None,
    min_accuracy: options.MinAccuracy = None,
    max_ram: options.MaxRam = None,
    size_kind: options.SizeKind = "compressed",
    confidence: options.Confidence = 0.9,
    evidence: Annotated[
        str, typer.Option(metavar="any|measured", help="Whether predictions may be picked.")
    ] = "any",
    follow: Annotated[
        str,
        typer.Option(
            metavar="both|paper|evidence",
            help="Remarks decide near ties; the paper's strategy is law; no remarks.",
        ),
    ] = "both",
    measurements: options.Measurements = None,
    rules: options.RuleFiles = None,
    form: Annotated[
        str,
        typer.Option(
            "--format",
            metavar="table|json|markdown|html|plot",
            help="How to answer; html is a page.",
        ),
    ] = "table",
    plot: Annotated[
        bool, typer.Option("--plot", help="Draw the Pareto front; short for --format plot.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the answer there.")
    ] = None,
    top: Annotated[
        int, typer.Option(metavar="N", min=0, max=1000, help="Rivals and near misses to name.")
    ] = 5,
    build: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Build the pick, as dlmo-measure build does.")
    ] = None,
    protocol: Annotated[
        str, typer.Option(metavar="quick|reference|FILE", help="With --build: how it is trained.")
    ] = "reference",
    data: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="With --build: the images, where they are your own."),
    ] = None,
) -> None:
    """Say which optimization of which network to put on an edge device, and why.

    Exit status: 0 advice given, 1 nothing feasible, 2 wrong usage, 3 any other error.
    """
    if context.invoked_subcommand is not None:
        return
    from recommender.advisor import Advisor
    from recommender.own_devices import limited
    from recommender.profile import Profile

    constraints = options.constraints(max_size, max_latency, min_accuracy, max_ram)
    constraints, size_kind, added = limited(device, constraints, size_kind)
    profile = Profile(
        service_class=service_class,
        task=task,
        classes=classes,
        device=device,
        networks=tuple(split(network)),
        size_kind=size_kind,
        confidence=confidence,
        evidence=evidence,
        follow=follow,
    )
    form = "plot" if plot else form
    options.check_format(form, ("table", "json", "markdown", "html", "plot"))
    advisor = Advisor.load(split(measurements), split(rules), profile.networks)
    advice = advisor.advise(profile, constraints, top=top)
    for limit in added:
        print(f"dlmo-advise: limited to the {limit}", file=sys.stderr)
    for own in advisor.own.values():
        introduce(own, str(advice.profile.task))
    write(advice, form, output)
    if build and advice.pick:
        from recommender.commands.build import make

        make(advice, build, protocol, data)
    raise typer.Exit(0 if advice.feasible else NOTHING_FEASIBLE)


@app.command()
def devices(
    measurements: options.Measurements = None,
) -> None:
    """List the devices with measurements, the tasks measured on each, and of how many candidates.

    A candidate is measured when its accuracy, size and latency are; a device that was only timed
    has latencies, which advice joins to accuracies predicted from other devices.
    """
    from rich.console import Console
    from rich.table import Table

    from measurements.terminal import printable
    from recommender.advisor import Advisor

    forecast = Advisor.load(split(measurements)).forecast
    table = Table(box=None, pad_edge=False)
    for column in ("device", "measured tasks", "measured candidates", "with latency"):
        table.add_column(column)
    for name in forecast.devices:
        tasks = forecast.tasks(name, measured=True)
        boards = [forecast.board(name, task) for task in tasks]
        whole = sum(int(board.measured.sum()) for board in boards)
        timed = sum(int(board.quantities["latency_ms"].given.sum()) for board in boards)
        table.add_row(printable(name), printable(", ".join(tasks)), str(whole), str(timed))
    Console(highlight=False).print(table)


@app.command()
def audit(
    device: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Devices; none: all with records.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Tasks; none: all with records.")
    ] = None,
    measurements: options.Measurements = None,
    rules: options.RuleFiles = None,
    form: Annotated[
        str, typer.Option("--format", metavar="table|json|markdown", help="How to show it.")
    ] = "table",
) -> None:
    """Hold every remark against the measurements: confirmed, contradicted, mixed or untested."""
    from measurements.dataset import to_frame
    from recommender.advisor import load_rules, records
    from recommender.report.findings import FORMATS
    from rules.audit import audit as hold_against

    options.check_format(form, FORMATS)
    frame = to_frame(records(split(measurements)))
    devices, tasks = split(device), split(task)
    check_names("device", devices, frame["device"])
    check_names("task", tasks, frame["task"])
    found = hold_against(load_rules(split(rules)), frame, devices or None, tasks or None)
    print(FORMATS[form](found), end="")


@app.command()
def evaluate(
    holdout: Annotated[
        str, typer.Option(metavar="network|device|task|strategy", help="What is left out whole.")
    ] = "network",
    form: Annotated[
        str, typer.Option("--format", metavar="table|json", help="How to answer.")
    ] = "table",
    measurements: options.Measurements = None,
    probes: Annotated[
        str | None,
        typer.Option(metavar="0,3,5,10", help="With --holdout device: cells of it to give back."),
    ] = None,
) -> None:
    """Say how far the forecasts can be trusted: errors, intervals and regret on what was left out.

    Beside the model stand the simple ways to do without one.
    """
    options.check_format(form, ("table", "json"))
    from dataclasses import replace

    from recommender.advisor import records
    from recommender.evaluate import evaluate as evaluated
    from recommender.report.scores import EVALUATION_FORMATS

    counts = options.counts(probes)
    if counts and holdout != "device":
        raise ArgumentError("--probes goes with --holdout device")
    rows = records(split(measurements))
    found = evaluated(rows, holdout)
    if counts:
        from recommender.probe_curve import curve

        found = replace(found, probes=tuple(curve(rows, counts)))
    print(EVALUATION_FORMATS[form](found), end="")


def introduce(own: OwnNetwork, task: str) -> None:
    """Say on stderr what was read of a network of the user's own."""
    from measurements.subject import tasks

    print(own.described(), file=sys.stderr)
    if own.kind == "tflite" and own.classes is None:
        print(
            f"{own.name} is no classifier: its size and latency are forecast as they are, its "
            f"accuracy is that of a classifier of its kind for {task}",
            file=sys.stderr,
        )
    known = tasks().get(task)
    if known and own.classes not in (None, known.classes):
        print(
            f"{own.name} tells {own.classes} classes apart, {task} has {known.classes}: its "
            f"accuracy is forecast as that of such a network for {task}",
            file=sys.stderr,
        )


def check_names(kind: str, asked: list[str], there: Iterable[str]) -> None:
    """Refuse names that the measurements do not hold.

    Raises:
        ArgumentError: naming the nearest.
    """
    from measurements.errors import known

    names = set(there)
    for name in asked:
        if name not in names:
            raise ArgumentError(f"unknown {kind} '{name}'{known(name, names)}")


def write(advice: Advice, form: str, output: Path | None) -> None:
    """Write an answer to a file or to stdout, whole or not at all.

    Raises:
        AdviceError: when the file can't be written.
    """
    from recommender.report import FORMATS, as_table

    if output is None:
        if form == "table" and sys.stdout.isatty():
            from rich.console import Console

            terminal = Console()
            text = as_table(advice, width=terminal.width, colour=not terminal.no_color)
        else:
            text = FORMATS[form](advice)
        print(text, end="")
        return
    fresh = output.with_name(f".{output.name}.part")
    try:
        fresh.write_text(FORMATS[form](advice), encoding="utf-8")
        fresh.replace(output)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise AdviceError(f"{output}: can't be written: {error.strerror}") from None


def main(arguments: list[str] | None = None) -> int:
    """Run `dlmo-advise`."""
    # Loading modules makes many objects and little garbage: look for it less often than usual.
    gc.set_threshold(100_000)
    return execute(app, "dlmo-advise", arguments)


if __name__ == "__main__":
    sys.exit(main())
