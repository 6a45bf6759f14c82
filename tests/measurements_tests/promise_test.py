import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements import promise
from measurements.record import Measurement


def take(**fields):
    given = {"accuracy": 0.9, "n_test": 100, "file_bytes": 1000, "compressed_bytes": 800}
    times = {"latencies_s": (0.001, 0.0011, 0.0012)}
    cell = {"task": "digits", "network": "vgg", "strategy": "nq", "device": "d"}
    return Measurement(**(cell | given | times | fields))


def test_what_was_measured_is_within_what_is_promised():
    takes = [take(), take(latencies_s=(0.002, 0.0021)), take(latencies_s=(0.0009,))]
    figures = {figure.name: figure for figure in promise.promised(takes)}
    assert set(figures) == {"accuracy_pct", "file_bytes", "compressed_bytes", "latency_ms"}
    assert all(f.low <= f.value <= f.high for f in figures.values())
    assert figures["latency_ms"].value == pytest.approx(1.1)
    assert figures["latency_ms"].low < 0.9 < 2.1 < figures["latency_ms"].high


def test_a_promise_is_kept_broken_or_not_to_be_told():
    figures = promise.promised([take()])
    kept = promise.outcomes(figures, [take()])
    assert [outcome.holds for outcome in kept] == [True] * 4
    slower = promise.outcomes(figures, [take(latencies_s=(0.0014,))])
    assert [o.promised.name for o in slower if not o.holds] == ["latency_ms"]
    worse = promise.outcomes(figures, [take(accuracy=0.7)])
    assert [o.promised.name for o in worse if not o.holds] == ["accuracy_pct"]
    larger = promise.outcomes(figures, [take(file_bytes=1011)])
    assert [o.promised.name for o in larger if not o.holds] == ["file_bytes"]
    untimed = promise.outcomes(figures, [take(latencies_s=())])
    assert [(o.promised.name, o.now) for o in untimed if not o.holds] == [("latency_ms", None)]


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilsons_interval_holds_the_share_and_narrows_with_more_images(counts):
    right, of = counts
    low, high = promise.wilson(right / of, of)
    assert 0 <= low <= right / of + 1e-12
    assert right / of <= high + 1e-12 <= 1 + 1e-9
    narrow = promise.wilson(right / of, 100 * of)
    assert narrow[1] - narrow[0] < high - low


def test_wilsons_interval_is_the_published_one():
    # Brown, Cai, DasGupta: Interval Estimation for a Binomial Proportion, 2001; 5 of 50.
    low, high = promise.wilson(0.1, 50)
    assert low == pytest.approx(0.0435, abs=5e-4)
    assert high == pytest.approx(0.2136, abs=5e-4)
