"""What a device was when it was measured: the facts that its latencies hang on.

A device that changes in one of them is another one as far as latency goes, whatever its name.
What changes from run to run without such a change (load, frequency, the system's own release) is
no part of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

FACTS = {
    "machine": "the machine",
    "processor": "the processor",
    "cores": "the number of cores",
    "governor": "the frequency governor",
    "kernels": "the kernels",
    "threads": "the threads",
}
"""Fact of a run -> its name for people."""

RUNTIMES = ("ai-edge-litert", "benchmark_model")
"""Packages whose version counts."""

Identity = dict[str, Any]
"""A device's facts, as far as they are known; plain JSON values."""


def identity(environment: Mapping[str, Any]) -> Identity:
    """The facts that count, of a board's answer or of a record's environment.

    Returns:
        Empty where the run did not say what it ran on, as in what was imported.
    """
    if "processor" not in environment:
        return {}
    versions = environment.get("versions")
    runtimes = versions if isinstance(versions, dict) else {}
    found = {fact: environment.get(fact) for fact in FACTS}
    found |= {name: runtimes.get(name) for name in RUNTIMES}
    return {fact: value for fact, value in found.items() if value is not None}


def fingerprint(found: Identity) -> str:
    """Twelve hexadecimal digits, the same for the same facts."""
    content = json.dumps(found, sort_keys=True, ensure_ascii=False).encode()
    return hashlib.sha256(content).hexdigest()[:12]


def change(then: Identity, now: Identity) -> str:
    """What is not as it was.

    Args:
        then: when something was measured.
        now: as the device was last seen.

    Returns:
        `"the processor was A, is B; ai-edge-litert was 2.2.0, is 2.3.0"`; empty when nothing that
        both know of has changed.
    """
    known = [fact for fact in (*FACTS, *RUNTIMES) if fact in then and fact in now]
    return "; ".join(
        f"{FACTS.get(fact, fact)} was {then[fact]}, is {now[fact]}"
        for fact in known
        if then[fact] != now[fact]
    )
