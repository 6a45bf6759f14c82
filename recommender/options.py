"""Options that make a question, for every command that takes one; and the question they make."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from measurements.errors import known
from recommender import constraints as limits
from recommender.constraints import Constraints
from recommender.errors import ArgumentError

LARGEST_COUNT = 10_000
"""Of probes."""

ServiceClass = Annotated[
    str, typer.Option("--class", metavar="low-end|mid-end|high-end", help="What the service wants.")
]
Classes = Annotated[
    int | None,
    typer.Option(metavar="N", help="Classes to tell apart: chooses the nearest measured task."),
]
Task = Annotated[str | None, typer.Option(help="Dataset, such as cifar10.")]
Device = Annotated[str | None, typer.Option(help="Where it is to run; see 'dlmo-advise devices'.")]
Network = Annotated[
    list[str] | None,
    typer.Option(
        help="Networks to choose from; commas or repeated. Names, or your own: FILE.tflite, "
        "FILE.keras, MODULE:FUNCTION."
    ),
]
MaxSize = Annotated[
    str | None, typer.Option(metavar="SIZE", help="500KB (1000 bytes), 488KiB, 0.5MB.")
]
MaxLatency = Annotated[str | None, typer.Option(metavar="TIME", help="Of one image: 50ms, 0.05s.")]
MinAccuracy = Annotated[str | None, typer.Option(metavar="PERCENT", help="Of the test images: 85.")]
MaxRam = Annotated[str | None, typer.Option(metavar="SIZE", help="Working memory: 256KB.")]
SizeKind = Annotated[str, typer.Option(metavar="compressed|file", help="What --max-size bounds.")]
Confidence = Annotated[
    float, typer.Option(metavar="P", help="Probability with which each limit must hold.")
]
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


def constraints(
    max_size: str | None, max_latency: str | None, min_accuracy: str | None, max_ram: str | None
) -> Constraints:
    """The limits as they were typed.

    Raises:
        ArgumentError: for one that can't be meant.
    """
    return Constraints(
        max_size_kb=None if max_size is None else limits.size_kb(max_size),
        max_latency_ms=None if max_latency is None else limits.latency_ms(max_latency),
        min_accuracy_pct=None if min_accuracy is None else limits.accuracy_pct(min_accuracy),
        max_ram_kb=None if max_ram is None else limits.size_kb(max_ram),
    )


def check_format(form: str, names: Iterable[str]) -> None:
    """Refuse an unknown format before anything is computed.

    Raises:
        ArgumentError: naming the known ones.
    """
    if form not in names:
        raise ArgumentError(f"unknown format '{form}'{known(form, names)}")


def counts(text: str | None) -> list[int]:
    """Numbers with commas between, `0,3,5,10`; none for None.

    Raises:
        ArgumentError: for anything else.
    """
    try:
        found = [int(word) for word in (text or "").split(",") if word.strip()]
    except ValueError:
        found = [-1]
    if any(not 0 <= number <= LARGEST_COUNT for number in found):
        raise ArgumentError(f"'{text}' is no list of numbers such as 0,3,5,10")
    return found
