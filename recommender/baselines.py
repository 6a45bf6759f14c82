"""What any model has to beat: the answers of people who do without one.

A simple learner sees the same cells as the model, on the same scale (`recommender.scale`), and is
nothing but a function from new rows to values on that scale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial.distance import cdist

from recommender.cells import learnable
from recommender.features import Features
from recommender.scale import SCALES, TARGETS

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
Names = NDArray[np.object_]

Locate = Callable[[Features, Names], FloatArray]
"""`n` rows and their domains -> `(n,)` values on the target's scale."""
Baseline = Callable[[str, Features, Names, FloatArray], Locate]
"""Target, rows, domains and `(n,)` values on its scale -> what it makes of new rows."""

_RIDGE = 1e-3
_BLOCK = 4_000_000
"""Distances held in memory at once."""
_FAR = 1e3
"""Distance between rows that differ in what no fact can make up for."""


def technique_ratio(target: str, rows: Features, domain: Names, y: FloatArray) -> Locate:
    """The plain form's value times the technique's median ratio over the other networks.

    A network whose plain form is unknown borrows that of the nearest network.
    """
    if not rows.plain.any():
        return nearest_network(target, rows, domain, y)
    plain = nearest_network(target, rows.take(rows.plain), domain[rows.plain], y[rows.plain])
    scale = SCALES[target]
    ratio = scale.inverse(y) / scale.inverse(plain(rows.untreated(), domain))
    kinds, of_row = np.unique(_techniques(rows), axis=0, return_inverse=True)
    medians = np.array([np.median(ratio[of_row.ravel() == k]) for k in range(len(kinds))])

    def locate(new: Features, where: Names) -> FloatArray:
        gap = np.abs(_techniques(new)[:, None] - kinds[None]).sum(axis=2)
        value = scale.inverse(plain(new.untreated(), where)) * medians[gap.argmin(axis=1)]
        return np.where(new.plain, plain(new, where), scale.link(value))

    return locate


def nearest_network(target: str, rows: Features, domain: Names, y: FloatArray) -> Locate:
    """The value of the same technique on the same task, of the network nearest by its facts."""
    del target
    places = _places(rows)

    def locate(new: Features, where: Names) -> FloatArray:
        homes, own_homes = _coded(domain, where)
        names, own_names = _coded(rows.network, new.network)
        found = np.empty(len(new))
        step = max(1, _BLOCK // len(y))
        for start in range(0, len(new), step):
            block = slice(start, start + step)
            gaps = cdist(_places(new.take(np.arange(len(new))[block])), places, "cityblock")
            gaps += (own_homes[block, None] != homes) * _FAR**3
            gaps -= own_names[block, None] == names
            found[block] = y[gaps.argmin(axis=1)]
        return found

    return locate


def _coded(names: Names, others: Names) -> tuple[IntArray, IntArray]:
    """Numbers in place of names, the same number for the same name."""
    codes, _ = pd.factorize(np.concatenate([names, others]))
    return codes[: len(names)], codes[len(names) :]


def _places(rows: Features) -> FloatArray:
    """`(n, 11)` coordinates: technique before task before facts."""
    task = np.log(rows.classes)[:, None]
    return np.hstack([_facts(rows), task * _FAR, _techniques(rows) * _FAR**2])


def flops_only(target: str, rows: Features, domain: Names, y: FloatArray) -> Locate:
    """A straight line over the logarithm of the multiply-accumulates, one for each technique."""
    del target, domain
    kinds = np.unique(_techniques(rows), axis=0)

    def columns(some: Features) -> FloatArray:
        gap = np.abs(_techniques(some)[:, None] - kinds[None]).sum(axis=2)
        own = np.eye(len(kinds))[gap.argmin(axis=1)]
        work = np.log(some.macs / 1e7)[:, None]
        return np.hstack(
            [np.ones_like(work), work, np.log10(some.classes)[:, None], own, own * work]
        )

    x = columns(rows)
    slopes = np.linalg.solve(x.T @ x + _RIDGE * np.eye(x.shape[1]), x.T @ y)

    def locate(new: Features, where: Names) -> FloatArray:
        del where
        return np.asarray(columns(new) @ slopes)

    return locate


def _techniques(rows: Features) -> FloatArray:
    """`(n, 6)` what is done to a network, apart from its name."""
    kinds = (rows.distilled, rows.pruned, rows.sparsity, rows.bits / 8, rows.static, rows.aware)
    return np.stack(kinds, axis=1)


def _facts(rows: Features) -> FloatArray:
    """`(n, 4)` facts of the networks, each on a scale on which one unit is much."""
    return np.stack(
        [
            np.log(rows.parameters),
            np.log(rows.macs),
            np.log(rows.layers),
            rows.depthwise_share * 10,
        ],
        axis=1,
    )


TECHNIQUE_RATIO = "technique ratio"
"""Name of the one that goes by a network's plain form."""
BASELINES: dict[str, Baseline] = {
    TECHNIQUE_RATIO: technique_ratio,
    "nearest network": nearest_network,
    "FLOPs only": flops_only,
}
"""Name in reports -> the learner."""


def taught(frame: pd.DataFrame) -> Mapping[str, Mapping[str, Locate]]:
    """What each simple learner makes of the rows of a frame.

    Args:
        frame: as `measurements.to_frame` gives it; suspect and failed values are left out here.

    Returns:
        Target -> name in `BASELINES` -> the learner; targets without a single row are absent.
    """
    found = {}
    for target in TARGETS:
        rows, domain, y = learnable(frame, target)
        if len(y):
            found[target] = {name: b(target, rows, domain, y) for name, b in BASELINES.items()}
    return found
