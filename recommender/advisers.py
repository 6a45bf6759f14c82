"""Who picks when forecasts are put to the test: the advisor, and those who do without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from measurements.subject import Device, devices, tasks
from recommender import fitting
from recommender.advisor import Advisor
from recommender.baselines import BASELINES, Locate
from recommender.cells import collapsed
from recommender.facts import with_facts
from recommender.forecast import SCHEMA, Forecast
from recommender.holdout import Fold
from recommender.model import ParetoModel
from recommender.profile import Profile
from recommender.scale import SCALES
from rules import situation
from rules.judge import judge
from rules.load import load
from rules.remark import Rules

FloatArray = NDArray[np.float64]
Cell = tuple[str, str]
"""Network and strategy."""

ALWAYS = ("advisor", "rules alone", *BASELINES, "random")
"""Those who need nothing but the fold."""
SINGLE_BEST = "single best"
PROFILE = Profile(service_class="high-end")
"""Who asks: the class whose objective is accuracy first."""

_OBJECTIVES = ("size_kb", "latency_ms", "accuracy_pct")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adviser:
    """What an adviser goes by on a board of `n` candidates."""

    needs: FloatArray
    """`(n, 3)` size, latency and negated accuracy that it counts on; minus infinity where it does
    not ask."""
    merit: FloatArray
    """`(n,)` its order, higher first; `(q, n)` where it has another for each question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """The advisers of one fold, each with what it learned from the training rows."""

    fold: Fold
    """The split."""
    advisor: Advisor
    """The product itself, its forecast made from the training rows."""
    learned: ParetoModel
    """The model of the training rows."""
    simple: Mapping[str, Mapping[str, Locate]]
    """The simple learners of the training rows, as `recommender.baselines.taught` gives them."""
    measured: Mapping[str, pd.DataFrame]
    """Target -> the cells of the training rows that it was measured of."""
    rules: Rules
    """The remarks."""
    random: np.random.Generator
    """Breaks the ties of the rules, and is the random adviser."""

    @classmethod
    def of(
        cls,
        fold: Fold,
        learned: ParetoModel,
        simple: Mapping[str, Mapping[str, Locate]],
        random: np.random.Generator,
    ) -> Panel:
        """Prepare the advisers.

        Args:
            fold: the split.
            learned: the model fitted on its training rows.
            simple: the simple learners taught by them.
            random: of the fold.
        """
        names = sorted(fold.hidden["task"].unique())
        content = {
            "schema": SCHEMA,
            "sha256": "",
            "n_measurements": len(fold.train),
            **fitting.forecasts(learned, fold.train, names, asked=fold.asked),
            "sources": {},
        }
        rules = load()
        return cls(
            fold=fold,
            advisor=Advisor(forecast=Forecast(content), rules=rules),
            learned=learned,
            simple=simple,
            measured={target: collapsed(fold.train, target) for target in _OBJECTIVES},
            rules=rules,
            random=random,
        )

    def advisers(
        self, device: str, task: str, cells: Sequence[Cell], questions: int
    ) -> dict[str, Adviser]:
        """One for each of `ALWAYS`, on a board's `n` candidates, for so many questions."""
        asks_nothing = np.full((len(cells), 3), -np.inf)
        shaken = self.random.random((2, questions, len(cells)))
        remarks = self._remarks(device, task, cells)
        simple = self._simple(device, task, cells)
        return {
            "advisor": self._advisor(device, task, cells),
            "rules alone": Adviser(needs=asks_nothing, merit=remarks + 1e-6 * shaken[0]),
            **simple,
            "random": Adviser(needs=asks_nothing, merit=shaken[1]),
        }

    def _advisor(self, device: str, task: str, cells: Sequence[Cell]) -> Adviser:
        """The product: what it is sure of at its default confidence, in its own order."""
        ranking = self.advisor.ranking(replace(PROFILE, device=device, task=task))
        board = ranking.board
        place = {cell: i for i, cell in enumerate(zip(board.network, board.strategy, strict=True))}
        at = np.array([place[cell] for cell in cells])
        return Adviser(needs=ranking.needs[at, :3], merit=-ranking.position()[at].astype(float))

    def _remarks(self, device: str, task: str, cells: Sequence[Cell]) -> FloatArray:
        query = situation.of_query(
            service_class=PROFILE.service_class,
            task=tasks().get(task),
            device=devices().get(device, Device(name=device, title="")),
        )
        return np.array(judge(self.rules, query, cells).scores, dtype=float)

    def _simple(self, device: str, task: str, cells: Sequence[Cell]) -> dict[str, Adviser]:
        """Values as measured where they are known, as each baseline has them elsewhere."""
        board = pd.DataFrame(cells, columns=["network", "strategy"])
        board = board.assign(task=task, device=device)
        rows = self.learned.features(with_facts(board, (self.fold.train, self.fold.asked)))
        columns: dict[str, list[FloatArray]] = {name: [] for name in BASELINES}
        for target in _OBJECTIVES:
            where = self.learned.domain(target, rows)
            table = self.measured[target]
            here = table[(table["domain"] == where[0]) & (table["task"] == task)]
            known = here.set_index(["network", "strategy"])[target].to_dict()
            own = np.array([known.get(cell, np.nan) for cell in cells])
            for name, locate in self.simple[target].items():
                guess = SCALES[target].inverse(locate(rows, where))
                columns[name].append(np.where(np.isnan(own), guess, own))
        needs = {name: np.column_stack(found) * (1, 1, -1) for name, found in columns.items()}
        return {name: Adviser(needs=n, merit=-n[:, 2]) for name, n in needs.items()}
