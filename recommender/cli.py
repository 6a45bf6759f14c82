"""`dlmo-advise`: options, words and exit statuses; what is done is done elsewhere."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from measurements.command_line import execute, split
from recommender import constraints as limits
from recommender.errors import AdviceError, ArgumentError

if TYPE_CHECKING:
    from recommender.advice import Advice

NOTHING_FEASIBLE = 1
"""Exit status when no candidate meets the limits."""

app = typer.Typer(
    name="dlmo-advise",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Measurements = Annotated[
    list[str] | None,
    typer.Option(
        metavar="PATH",
        help="Folders of .jsonl files, or files; 'shipped' stands for the dataset of the package.",
    ),
]
RuleFiles = Annotated[
    list[str] | None, typer.Option(metavar="PATH", help="Rules files beside the shipped ones.")
]


@app.callback(invoke_without_command=True)
def advise(
    context: typer.Context,
    service_class: Annotated[
        str,
        typer.Option("--class", metavar="low-end|mid-end|high-end", help="What the service wants."),
    ] = "mid-end",
    classes: Annotated[
        int | None,
        typer.Option(metavar="N", help="Classes to tell apart: chooses the nearest measured task."),
    ] = None,
    task: Annotated[str | None, typer.Option(help="Dataset, such as cifar10.")] = None,
    device: Annotated[
        str | None, typer.Option(help="Where it is to run; see 'dlmo-advise devices'.")
    ] = None,
    network: Annotated[
        list[str] | None, typer.Option(help="Networks to choose from; commas or repeated.")
    ] = None,
    max_size: Annotated[
        str | None, typer.Option(metavar="SIZE", help="500KB (1000 bytes), 488KiB, 0.5MB.")
    ] = None,
    max_latency: Annotated[
        str | None, typer.Option(metavar="TIME", help="Of one image: 50ms, 0.05s.")
    ] = None,
    min_accuracy: Annotated[
        str | None, typer.Option(metavar="PERCENT", help="Of the test images: 85.")
    ] = None,
    max_ram: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Working memory: 256KB.")
    ] = None,
    size_kind: Annotated[
        str, typer.Option(metavar="compressed|file", help="What --max-size bounds.")
    ] = "compressed",
    confidence: Annotated[
        float, typer.Option(metavar="P", help="Probability with which each limit must hold.")
    ] = 0.9,
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
    measurements: Measurements = None,
    rules: RuleFiles = None,
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
) -> None:
    """Say which optimization of which network to put on an edge device, and why.

    Exit status: 0 advice given, 1 nothing feasible, 2 wrong usage, 3 any other error.
    """
    if context.invoked_subcommand is not None:
        return
    from recommender.advisor import Advisor
    from recommender.constraints import Constraints
    from recommender.profile import Profile

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
    constraints = Constraints(
        max_size_kb=None if max_size is None else limits.size_kb(max_size),
        max_latency_ms=None if max_latency is None else limits.latency_ms(max_latency),
        min_accuracy_pct=None if min_accuracy is None else limits.accuracy_pct(min_accuracy),
        max_ram_kb=None if max_ram is None else limits.size_kb(max_ram),
    )
    form = "plot" if plot else form
    check_format(form, ("table", "json", "markdown", "html", "plot"))
    advisor = Advisor.load(split(measurements), split(rules))
    advice = advisor.advise(profile, constraints, top=top)
    write(advice, form, output)
    raise typer.Exit(0 if advice.feasible else NOTHING_FEASIBLE)


@app.command()
def devices(
    measurements: Measurements = None,
) -> None:
    """List the devices with measurements, and the tasks measured on each."""
    from rich.console import Console
    from rich.table import Table

    from recommender.advisor import Advisor

    forecast = Advisor.load(split(measurements)).forecast
    table = Table(box=None, pad_edge=False)
    for column in ("device", "measured tasks", "measured candidates"):
        table.add_column(column)
    for name in forecast.devices:
        tasks = forecast.tasks(name, measured=True)
        counts = sum(int(forecast.board(name, task).measured.sum()) for task in tasks)
        table.add_row(name, ", ".join(tasks), str(counts))
    Console(highlight=False).print(table)


@app.command()
def audit(
    device: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Devices; none: all with records.")
    ] = None,
    task: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Tasks; none: all with records.")
    ] = None,
    measurements: Measurements = None,
    rules: RuleFiles = None,
    form: Annotated[
        str, typer.Option("--format", metavar="table|json|markdown", help="How to show it.")
    ] = "table",
) -> None:
    """Hold every remark against the measurements: confirmed, contradicted, mixed or untested."""
    from measurements.dataset import to_frame
    from recommender.advisor import load_rules, records
    from recommender.report.findings import FORMATS
    from rules.audit import audit as hold_against

    check_format(form, FORMATS)
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
    measurements: Measurements = None,
) -> None:
    """Say how far the forecasts can be trusted: errors, intervals and regret on what was left out.

    Beside the model stand the simple ways to do without one.
    """
    check_format(form, ("table", "json"))
    from recommender.advisor import records
    from recommender.evaluate import evaluate as evaluated
    from recommender.report.scores import EVALUATION_FORMATS

    print(EVALUATION_FORMATS[form](evaluated(records(split(measurements)), holdout)), end="")


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


def check_format(form: str, names: Iterable[str]) -> None:
    """Refuse an unknown format before anything is computed.

    Raises:
        ArgumentError: naming the known ones.
    """
    from measurements.errors import known

    if form not in names:
        raise ArgumentError(f"unknown format '{form}'{known(form, names)}")


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
