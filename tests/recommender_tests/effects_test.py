import numpy as np
import pandas as pd
import pytest

from measurements.strategy import grammar
from measurements.subject import networks
from recommender.effects import UNSEEN, Design, Levels, deviations, indicators, scaled
from recommender.features import features

NAMES = np.array(["a", "b", "a", "never seen"], dtype=object)


def every_network():
    cells = [("cifar10", n, s.slug, "sensors-2022") for n in networks() for s in grammar()]
    return features(pd.DataFrame(cells, columns=["task", "network", "strategy", "device"]))


def test_every_row_belongs_to_one_level():
    columns = np.stack(list(indicators(NAMES, ("a", "b", UNSEEN))))
    assert columns.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 1]]


def test_the_order_of_the_rows_does_not_matter():
    levels = ("b", "a", UNSEEN)
    order = np.array([3, 1, 0, 2])
    for whole, turned in zip(
        indicators(NAMES, levels), indicators(NAMES[order], levels), strict=True
    ):
        np.testing.assert_array_equal(whole[order], turned)


def test_a_single_level_has_nothing_to_deviate_from():
    assert not list(deviations(NAMES, ("a", UNSEEN), {"domain": (np.ones(4),)}))


def test_deviations_are_the_columns_of_each_level_alone():
    slope = np.array([2.0, 3.0, 5.0, 7.0])
    found = list(deviations(NAMES, ("a", "b", UNSEEN), {"own": (np.ones(4), slope)}))
    assert {group for group, _ in found} == {"own"}
    assert len(found) == 3 * 2
    # The levels share out every column among them, and no row has a share in two.
    np.testing.assert_array_equal(sum(values for _, values in found[1::2]), slope)
    np.testing.assert_array_equal(found[1][1], [2, 0, 5, 0])


def test_facts_are_about_one_unit_wide():
    rows = every_network()
    for name, values in scaled(rows).items():
        assert values.shape == (len(rows),), name
        assert np.isfinite(values).all(), name
        assert np.abs(values).max() < 2, name


def test_no_technique_changes_a_fact():
    rows = every_network()
    for name, values in scaled(rows).items():
        for network in networks():
            assert len(set(values[rows.network == network])) == 1, name


def test_a_design_names_the_group_of_each_column():
    def columns(rows, levels, domain):
        yield "slope", scaled(rows)["macs"]
        yield from deviations(domain, levels.domains, {"own": (np.ones(len(rows)),)})

    design = Design(columns=columns, spreads={"own": 1.0, "slope": 0.3}, noise=(0.1, 0.1))
    rows = every_network()
    levels = Levels(networks=(UNSEEN,), domains=("sensors-2022", "other", UNSEEN), tasks=(UNSEEN,))
    x, group = design.matrix(rows, levels, rows.device)
    assert x.shape == (len(rows), 4)
    assert group.tolist() == [1, 0, 0, 0]
    np.testing.assert_array_equal(x[:, 1:], np.tile([1.0, 0, 0], (len(rows), 1)))


def test_a_group_without_a_spread_is_no_group():
    design = Design(
        columns=lambda rows, levels, domain: iter([("unheard of", np.ones(len(rows)))]),
        spreads={"own": 1.0},
        noise=(0.1, 0.1),
    )
    rows = every_network()
    with pytest.raises(ValueError, match="unheard of"):
        design.matrix(rows, Levels(networks=(UNSEEN,), domains=(UNSEEN,), tasks=()), rows.device)
