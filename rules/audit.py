"""Remarks and measurements -> confirmed, contradicted, mixed or untested, with the numbers.

A claim is tested on matched pairs: two measurements of one device, task, protocol and seed that
differ in the strategy alone, or in the network alone. Its statistic over the pairs gets a bootstrap
interval, and the verdict is read off the interval: *confirmed* when it lies within the claimed
range, *contradicted* when it lies outside, *mixed* when it crosses an end, *untested* with fewer
than three pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rules.bootstrap import median_interval, rank_correlation, trend_interval
from rules.pairs import Pair, cells, match
from rules.remark import Claim, Remark, Rules, Term
from rules.verdict import Audit, VerdictWord

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 3
"""Pairs, and for a trend networks, below which nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What measurements say about one claim of a remark on one device."""

    remark: str
    """Id of the remark."""
    device: str
    """Name of the device."""
    label: str
    """What is compared; empty for a remark without claims."""
    quantity: str
    """A key of `rules.remark.QUANTITIES`; empty for a remark without claims."""
    verdict: VerdictWord
    """What the interval says."""
    words: str
    """The numbers in a sentence, without the verdict: `24 pairs, int8 0.44 times the latency`."""
    pairs: int = 0
    """Matched pairs."""
    effect: float | None = None
    """The claim's statistic over them."""
    low: float | None = None
    """Lower end of its interval."""
    high: float | None = None
    """Upper end of its interval."""
    holds_for: tuple[str, ...] = ()
    """Networks, or pairs of networks, for which the claim holds taken alone."""
    fails_for: tuple[str, ...] = ()
    """Those for which it does not."""
    rows: tuple[str, ...] = ()
    """Ids of the measurements behind it, sorted."""

    def to_dict(self) -> dict[str, Any]:
        """All fields, as JSON takes them."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {name: list(v) if isinstance(v, tuple) else v for name, v in values.items()}


def audit(
    rules: Rules,
    frame: pd.DataFrame,
    devices: Sequence[str] | None = None,
    tasks: Sequence[str] | None = None,
) -> list[Finding]:
    """Test every claim of every remark on every device.

    Args:
        rules: the remarks.
        frame: as `measurements.to_frame` gives it. Failed rows, suspect values and latencies taken
            on a busy machine do not enter.
        devices: names of devices; those of the frame, sorted, by default.
        tasks: names of tasks; all by default.

    Returns:
        One finding for each device, remark and claim, in that order; one for a remark without
        claims, untested with its reason. The order of rows changes nothing.
    """
    only = None if tasks is None else frozenset(tasks)
    names = sorted(set(frame["device"])) if devices is None else devices
    findings = []
    for device in names:
        measured = cells(frame, device, only)
        for remark in rules:
            if remark.untestable:
                findings.append(_untestable(remark, device))
            for claim in remark.claims:
                pairs = match(remark, claim, measured, device)
                findings.append(_test(remark, claim, device, pairs))
    return findings


def by_remark(findings: Iterable[Finding], device: str) -> dict[str, Audit]:
    """What the findings of one device say about each remark as a whole.

    Parts that could not be tested are named and do not count; the others must agree, else the
    remark is mixed.

    Args:
        findings: as `audit` gives them.
        device: name of the device.

    Returns:
        Id of the remark -> its audit, for `rules.judge.judge`.
    """
    parts: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.device == device:
            parts.setdefault(finding.remark, []).append(finding)
    return {remark: _join(found) for remark, found in parts.items()}


def _join(parts: Sequence[Finding]) -> Audit:
    tested = [part for part in parts if part.verdict != "untested"]
    verdicts = {part.verdict for part in tested}
    if not tested:
        return Audit(verdict="untested", words=f"untested here: {parts[0].words}")
    verdict: VerdictWord = tested[0].verdict if len(verdicts) == 1 else "mixed"
    if len(verdicts) == 1:
        words = "; ".join(part.words for part in tested)
    else:
        words = "; ".join(f"{part.quantity} {part.verdict}, {part.words}" for part in tested)
    known = {part.quantity for part in tested}
    left = dict.fromkeys(part.quantity for part in parts if part.quantity not in known)
    unsaid = f", {' and '.join(left)} untested" if left else ""
    return Audit(verdict=verdict, words=f"{verdict} here{unsaid}: {words}")


def _untestable(remark: Remark, device: str) -> Finding:
    return Finding(
        remark=remark.id,
        device=device,
        label="",
        quantity="",
        verdict="untested",
        words=remark.untestable,
    )


def _test(remark: Remark, claim: Claim, device: str, matched: Iterable[Pair]) -> Finding:
    known = [pair for pair in matched if claim.over is None or pair.over is not None]
    pairs = sorted(known, key=lambda pair: (pair.unit, pair.effect, pair.rows))
    units = sorted({pair.unit for pair in pairs})
    finding = Finding(
        remark=remark.id,
        device=device,
        label=claim.label,
        quantity=claim.quantity,
        verdict="untested",
        words=_too_few(claim, pairs, units),
        pairs=len(pairs),
        rows=tuple(sorted({row for pair in pairs for row in pair.rows})),
    )
    if finding.words:
        return finding
    effect, low, high = _statistic(claim, pairs, units)
    if math.isnan(low):
        return replace(finding, words="all pairs are alike: there is no trend to be told")
    alone = [] if claim.over else units
    holds = tuple(unit for unit in alone if _holds_for(claim, pairs, unit))
    fails = tuple(unit for unit in alone if unit not in holds)
    verdict = _verdict(claim, low, high, bool(fails))
    return replace(
        finding,
        verdict=verdict,
        words=f"{len(pairs)} pairs, {_say(claim, effect, low, high)}"
        f"{_exceptions(verdict, holds, fails)}",
        effect=effect,
        low=low,
        high=high,
        holds_for=holds,
        fails_for=fails,
    )


def _too_few(claim: Claim, pairs: Sequence[Pair], units: Sequence[str]) -> str:
    """Why nothing can be said; empty when something can."""
    if len(pairs) < FEWEST:
        return f"{len(pairs)} {'pair' if len(pairs) == 1 else 'pairs'}, and it takes {FEWEST}"
    if claim.over is not None and len(units) < FEWEST:
        noun = "network" if len(units) == 1 else "networks"
        return f"{len(units)} {noun}, and a trend takes {FEWEST}"
    return ""


def _statistic(
    claim: Claim, pairs: Sequence[Pair], units: Sequence[str]
) -> tuple[float, float, float]:
    """The claim's statistic over the pairs with the ends of its interval."""
    effects = np.array([pair.effect for pair in pairs])
    groups = np.array([units.index(pair.unit) for pair in pairs])
    if claim.over is None:
        return round(float(np.median(effects)), 9), *median_interval(effects, groups)
    over = np.array([pair.over for pair in pairs], dtype=float)
    return round(rank_correlation(effects, over), 9), *trend_interval(effects, over, groups)


def _verdict(claim: Claim, low: float, high: float, fails: bool) -> VerdictWord:
    claimed = _claimed(claim)
    if claimed.within(low) and claimed.within(high):
        return "mixed" if claim.every and fails else "confirmed"
    below = claim.at_least is not None and high < claim.at_least
    above = claim.at_most is not None and low > claim.at_most
    return "contradicted" if below or above else "mixed"


def _claimed(claim: Claim) -> Term:
    return Term(fact=claim.quantity, at_least=claim.at_least, at_most=claim.at_most)


def _holds_for(claim: Claim, pairs: Sequence[Pair], unit: str) -> bool:
    effects = [pair.effect for pair in pairs if pair.unit == unit]
    return _claimed(claim).within(round(float(np.median(effects)), 9))


def _say(claim: Claim, effect: float, low: float, high: float) -> str:
    if claim.over is not None:
        return (
            f"{claim.label} in {claim.quantity} goes with {claim.over} by a rank correlation of "
            f"{effect:+z.2f} ({low:+z.2f} to {high:+z.2f})"
        )
    if claim.statistic == "median ratio":
        ratio, lowest, highest = (_ratio(value) for value in (effect, low, high))
        return f"{claim.label} {ratio} times the {claim.quantity} ({lowest} to {highest})"
    unit = "points of accuracy" if claim.quantity == "accuracy" else f"of {claim.quantity}"
    return f"{claim.label} {effect:+z.1f} {unit} ({low:+z.1f} to {high:+z.1f})"


def _ratio(value: float) -> str:
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _exceptions(verdict: str, holds: Sequence[str], fails: Sequence[str]) -> str:
    if verdict == "confirmed":
        return f", but not for {', '.join(fails)}" if fails else ""
    if verdict == "contradicted":
        return f", but it holds for {', '.join(holds)}" if holds else ""
    parts = (("holds for", holds), ("not for", fails))
    return "".join(f", {word} {', '.join(names)}" for word, names in parts if names)
