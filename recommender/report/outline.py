"""What every human-readable report says, before it is set as a table or as Markdown."""

from __future__ import annotations

import math
from typing import Any

from recommender import reasons, wording
from recommender.advice import Advice, Verdict
from recommender.constraints import LIMITS, Constraints
from recommender.profile import Profile

_PLAIN_ENGLISH = {
    "max_size_kb": "size at most",
    "max_latency_ms": "latency at most",
    "min_accuracy_pct": "accuracy at least",
    "max_ram_kb": "memory at most",
}


def question(advice: Advice) -> str:
    """The question in a sentence."""
    return asked_for(advice.profile, advice.constraints)


def asked_for(profile: Profile, constraints: Constraints) -> str:
    """A question in a sentence."""
    limits = constraints.to_dict()
    asked = [
        f"{_PLAIN_ENGLISH[limit.name]} {wording.quantity(limit, value)}"
        for limit in LIMITS
        if (value := limits[limit.name]) is not None
    ]
    kind = " (stored file)" if profile.size_kind == "file" else ""
    held = f", each held with {profile.confidence:.0%} confidence" if asked else ""
    return (
        f"{profile.service_class} service, {profile.task} on {profile.device}: "
        f"{', '.join(asked) or 'no limits'}{kind}{held}"
    )


def headline(advice: Advice) -> str:
    """The answer in a sentence."""
    pick = advice.pick
    if pick is None:
        return "Nothing is feasible within these limits."
    return (
        f"Deploy {name(pick)}: {value('accuracy_pct', pick)}, {value(_size(advice), pick)}, "
        f"{value('latency_ms', pick)} ({pick['evidence']})."
    )


def name(candidate: dict[str, Any]) -> str:
    """`vgg PRN`."""
    return f"{candidate['network']} {candidate['setup']}"


def columns(advice: Advice) -> tuple[str, ...]:
    """Of the table of candidates."""
    size = "stored file" if _size(advice) == "file_kb" else "size"
    return ("candidate", "accuracy", size, "latency", "evidence")


def cells(advice: Advice, candidate: dict[str, Any]) -> tuple[str, ...]:
    """A candidate's row under `columns`; predictions carry their interval."""
    return (
        name(candidate),
        *(_with_interval(t, candidate) for t in ("accuracy_pct", _size(advice), "latency_ms")),
        candidate["evidence"],
    )


def _size(advice: Advice) -> str:
    """The size that the question is about: what it limits is what it is shown."""
    return "file_kb" if advice.profile.size_kind == "file" else "size_kb"


def value(target: str, candidate: dict[str, Any]) -> str:
    """One quantity of a candidate with its unit."""
    known = candidate[target]
    return _FORMS[target](known["value"]) if known else "unknown"


def near_miss(miss: dict[str, Any]) -> str:
    """A near miss in a line."""
    candidate = miss["candidate"]
    return f"{name(candidate)} ({candidate['evidence']}) {candidate['reasons'][1]}"


def relaxations(advice: Advice, entries: list[dict[str, Any]]) -> list[str]:
    """Every relaxation in a line; where nothing is feasible and none helps, why."""
    if not entries and not advice.feasible:
        return [f"no change of limits helps: {reasons.of_silence(advice)}"]
    return [relaxation(advice, entry) for entry in entries]


def relaxation(advice: Advice, entry: dict[str, Any]) -> str:
    """A relaxation in a line: the options to change and what they buy."""
    bought = entry["buys"]
    options = " ".join(
        f"{limit.option} {_as_option(limit.name, entry['change'][limit.name]['to'])}"
        for limit in LIMITS
        if limit.name in entry["change"]
    )
    moved = ", ".join(f"{c['change_pct']:+.1f}%" for c in entry["change"].values())
    gain = bought["accuracy_pct"]["value"]
    pick = advice.pick
    versus = ""
    if pick is not None:
        difference = gain - pick["accuracy_pct"]["value"]
        versus = f", {'+' if difference >= 0 else '-'}{wording.points(difference)}"
    return (
        f"{options} ({moved}) buys {name(bought)} ({bought['evidence']}): "
        f"{value('accuracy_pct', bought)}{versus}, {value(_size(advice), bought)}, "
        f"{value('latency_ms', bought)}"
    )


def remarks(advice: Advice) -> list[Verdict]:
    """The remarks worth reading here: what weighs on the pick, and what is recommended instead.

    What would weigh on it but is contradicted on this device is among them, with the figures. All
    that speak to the question are in the JSON.
    """
    pick = advice.choice.pick
    weighing = {s[1:] for s in advice.speakers[pick]} if pick is not None else set()
    return [v for v in advice.verdicts if v.id in weighing or v.effect == "recommend"]


def doubt(advice: Advice) -> str | None:
    """In a line: what the answer relies on and measured devices contradict; None: nothing."""
    named = {v.id for v in remarks(advice)}
    rivals = {s[1:] for i in advice.choice.alternatives for s in advice.speakers[i] if s[0] == "-"}
    doubted = [v for v in advice.verdicts if v.contradicted_on and v.id in named | rivals]
    if not doubted or advice.profile.follow == "evidence":
        return None
    where = sorted({device for v in doubted for device in v.contradicted_on})
    return (
        f"Measured devices ({', '.join(where)}) contradict {', '.join(v.id for v in doubted)}: "
        "measure yours with 'dlmo-measure run --out STORE' and ask again with --measurements "
        "shipped,STORE --device NAME."
    )


def stale(advice: Advice) -> str | None:
    """In a line: which records the device has outlived; None: none that the answer rests on."""
    board, choice = advice.ranking.board, advice.choice
    shown = [*choice.alternatives, *choice.near_misses]
    shown += [] if choice.pick is None else [choice.pick]
    rows = {row for index in shown for row in board.rows[int(index)]}
    changes = [board.stale[row] for row in sorted(rows) if row in board.stale]
    if not changes:
        return None
    return (
        f"Stale: {board.device} is no longer what {len(changes)} of these {len(rows)} records were "
        f"taken on: {changes[0]}. 'dlmo-measure run' takes them anew."
    )


def remark(verdict: Verdict) -> str:
    """A remark in a line, with its source."""
    audit = f" [{_short(verdict.audit)}]" if verdict.audit else ""
    about = f" {verdict.strategy}" if verdict.effect == "recommend" else ""
    return f"{verdict.id}, {verdict.effect}{about}: {verdict.says}{audit} ({verdict.source})"


def _short(audit: str) -> str:
    """The verdict; with its figures where the remark loses its say by it."""
    return audit if audit.startswith("contradicted") else audit.split(":")[0]


def basis(advice: Advice) -> str:
    """What the answer rests on, in a line."""
    held = advice.basis
    return (
        f"From {held.n_measurements} measurements on {', '.join(held.devices)} "
        f"(sha256 {held.sha256[:12]})."
    )


def _as_option(limit_name: str, target: float) -> str:
    limit = next(limit for limit in LIMITS if limit.name == limit_name)
    text = wording.bound(limit, target).replace(",", "").replace(" ", "")
    return text.removesuffix("%")


def _with_interval(target: str, candidate: dict[str, Any]) -> str:
    known = candidate[target]
    if not known:
        return "unknown"
    if candidate["evidence"] == "measured" or known["low"] == known["high"]:
        return _FORMS[target](known["value"])
    # An end that nobody can give is None: it is unknown, and shown as such.
    ends = (math.nan if known[end] is None else known[end] for end in ("low", "high"))
    return _FORMS[target](known["value"], *ends)


_FORMS = {
    "accuracy_pct": wording.percent,
    "size_kb": wording.kilobytes,
    "file_kb": wording.kilobytes,
    "latency_ms": wording.milliseconds,
}
