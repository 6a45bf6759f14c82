"""Boards that nobody measured, for tests of what holds on any board."""

import numpy as np
from hypothesis import strategies as st

from measurements.strategy import grammar
from recommender.board import Board, Quantity
from recommender.conformal import calibrate
from recommender.profile import Profile
from recommender.ranking import rank

SLUGS = [s.slug for s in grammar()]


def quantity(target, values, given=None, spread=None):
    """A quantity whose predictions are calibrated on nine networks."""
    n = len(values)
    scores = calibrate([np.linspace(0.05, 2, 40) for _ in range(9)])
    return Quantity(
        target=target,
        value=np.asarray(values, dtype=float),
        given=np.ones(n, dtype=bool) if given is None else np.asarray(given, dtype=bool),
        spread=np.zeros(n) if spread is None else np.asarray(spread, dtype=float),
        anchored=np.ones(n, dtype=bool),
        free=scores,
        tied=scores,
    )


def make_board(accuracy, size, latency, *, ram=None, given=None, spread=None):
    """A board of as many candidates as there are accuracies."""
    n = len(accuracy)
    names = sorted((f"net{i // len(SLUGS)}", SLUGS[i % len(SLUGS)]) for i in range(n))
    values = {"accuracy_pct": accuracy, "size_kb": size, "file_kb": size, "latency_ms": latency}
    return Board(
        device="bench",
        task="cifar10",
        network=tuple(network for network, _ in names),
        strategy=tuple(slug for _, slug in names),
        measured=np.ones(n, dtype=bool) if given is None else np.asarray(given, dtype=bool),
        measured_task=True,
        quantities={t: quantity(t, v, given, spread) for t, v in values.items()},
        ram_kb=np.full(n, np.nan) if ram is None else np.asarray(ram, dtype=float),
        rows=tuple((f"row{i}",) for i in range(n)),
        sources={f"row{i}": f"Table {i}" for i in range(n)},
    )


def ranked(board, *, scores=None, lawful=None, **profile):
    """The board in a profile's order."""
    n = len(board)
    return rank(
        board,
        Profile(task=board.task, device=board.device, **profile),
        scores=np.zeros(n) if scores is None else np.asarray(scores, dtype=float),
        lawful=np.ones(n, dtype=bool) if lawful is None else np.asarray(lawful, dtype=bool),
    )


VALUES = st.floats(0.5, 1e5).map(lambda v: float(f"{v:.4g}"))
PERCENT = st.floats(1, 99).map(lambda v: float(f"{v:.3g}"))


@st.composite
def boards(draw):
    """Boards of 1 to 24 candidates, some of them predicted."""
    n = draw(st.integers(1, 24))
    lists = lambda of: draw(st.lists(of, min_size=n, max_size=n))  # noqa: E731
    given = lists(st.booleans())
    return make_board(
        lists(PERCENT),
        lists(VALUES),
        lists(VALUES),
        ram=lists(VALUES),
        given=given,
        spread=[0.0 if g else s for g, s in zip(given, lists(st.floats(0.01, 0.5)), strict=True)],
    )


CLASSES = st.sampled_from(["low-end", "mid-end", "high-end"])
