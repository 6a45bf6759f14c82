"""Looking at devices: are they there, can they run models, and are they what they were?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from measurements.device import base
from measurements.device.base import Board
from measurements.device.fingerprint import Identity, change, fingerprint, identity
from measurements.errors import DeviceError


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a device was found."""

    name: str
    """Of the device."""
    identity: Identity
    """What it is; empty when it can't be told."""
    words: str
    """That it is ready, or why not."""


def look(board: Board, before: Mapping[str, Identity]) -> Look:
    """Ask a device what it is.

    Args:
        board: the device.
        before: what devices were when they were last looked at.
    """
    try:
        facts = base.check(board)
    except DeviceError as error:
        return Look(name=board.name, identity={}, words=str(error).removeprefix(f"{board.name}: "))
    found = identity(facts)
    words = f"ready, {fingerprint(found)}: {_spoken(facts)}"
    if changed := change(before.get(board.name, {}), found):
        words += f"; changed: {changed}"
    if facts.get("untried"):
        words += f"; {facts['untried']}"
    return Look(name=board.name, identity=found, words=words)


def last_seen(name: str, before: Mapping[str, Identity]) -> Look:
    """What is known of a device without asking it."""
    found = before.get(name, {})
    words = f"last seen as {fingerprint(found)}" if found else "never looked at"
    return Look(name=name, identity=found, words=words)


def _spoken(facts: Mapping[str, object]) -> str:
    versions = facts["versions"]
    runtimes = versions if isinstance(versions, dict) else {}
    named = ", ".join(f"{k} {v}" for k, v in runtimes.items() if k != "python")
    return f"{facts['processor']}, {facts['cores']} core(s), {named}"
