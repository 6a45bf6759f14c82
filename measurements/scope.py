"""What a campaign measures, from a user's words to the cells."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from measurements import own_network, plan, protocol, tasks
from measurements.device import boards
from measurements.device.base import Board
from measurements.errors import HarnessError, UnknownNameError
from measurements.own_network import OwnNetwork
from measurements.plan import Cell
from measurements.strategy import SETUPS, Strategy
from measurements.subject import networks as shipped_networks
from measurements.timing import Repetition

TEACHER = "resnet54"
"""Trained for the others' distillation, and measured only when it is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """What to measure, how, and where to put it."""

    networks: tuple[str, ...]
    """Names of networks."""
    strategies: tuple[Strategy, ...]
    """What is done to them."""
    tasks: tuple[str, ...]
    """Names of tasks, or paths of the user's own."""
    boards: tuple[Board, ...]
    """Where to score and time."""
    protocol: str
    """Name of a protocol, or the path of its file."""
    store: Path
    """A folder of .jsonl files, or one file."""
    cache: Path
    """Folder of checkpoints and made files."""
    data_dir: Path | None = None
    """Folder of data sets."""
    jobs: int = 1
    """Trainings at the same time."""
    scheduler: str | None = None
    """Address of the Dask cluster that trains; None: this machine does."""
    only: frozenset[tuple[str, str]] | None = None
    """Of the networks and strategies these pairs alone, by name and slug; None: all of them."""
    own: Mapping[str, OwnNetwork] = field(default_factory=dict)
    """Those networks that are the user's own, by name."""
    retry_failed: bool = False
    """Measure again what has failed before."""
    repetition: Repetition = field(default_factory=Repetition)
    """How often to time."""


def requested(
    *,
    networks: Sequence[str],
    strategies: Sequence[str],
    devices: Sequence[str],
    cache: Path | None = None,
    **rest: Any,
) -> Campaign:
    """The campaign that a user's words ask for.

    Args:
        networks: names, or words for networks of the user's own, which are looked at; none: all
            that are shipped, without the teacher.
        strategies: slugs or setups; none: the paper's seven.
        devices: addresses or names; none: this machine with XNNPACK and one thread.
        cache: None: in the user's own cache folder.
        **rest: the other fields of `Campaign`, as they are.

    Raises:
        UnknownNameError: with the nearest known name.
        HarnessError: for a network of the user's own that can't be read.
        DeviceError: when the user's file of devices can't be read.
    """
    known = shipped_networks()
    usual = [name for name in known if name != TEACHER]
    found = own_network.named(list(networks) or usual, known)
    own = {n.name: n for n in found if isinstance(n, OwnNetwork)}
    asked = tuple(Strategy.parse(word) for word in strategies or SETUPS.values())
    if strategies:
        _check_possible(own.values(), asked)
    return Campaign(
        networks=tuple(n.name if isinstance(n, OwnNetwork) else n for n in found),
        strategies=asked,
        boards=tuple(map(boards.board, devices)) or (boards.USUAL,),
        cache=cache or own_cache(),
        own=own,
        **rest,
    )


def _check_possible(own: Iterable[OwnNetwork], asked: Sequence[Strategy]) -> None:
    for network in own:
        if not any(network.takes(strategy) for strategy in asked):
            raise UnknownNameError(
                f"{network.name} can't be {asked[0].slug}; possible for it: "
                f"{', '.join(strategy.slug for strategy in network.strategies)}"
            )


def narrowed(campaign: Campaign, pairs: Iterable[tuple[str, str]]) -> Campaign:
    """A campaign of some pairs of network and strategy alone."""
    only = frozenset(pairs)
    return replace(
        campaign,
        networks=tuple(name for name in campaign.networks if name in {n for n, _ in only}),
        strategies=tuple(Strategy.parse(slug) for slug in sorted({slug for _, slug in only})),
        only=only,
    )


def own_cache() -> Path:
    """This user's folder of checkpoints and made files on this machine."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "dlmo-advisor"


def wanted(campaign: Campaign) -> tuple[Cell, ...]:
    """All cells of a campaign, measured or not."""
    rules, only = protocol.load(campaign.protocol), campaign.only
    cells = plan.cells(
        runs=[(name, seed) for name in campaign.networks for seed in rules.seeds_of(name)],
        strategies=campaign.strategies,
        tasks=words_of_tasks(campaign),
        devices=(board.name for board in campaign.boards),
        protocol=rules.label,
    )
    return tuple(
        c
        for c in cells
        if (only is None or (c.network, c.strategy) in only)
        and (c.network not in campaign.own or _is_possible(campaign.own[c.network], c))
    )


def _is_possible(own: OwnNetwork, cell: Cell) -> bool:
    return own.takes(Strategy.parse(cell.strategy))


def words_of_tasks(campaign: Campaign) -> dict[str, str]:
    """Name of each task, as in records -> the user's word for it, which may be a path.

    Raises:
        HarnessError: when two tasks would have the same name in records.
    """
    words: dict[str, str] = {}
    for word in dict.fromkeys(campaign.tasks):
        name = word if word in tasks.LOADERS else _stem(Path(word))
        if name in words:
            raise HarnessError(
                f"tasks '{words[name]}' and '{word}' would both be recorded as '{name}'; rename one"
            )
        words[name] = word
    return words


def _stem(path: Path) -> str:
    return path.resolve().name if path.is_dir() else path.stem
