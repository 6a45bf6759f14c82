"""`probe`: time the few networks that tell most about a device, and forecast the others."""

from __future__ import annotations

from typing import Annotated

import typer

from measurements.command_line import split
from measurements.commands import campaigns
from recommender import options
from recommender.errors import ArgumentError

PROTOCOL = "untrained"


def run(
    out: campaigns.Out,
    device: Annotated[
        str | None,
        typer.Option(
            help="See `devices`, or ssh://…, adb:…; none: this machine, xnnpack, 1 thread."
        ),
    ] = None,
    budget: Annotated[
        int, typer.Option(metavar="N", min=0, help="Cells to time, those in the store included.")
    ] = 10,
    networks: campaigns.Networks = None,
    task: Annotated[
        str, typer.Option(help="Whose classes the networks tell apart; nothing is learned.")
    ] = "digits",
    data_dir: campaigns.DataDir = None,
    cache: campaigns.Cache = None,
    measurements: options.Measurements = None,
    form: Annotated[
        str, typer.Option("--format", metavar="table|json", help="How to show the forecast.")
    ] = "table",
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Time the few cells that tell most about a device, and forecast all the others.

    Nothing is trained: a network takes the same time with random weights. What is measured goes to
    --out, for `dlmo-advise --measurements shipped,OUT --device D`.
    """
    from measurements import campaign, plan, scope
    from measurements.dataset import to_frame
    from measurements.progress import Status
    from recommender import probing
    from recommender.advisor import records
    from recommender.report.probes import PROBE_FORMATS, Probed

    options.check_format(form, PROBE_FORMATS)
    asked = scope.requested(
        networks=split(networks),
        strategies=(),
        tasks=(task,),
        devices=(device,) if device else (),
        protocol=PROTOCOL,
        store=out,
        cache=cache,
        data_dir=data_dir,
    )
    if asked.own:
        raise ArgumentError("probe times shipped networks; 'dlmo-measure run' times your own")
    (name,) = scope.words_of_tasks(asked)
    known = records(split(measurements))
    probes = probing.next_probes(
        to_frame([*known, *plan.held(out)]),
        probing.cells(asked.networks, name, asked.boards[0].name),
        budget,
    )
    status = Status()
    with campaigns.shown(status, quiet) as watch:
        campaign.run(scope.narrowed(asked, [(p.network, p.strategy) for p in probes]), watch)
    frame = to_frame([*known, *plan.held(out)])
    cells = probing.cells(asked.networks, name, asked.boards[0].name)
    print(PROBE_FORMATS[form](Probed.of(frame, cells, probes)), end="")
