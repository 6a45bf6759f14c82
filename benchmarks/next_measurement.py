"""How many measurements until the best candidate is found: `dlmo-measure plan` beside other orders.

    python benchmarks/next_measurement.py [--questions 100] [--task cifar10] [--device sensors-2022]
                                          [--measurements PATH]

A complete table is hidden and uncovered cell by cell. Each question is a service class with random
limits that something in the table meets; the measurements are counted until the cell that is best
with the whole table known has been uncovered. Ours starts from nothing (`alone`: the plain forms of
the smallest, the largest and the middle network come first), or knows what the data hold of other
tasks (`other tasks known`). Optuna (pip install '.[bench]') is given the same merit and the same
limits; what it asks for twice is counted once.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from measurements.dataset import to_frame
from measurements.subject import networks
from recommender.acquisition import outlook
from recommender.advisor import records
from recommender.cells import usable
from recommender.engine import pick_within
from recommender.fitting import forecasts
from recommender.forecast import Forecast
from recommender.model import fit
from recommender.profile import SERVICE_CLASSES, Profile
from recommender.ranking import Ranking, rank

Cell = tuple[str, str]
TARGETS = ("size_kb", "latency_ms", "accuracy_pct")
LOOSEST = 4.0
"""A limit is up to so many times what the cell needs that it is drawn around."""
POINTS_BELOW = 5.0
"""A limit on accuracy is up to so many points below that cell's."""
ASKED = 0.6
"""Probability of each limit."""
TRIALS = 3000
"""Optuna is given up after so many."""


@dataclass(frozen=True, eq=False)
class Question:
    """A service class with limits, and the cell that is best."""

    service_class: str
    limits: np.ndarray
    best: Cell


STOPPED: set[tuple[Question, bool]] = set()
"""Questions where the plan saw nothing left before the best was found."""


class Table:
    """A complete table and what is known besides."""

    def __init__(self, frame: pd.DataFrame, device: str, task: str) -> None:
        here = frame[(frame["device"] == device) & (frame["task"] == task)]
        good = np.logical_and.reduce([usable(here, target) for target in TARGETS])
        self.rows = here[good].drop_duplicates(["network", "strategy"])
        self.others = frame[(frame["device"] == device) & (frame["task"] != task)]
        self.device, self.task = device, task
        self.cells = list(zip(self.rows["network"], self.rows["strategy"], strict=True))
        self.index = {cell: i for i, cell in enumerate(self.cells)}
        self.board = cache(self._board)

    def _board(self, uncovered: frozenset[Cell], with_others: bool):
        rows = self.rows.iloc[sorted(self.index[cell] for cell in uncovered)]
        known = pd.concat([self.others, rows]) if with_others else rows
        content = forecasts(fit(known), known, [self.task])
        return Forecast({**content, "sources": {}}).board(self.device, self.task)

    def ranking(
        self, uncovered: frozenset[Cell], service_class: str, with_others: bool = False
    ) -> Ranking:
        """The cells in a class's order, as far as they are uncovered."""
        board = self.board(uncovered, with_others)
        profile = Profile(
            service_class=service_class,
            task=self.task,
            device=self.device,
            evidence="measured",
            follow="evidence",
        )
        n = len(board)
        return rank(board, profile, scores=np.zeros(n), lawful=np.ones(n, dtype=bool))

    def questions(self, count: int, seed: int = 0) -> Iterator[Question]:
        """Random limits that something meets, and the best that does."""
        random = np.random.default_rng(seed)
        everything = {name: self.ranking(frozenset(self.cells), name) for name in SERVICE_CLASSES}
        while count:
            name = str(random.choice(list(everything)))
            around = self.rows.iloc[random.integers(len(self.rows))]
            limits = np.full(4, np.inf)
            for k, target in enumerate(TARGETS):
                if random.random() < ASKED:
                    value = float(around[target])
                    limits[k] = (
                        -(value - POINTS_BELOW * random.random())
                        if target == "accuracy_pct"
                        else value * LOOSEST ** random.random()
                    )
            pick = pick_within(everything[name], limits)
            board = everything[name].board
            if pick is not None and (board.network[pick], board.strategy[pick]) in self.index:
                count -= 1
                yield Question(name, limits, (board.network[pick], board.strategy[pick]))


def ours(table: Table, question: Question, *, with_others: bool) -> int:
    """The plan's first proposal, again and again, past the point where it sees none left."""
    uncovered: list[Cell] = []
    if not with_others:
        plain = sorted(
            (n for n, s in table.cells if s == "nq"), key=lambda n: networks()[n].parameters(10)
        )
        start = dict.fromkeys((plain[0], plain[-1], plain[len(plain) // 2]))
        for network in start:
            uncovered.append((network, "nq"))
            if question.best == uncovered[-1]:
                return len(uncovered)
    while len(uncovered) < len(table.cells):
        ranking = table.ranking(frozenset(uncovered), question.service_class, with_others)
        board = ranking.board
        named = list(zip(board.network, board.strategy, strict=True))
        able = np.array([c in table.index and c not in uncovered for c in named])
        found = outlook(ranking, question.limits, np.where(able, 60.0, np.inf))
        if not found.prospects:
            STOPPED.add((question, with_others))
        uncovered.append(named[(found.prospects + found.ruled_out)[0].candidate])
        if uncovered[-1] == question.best:
            return len(uncovered)
    return len(table.cells)


def in_order(cells: list[Cell], question: Question) -> int:
    """The cells one after another."""
    return cells.index(question.best) + 1


def optuna(table: Table, question: Question, sampler: str, seed: int) -> int:
    """Optuna's proposals under the same limits."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    ranking = table.ranking(frozenset(table.cells), question.service_class)
    named = list(zip(ranking.board.network, ranking.board.strategy, strict=True))
    place = {cell: named.index(cell) for cell in table.cells}
    wanted, seen = question.limits, list[Cell]()

    def broken(trial: optuna.trial.FrozenTrial) -> list[float]:
        return trial.user_attrs["broken"]

    def objective(trial: optuna.Trial) -> float | tuple[float, ...]:
        cell = (
            trial.suggest_categorical("network", sorted({n for n, _ in table.cells})),
            trial.suggest_categorical("strategy", sorted({s for _, s in table.cells})),
        )
        if cell not in place:  # not in the table: as bad as can be, and free of charge
            trial.set_user_attr("broken", [1e6])
            return -1e6 if sampler == "tpe" else (1e6, 1e6, 0.0)
        if cell not in seen:
            seen.append(cell)
        needs = ranking.needs[place[cell]]
        over = [float(n - w) for n, w in zip(needs, wanted, strict=True) if np.isfinite(w)]
        trial.set_user_attr("broken", over or [-1.0])
        if cell == question.best:
            trial.study.stop()
        return (
            float(ranking.merit[place[cell]])
            if sampler == "tpe"
            else (float(needs[0]), float(needs[1]), float(-needs[2]))
        )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if sampler == "tpe":
            chosen = optuna.samplers.TPESampler(seed=seed, constraints_func=broken)
            study = optuna.create_study(direction="maximize", sampler=chosen)
        else:
            chosen = optuna.samplers.NSGAIISampler(
                population_size=10, seed=seed, constraints_func=broken
            )
            study = optuna.create_study(
                directions=["minimize", "minimize", "maximize"], sampler=chosen
            )
        study.optimize(objective, n_trials=TRIALS)
    return len(seen) if question.best in seen else len(table.cells)


def ways(table: Table) -> dict[str, Callable[[Question, int], int]]:
    """Name -> measurements that a question takes, with a seed."""

    def shuffled(question: Question, seed: int) -> int:
        order = np.random.default_rng(seed).permutation(len(table.cells))
        return in_order([table.cells[i] for i in order], question)

    found: dict[str, Callable[[Question, int], int]] = {
        "plan, alone": lambda q, _: ours(table, q, with_others=False),
    }
    if len(table.others):
        found["plan, other tasks known"] = lambda q, _: ours(table, q, with_others=True)
    return found | {
        "random order": shuffled,
        "grid order": lambda q, _: in_order(table.cells, q),
        "Optuna TPE": lambda q, seed: optuna(table, q, "tpe", seed),
        "Optuna NSGA-II": lambda q, seed: optuna(table, q, "nsga2", seed),
    }


def main() -> None:
    """Print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=100)
    parser.add_argument("--task", default="cifar10")
    parser.add_argument("--device", default="sensors-2022")
    parser.add_argument("--measurements", action="append", default=[])
    asked = parser.parse_args()
    table = Table(to_frame(records(asked.measurements)), asked.device, asked.task)
    questions = list(table.questions(asked.questions))
    print(f"{asked.task} on {asked.device}: {len(table.cells)} cells, {len(questions)} questions\n")
    print("| order | mean | median | 90 % of questions within | minutes |\n|---|---|---|---|---|")
    for name, way in ways(table).items():
        start = time.monotonic()
        counts = [way(question, seed) for seed, question in enumerate(questions)]
        ninety = sorted(counts)[int(0.9 * (len(counts) - 1))]
        minutes = (time.monotonic() - start) / 60
        print(
            f"| {name} | {statistics.mean(counts):.1f} | {statistics.median(counts):g} "
            f"| {ninety} | {minutes:.1f} |",
            flush=True,
        )
    alone, told = (sum(known == w for _, known in STOPPED) for w in (False, True))
    print(f"\nSaw nothing left too early: {alone} questions alone, {told} with other tasks known.")


if __name__ == "__main__":
    main()
