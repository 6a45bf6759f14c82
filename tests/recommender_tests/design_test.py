import numpy as np
import pandas as pd
import pytest

from measurements.strategy import grammar
from measurements.subject import networks, tasks
from recommender.design import DESIGNS
from recommender.effects import UNSEEN, Levels
from recommender.features import features
from recommender.scale import TARGETS

LEVELS = Levels(
    networks=("vgg", "wrn", UNSEEN),
    domains=("a-builtin-1t", "a-builtin-2t", "b-xnnpack-1t", UNSEEN),
    tasks=("cifar10", UNSEEN),
)


def rows(devices=("a-builtin-1t", "a-builtin-2t", "c")):
    cells = [
        (t, n, s.slug, d) for t in tasks() for n in networks() for s in grammar() for d in devices
    ]
    return features(pd.DataFrame(cells, columns=["task", "network", "strategy", "device"]))


def test_every_target_has_a_design():
    assert set(DESIGNS) == set(TARGETS) - {"file_kb"}


@pytest.mark.parametrize("target", DESIGNS)
def test_every_group_has_columns_and_every_column_a_group(target):
    some = rows()
    x, group = DESIGNS[target].matrix(some, LEVELS, some.device)
    assert x.shape == (len(some), len(group))
    assert set(group) == set(range(len(DESIGNS[target].spreads)))
    assert np.isfinite(x).all()
    assert np.abs(x).max() < 5  # columns are about one unit wide: spreads mean what they say


@pytest.mark.parametrize("target", DESIGNS)
def test_names_never_seen_share_the_unseen_level(target):
    some = rows(devices=("c",))
    new, _ = DESIGNS[target].matrix(some, LEVELS, np.full(len(some), "z", dtype=object))
    other, _ = DESIGNS[target].matrix(some, LEVELS, np.full(len(some), "y", dtype=object))
    assert np.array_equal(new, other)


@pytest.mark.parametrize("target", DESIGNS)
def test_one_domain_has_nothing_to_deviate_from(target):
    some = rows()
    alone = Levels(networks=LEVELS.networks, domains=("a-builtin-1t", UNSEEN), tasks=LEVELS.tasks)
    _, group = DESIGNS[target].matrix(some, alone, some.device)
    names = [list(DESIGNS[target].spreads)[g] for g in set(group)]
    assert not any(name.startswith(("domain", "kernel set")) for name in names)
