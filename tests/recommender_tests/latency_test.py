import numpy as np
import pandas as pd
import pytest

from measurements.strategy import grammar
from measurements.subject import devices, kernels_of, networks
from recommender.effects import UNSEEN, Levels
from recommender.features import features
from recommender.latency import LATENCY

TWO_OF_A_KIND = ("a-xnnpack-1t", "a-xnnpack-2t", "b-reference-1t", "bought")


def design(domains, devices_of_rows):
    cells = [
        ("cifar10", n, s.slug, d) for n in networks() for s in grammar() for d in devices_of_rows
    ]
    rows = features(pd.DataFrame(cells, columns=["task", "network", "strategy", "device"]))
    levels = Levels(networks=("vgg", UNSEEN), domains=(*domains, UNSEEN), tasks=("cifar10", UNSEEN))
    x, group = LATENCY.matrix(rows, levels, rows.device)
    return x, np.array(list(LATENCY.spreads))[group]


def test_devices_are_told_apart_by_their_own_effects_alone():
    (one, groups), (other, _) = (design(TWO_OF_A_KIND, [d]) for d in TWO_OF_A_KIND[:2])
    differ = (one != other).any(axis=0)
    assert differ.any()
    assert {name.split(" x ")[0] for name in groups[differ]} == {"domain"}


def test_devices_with_other_kernels_share_no_kernel_set():
    (one, groups), (other, _) = (design(TWO_OF_A_KIND, [d]) for d in TWO_OF_A_KIND[1:3])
    differ = (one != other).any(axis=0)
    assert {name.split(" x ")[0] for name in groups[differ]} == {"domain", "kernel set"}


def test_where_each_device_is_of_its_own_kind_nothing_is_shared():
    _, groups = design(("a-xnnpack-1t", "b-reference-1t", "bought"), ["bought"])
    assert not any(name.startswith("kernel set") for name in groups)


def test_a_new_device_has_the_kernel_set_that_its_name_says():
    known, groups = design(TWO_OF_A_KIND, ["c-xnnpack-4t"])
    unlike, _ = design(TWO_OF_A_KIND, ["some phone"])
    differ = (known != unlike).any(axis=0)
    assert {name.split(" x ")[0] for name in groups[differ]} == {"kernel set"}


@pytest.mark.parametrize(
    ("device", "kernels"),
    [
        ("x86_64-xnnpack-2t", "xnnpack"),
        ("pi5-builtin-4t", "builtin"),
        ("sensors-2022", ""),
        ("xnnpack", ""),
        ("my-xnnpack-board", ""),
    ],
)
def test_kernels_by_name(device, kernels):
    assert kernels_of(device) == kernels


def test_shipped_devices_are_called_after_their_kernels():
    for name, device in devices().items():
        assert kernels_of(name) == ("" if device.kernels == "unknown" else device.kernels)


def own_columns_that_differ(one, other):
    """Groups of a device's own columns in which two cells of it differ."""
    cells = [("cifar10", network, slug, "a-xnnpack-1t") for network, slug in (one, other)]
    rows = features(pd.DataFrame(cells, columns=["task", "network", "strategy", "device"]))
    names = ("vgg", "mobilenet_v2", "mobilenet_v3_small", UNSEEN)
    levels = Levels(networks=names, domains=(*TWO_OF_A_KIND, UNSEEN), tasks=("cifar10", UNSEEN))
    x, group = LATENCY.matrix(rows, levels, rows.device)
    found = np.array(list(LATENCY.spreads))[group][x[0] != x[1]]
    return {name for name in found if name.startswith("domain")}


def test_a_network_trained_for_integers_runs_on_the_kernels_of_any_other():
    assert own_columns_that_differ(("vgg", "fiq"), ("vgg", "qat")) == {"domain x form"}
    assert "domain x kernel" in own_columns_that_differ(("vgg", "fiq"), ("vgg", "blq"))


def test_a_device_has_its_own_way_with_what_only_searched_networks_have():
    small, v2 = ("mobilenet_v3_small", "fiq"), ("mobilenet_v2", "fiq")
    assert "domain x searched" in own_columns_that_differ(small, v2)
    assert "domain x searched" not in own_columns_that_differ(("vgg", "fiq"), v2)
