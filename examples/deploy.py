"""A step of a deployment pipeline: ask, build, verify; fail with a reason that a person can read.

python examples/deploy.py OUT --class mid-end --max-size 500KB --max-latency 50ms
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from measurements import deployment, rebuilding
from measurements.build_request import Request
from measurements.device import boards
from measurements.errors import DlmoError
from measurements.promise import NAMES
from recommender import Advisor, Constraints, Profile
from recommender.constraints import latency_ms, size_kb


def main() -> int:
    """Deploy, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder of the build")
    parser.add_argument("--class", dest="service_class", default="mid-end")
    parser.add_argument("--max-size", default="500KB", type=size_kb)
    parser.add_argument("--max-latency", default="50ms", type=latency_ms)
    parser.add_argument("--task", default="digits")
    parser.add_argument("--protocol", default="quick")
    parser.add_argument("--board", default=boards.USUAL.name)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "dlmo-deploy")
    asked = parser.parse_args()
    try:
        advice = Advisor.load().advise(
            Profile(service_class=asked.service_class, task=asked.task),
            Constraints(max_size_kb=asked.max_size, max_latency_ms=asked.max_latency),
        )
        if advice.pick is None:
            changes = [r["change"] for r in advice.to_dict()["relaxations"]]
            return fail(f"nothing fits; any of these would change that: {changes}")
        request = Request(
            network=advice.pick["network"],
            strategy=advice.pick["strategy"],
            task=asked.task,
            protocol=asked.protocol,
            board=boards.board(asked.board),
            cache=asked.cache,
        )
        card = deployment.build(request, asked.out)
        verdict = deployment.verify(rebuilding.request_of(asked.out, asked.cache))
    except DlmoError as error:
        return fail(str(error))
    broken = [outcome for outcome in verdict.outcomes if not outcome.holds]
    if broken:
        words = [f"{NAMES[o.promised.name]} is {o.now}, promised {o.promised}" for o in broken]
        busy = " (the machine was busy)" if verdict.noisy else ""
        return fail("; ".join(words) + busy)
    print(f"deployed {asked.out / card.file}")
    return 0


def fail(reason: str) -> int:
    """Stop the pipeline."""
    print(f"not deployed: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
