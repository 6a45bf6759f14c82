import published
import pytest

from measurements.record import Measurement
from measurements.strategy import grammar
from measurements.subject import networks
from recommender.errors import AdviceError
from recommender.probe_curve import curve

PUBLISHED = published.RECORDS
FEW = ("vgg", "wrn", "mobilenet_v1", "mobilenet_v2")


def device(name, integer_times):
    """Records of a device whose time goes with the work, and with the kind of the kernels."""
    return [
        Measurement(
            task="cifar10",
            network=network,
            strategy=strategy.slug,
            device=name,
            latencies_s=(
                (integer_times if strategy.integer else 1.0)
                * (2e-5 + networks()[network].macs(10) / 1e9),
            ),
        )
        for network in FEW
        for strategy in grammar()
        if not strategy.distilled
    ]


@pytest.fixture(scope="module")
def points():
    return curve([*PUBLISHED[:40], *device("fast", 0.3), *device("other", 0.6)], (0, 8))


def test_a_few_probes_tell_most_of_a_device(points):
    for name in ("fast", "other"):
        none, some = (p for p in points if p.device == name)
        assert (none.probes, some.probes) == (0, 8)
        assert (none.rows, some.rows) == (40, 32)
        assert some.median_error < 0.7 * none.median_error
        assert some.spearman > 0.8
        assert some.coverage[0] >= 0.6


def test_levels_are_granted_as_far_as_networks_go_and_of_a_new_device_as_devices_do(points):
    for point in points:
        assert len(point.coverage) == len(point.level) == len(point.width) == 2
        assert point.level[1] <= 0.9
        assert point.width[0] <= point.width[1]
        if point.probes:
            assert point.level[0] == pytest.approx(0.8)
        else:
            assert point.level[0] < 0.7  # there are one or two others


def test_devices_with_few_cells_are_not_judged():
    with pytest.raises(AdviceError, match="it takes one with 20 timed cells"):
        curve(device("fast", 0.3)[:10], (0, 3))
