"""Does a flexible learner on top of the regression win on networks left out?

    python benchmarks/flexible_learners.py [--measurements PATH…]

Each network is left out in turn. The regression is fitted on the others, and once more without each
of those: what it misses there is what a Gaussian process and gradient boosting learn, from facts
and techniques, to add to its prediction of the network left out. Published devices stand alone, as
in the model; those that were measured here are learned together. Printed are median errors, in
points for accuracy and else per cent, and on how many of the networks a learner's own median is
smaller than the regression's.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterator

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from measurements.dataset import to_frame
from measurements.subject import is_published
from recommender import regression
from recommender.advisor import records
from recommender.cells import learnable
from recommender.effects import UNSEEN, indicators, scaled
from recommender.features import Features
from recommender.scale import SCALES, TARGETS
from recommender.single_thread import single_thread

LEARNERS = ("regression", "+ Gaussian process", "+ gradient boosting")
Data = tuple[str, Features, np.ndarray, np.ndarray]
"""Target, rows, their domains and values."""


def inputs(rows: Features, domain: np.ndarray, domains: list[str]) -> np.ndarray:
    """`(n, k)` facts, techniques and domains of some rows."""
    techniques = ("bits", "sparsity", "distilled", "integer", "static", "aware", "half")
    return np.stack(
        [
            *scaled(rows).values(),
            rows.searched,
            *(getattr(rows, name) / (8 if name == "bits" else 1) for name in techniques),
            *indicators(domain, [*domains, UNSEEN]),
        ],
        axis=1,
    )


def without(data: Data, network: str, *, plain_known: bool) -> tuple[np.ndarray, np.ndarray]:
    """What the regression says of a network it learned without: rows asked, and locations."""
    target, rows, domain, y = data
    out = rows.network == network
    if plain_known:
        out &= ~regression.seen_by(target, rows).plain
        out[out] = regression.anchors(target, rows, domain, y).of(rows.take(out), domain[out])[0]
    if not out.any():
        return out, np.empty(0)
    model = regression.fit(target, rows.take(~out), domain[~out], y[~out])
    asked = rows.take(out) if plain_known else rows.take(out).unplaced()
    return out, model.locate(asked, domain[out])[0]


def judged(data: Data, network: str, *, plain_known: bool) -> pd.DataFrame:
    """Errors on one network of the regression alone and with each flexible learner."""
    warnings.simplefilter("ignore", ConvergenceWarning)
    with single_thread():
        return _judged(data, network, plain_known=plain_known)


def _judged(data: Data, network: str, *, plain_known: bool) -> pd.DataFrame:
    target, rows, domain, y = data
    out, location = without(data, network, plain_known=plain_known)
    if not out.any():
        return pd.DataFrame()
    others = rows.network != network
    taught = (target, rows.take(others), domain[others], y[others])
    x, missed = [], []
    for other in sorted(set(taught[1].network)):
        left, said = without(taught, other, plain_known=plain_known)
        x.append(inputs(taught[1].take(left), taught[2][left], sorted(set(domain))))
        missed.append(taught[3][left] - said)
    asked = inputs(rows.take(out), domain[out], sorted(set(domain)))
    added = [np.zeros(out.sum()), *more(np.concatenate(x), np.concatenate(missed), asked)]
    scale = SCALES[target]
    truth = scale.inverse(y[out])
    errors = {}
    for name, extra in zip(LEARNERS, added, strict=True):
        off = np.abs(scale.inverse(location + extra) - truth)
        errors[name] = off if target == "accuracy_pct" else 100 * off / truth
    return pd.DataFrame(errors).assign(network=network)


def more(x: np.ndarray, missed: np.ndarray, asked: np.ndarray) -> Iterator[np.ndarray]:
    """What each flexible learner adds to the regression at the `asked` inputs."""
    kernel = ConstantKernel(0.1) * RBF(2.0) + WhiteKernel(0.1)
    process = GaussianProcessRegressor(kernel, normalize_y=True, random_state=0)
    boosting = GradientBoostingRegressor(
        n_estimators=100, learning_rate=0.05, subsample=0.8, random_state=0
    )
    for learner in (process, boosting):
        yield learner.fit(x, missed).predict(asked)


def compared(errors: pd.DataFrame) -> Iterator[str]:
    """A cell for each learner: its median, and where it is ahead of the regression."""
    own = errors.groupby("network")[list(LEARNERS)].median()
    for name in LEARNERS:
        ahead = (own[name] < own[LEARNERS[0]]).sum()
        yield f"{errors[name].median():.2f}" + (
            f" ({ahead} of {len(own)})" if name != LEARNERS[0] else ""
        )


def main() -> None:
    """Print a Markdown table of median errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measurements", action="append", default=[])
    frame = to_frame(records(parser.parse_args().measurements))
    frame = frame[frame["failure"] == ""]
    footing = frame["device"].map(lambda name: name if is_published(name) else "measured here")
    print("| footing | target | known | rows |", " | ".join(LEARNERS), "|")
    print("|---|---|---|---|" + "---|" * len(LEARNERS))
    for name, part in frame.groupby(footing):
        for target in TARGETS:
            data = (target, *learnable(part, target))
            for plain_known in (True, False):
                errors = pd.concat(
                    Parallel(n_jobs=-1)(
                        delayed(judged)(data, network, plain_known=plain_known)
                        for network in sorted(set(data[1].network))
                    )
                )
                known = "plain form" if plain_known else "facts only"
                cells = [name, target, known, str(len(errors)), *compared(errors)]
                print("|", " | ".join(cells), "|", flush=True)


if __name__ == "__main__":
    main()
