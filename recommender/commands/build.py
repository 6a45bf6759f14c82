"""`dlmo-advise --build`: the file of the pick."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path

from measurements import deployment
from measurements.commands.deployments import requested, teller
from measurements.device import boards
from recommender.advice import Advice
from recommender.constraints import LIMITS
from recommender.wording import quantity


def make(advice: Advice, folder: Path, protocol: str, data: str | None) -> None:
    """Build the pick, measured on its device where that is at hand, else on this machine.

    Limits that the built file does not meet after all are named on stderr.

    Args:
        advice: with a pick.
        folder: of the build.
        protocol: name, or path of its file.
        data: the images, where they are the user's own; None: the advice's task by name.

    Raises:
        HarnessError: when it can't be built.
    """
    pick, device = advice.pick or {}, advice.profile.device
    words = {own.name: word for word, own in advice.advisor.own.items()}
    here = device if device and boards.is_known(device) else None
    request = requested(
        words.get(pick["network"], pick["network"]),
        pick["strategy"],
        data or str(advice.profile.task),
        here,
        protocol,
    )
    card = deployment.build(request, folder, watch=teller(False))
    print(f"built {folder / card.file}, measured on {card.device}", file=sys.stderr)
    for line in broken_limits(advice, {f.name: f.value for f in card.figures}, here is not None):
        print(line, file=sys.stderr)


def broken_limits(advice: Advice, figures: Mapping[str, float], same_device: bool) -> list[str]:
    """The limits that a built file does not meet, a sentence each.

    Args:
        advice: which asked for it.
        figures: of the file, as `measurements.promise` names them.
        same_device: latency and memory were taken where the limits are for.
    """
    size = "file_bytes" if advice.profile.size_kind == "file" else "compressed_bytes"
    found = {"max_size_kb": figures.get(size, math.nan) / 1000}
    found["min_accuracy_pct"] = figures.get("accuracy_pct", math.nan)
    if same_device:
        found["max_latency_ms"] = figures.get("latency_ms", math.nan)
        found["max_ram_kb"] = figures.get("ram_bytes", math.nan) / 1000
    limits = advice.constraints.to_dict()
    return [
        f"the built file breaks {limit.option} {quantity(limit, asked)}: {quantity(limit, now)}"
        for limit in LIMITS
        if (asked := limits[limit.name]) is not None
        and (now := found.get(limit.name, math.nan)) == now
        and (now > asked if limit.upper else now < asked)
    ]
