"""`plan`: the cells that a store lacks, or what to measure next for one question."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from measurements.command_line import split
from measurements.commands import campaigns
from recommender import options
from recommender.errors import ArgumentError


def run(
    out: Annotated[
        Path | None, typer.Option("--out", help="A folder of .jsonl files, or one file.")
    ] = None,
    networks: campaigns.Networks = None,
    strategies: campaigns.Strategies = None,
    tasks: campaigns.Tasks = None,
    devices: campaigns.Devices = None,
    protocol: campaigns.ProtocolName = "quick",
    data_dir: campaigns.DataDir = None,
    retry_failed: campaigns.RetryFailed = False,
    service_class: Annotated[
        str | None,
        typer.Option("--class", metavar="low-end|mid-end|high-end", help="Of the question."),
    ] = None,
    task: options.Task = None,
    device: options.Device = None,
    network: options.Network = None,
    max_size: options.MaxSize = None,
    max_latency: options.MaxLatency = None,
    min_accuracy: options.MinAccuracy = None,
    max_ram: options.MaxRam = None,
    size_kind: options.SizeKind = "compressed",
    confidence: options.Confidence = 0.9,
    measurements: options.Measurements = None,
    form: Annotated[
        str, typer.Option("--format", metavar="table|json", help="How to answer a question.")
    ] = "table",
    top: Annotated[
        int, typer.Option(metavar="N", min=1, max=1000, help="Measurements to name.")
    ] = 5,
) -> None:
    """Show what a store does not hold yet, or what to measure next for one question.

    With --out alone: a campaign's missing cells, and the minutes that they will take. With --class,
    --task, --device or a limit: the measurements that could change the advice, those first that
    change it most for each minute; or that none is left which can.
    """
    limits = options.constraints(max_size, max_latency, min_accuracy, max_ram)
    asked = (service_class, task, device, max_size, max_latency, min_accuracy, max_ram)
    if all(word is None for word in asked):
        if out is None:
            raise ArgumentError(
                "plan what? --out STORE shows a campaign's missing cells; a question, such as "
                "--class mid-end --max-size 500KB, what to measure next for it"
            )
        campaigns.show_plan(
            out, networks, strategies, tasks, devices, protocol, data_dir, retry_failed
        )
        return
    from recommender.next_measurement import plan
    from recommender.profile import Profile
    from recommender.report.prospects import PLAN_FORMATS

    options.check_format(form, PLAN_FORMATS)
    profile = Profile(
        service_class=service_class or "mid-end",
        task=task,
        device=device,
        networks=tuple(split(network)),
        size_kind=size_kind,
        confidence=confidence,
    )
    stores = [*split(measurements), *([str(out)] if out else [])]
    found = plan(profile, limits, measurements=stores, recipe=protocol, top=top)
    print(PLAN_FORMATS[form](found), end="")
