"""Measurements -> the matched pairs that a claim is tested on."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from measurements.strategy import Strategy
from measurements.subject import devices, networks, tasks
from rules.facts import OF_QUERY
from rules.remark import QUANTITIES, Claim, Facts, FactValue, Remark
from rules.situation import of_network, of_query, of_strategy

if TYPE_CHECKING:
    import pandas as pd

_SUSPECT_AS = {"accuracy": "accuracy", "size": "size", "file": "size", "latency": "latency"}
_OF_TASK_AND_DEVICE = OF_QUERY - {"service_class"}


class Key(NamedTuple):
    """What a pair has in common, and the two things of which it may differ in one."""

    task: str
    protocol: str
    seed: str
    network: str
    strategy: str


class Value(NamedTuple):
    """A quantity as measured, the median where it was measured more than once."""

    value: float
    rows: tuple[str, ...]


Cells = Mapping[Key, Mapping[str, Value]]
"""What was measured on one device: key -> quantity -> value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two measurements that differ in one thing."""

    effect: float
    """The one beside its partner: a difference in the quantity's unit, or a ratio."""
    unit: str
    """What is drawn anew in a bootstrap: the network, or the two networks that are compared."""
    over: float | None
    """The fact that a rank correlation is taken with; None where it is not known."""
    rows: tuple[str, ...]
    """Ids of the measurements."""


def cells(frame: pd.DataFrame, device: str, only: frozenset[str] | None = None) -> Cells:
    """What can be believed of a device's measurements.

    Failed ones, suspect values and latencies taken on a busy machine are left out.

    Args:
        frame: as `measurements.to_frame` gives it; columns that are not there are unknown.
        device: name of the device.
        only: names of tasks; None: all.
    """
    found: defaultdict[Key, defaultdict[str, list[tuple[float, str]]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row in _rows(frame):
        if row["device"] != device or row["failure"] or (only and row["task"] not in only):
            continue
        key = Key(
            task=row["task"],
            protocol=str(row["protocol"]),
            seed=str(row["seed"]),
            network=row["network"],
            strategy=Strategy.parse(row["strategy"]).slug,
        )
        for quantity, value in _believed(row):
            found[key][quantity].append((value, str(row["id"])))
    return {
        key: {
            quantity: Value(statistics.median(v for v, _ in seen), tuple(i for _, i in seen))
            for quantity, seen in values.items()
        }
        for key, values in found.items()
    }


def match(remark: Remark, claim: Claim, measured: Cells, device: str) -> list[Pair]:
    """The pairs that a claim is about.

    Args:
        remark: whose `when` says for which tasks and devices the claim is made; the service class
            in it is a wish, not a circumstance, and does not count.
        claim: which measurements are paired with which.
        measured: all of one device.
        device: name of the device.
    """
    when = remark.when.about(_OF_TASK_AND_DEVICE)
    speaks = {key.task: when.holds(_circumstances(key.task, device)) for key in measured}
    peers: defaultdict[Key, list[Key]] = defaultdict(list)
    for key in measured:
        peers[key._replace(network="")].append(key)
    pairs = []
    for key in measured:
        if speaks[key.task] and claim.of.holds(_candidate(key)):
            for partner in _partners(claim, key, peers[key._replace(network="")]):
                pair = _pair(claim, measured, key, partner)
                if pair is not None:
                    pairs.append(pair)
    return pairs


def _rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    usual = {"failure": "", "suspect": "", "noisy": False, "seed": "", "protocol": ""}
    names = ["id", "task", "network", "strategy", "device", *QUANTITIES.values(), *usual]
    columns = [
        frame[name].tolist() if name in frame else [usual.get(name, math.nan)] * len(frame)
        for name in names
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _believed(row: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    suspect = str(row["suspect"]).split()
    for quantity, column in QUANTITIES.items():
        value = row[column]
        if value is None or not math.isfinite(value) or _SUSPECT_AS[quantity] in suspect:
            continue
        if quantity == "latency" and row["noisy"]:
            continue
        yield quantity, value


def _circumstances(task: str, device: str) -> Facts:
    known = of_query(task=tasks().get(task), device=devices().get(device))
    return known | {"task": task, "device": device}


def _candidate(key: Key) -> Facts:
    network, task = networks().get(key.network), tasks().get(key.task)
    known: dict[str, FactValue | None] = {"network": key.network}
    if network is not None:
        known = of_network(network, task.classes if task else None)
    return {**known, **of_strategy(key.strategy)}


def _partners(claim: Claim, key: Key, peers: Iterable[Key]) -> Iterator[Key]:
    """The partners that there may be of a key, given those that differ in the network alone."""
    if claim.against is None:
        strategy = _without(Strategy.parse(key.strategy), claim.without)
        if strategy != key.strategy:
            yield key._replace(strategy=strategy)
        return
    for peer in peers:
        if peer.network != key.network and claim.against.holds(_candidate(peer)):
            yield peer


def _without(strategy: Strategy, parts: frozenset[str]) -> str:
    pruned = strategy.pruned and "pruning" not in parts
    return Strategy(
        distilled=strategy.distilled and "distillation" not in parts,
        pruned=pruned,
        sparsity_pct=strategy.sparsity_pct if pruned else None,
        quantizer=None if "quantizer" in parts else strategy.quantizer,
    ).slug


def _pair(claim: Claim, measured: Cells, key: Key, partner: Key) -> Pair | None:
    one = measured[key].get(claim.quantity)
    other = measured.get(partner, {}).get(claim.quantity)
    if one is None or other is None:
        return None
    if claim.statistic == "median ratio":
        if one.value <= 0 or other.value <= 0:
            return None
        effect = one.value / other.value
    else:
        effect = one.value - other.value
    over = _candidate(key).get(claim.over) if claim.over else None
    same = key.network == partner.network
    return Pair(
        effect=round(effect, 9),
        unit=key.network if same else f"{key.network} beside {partner.network}",
        over=float(over) if isinstance(over, int | float) else None,
        rows=one.rows + other.rows,
    )
