import numpy as np
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


def same_again(**fields):
    takes = [take(**fields)]
    return promise.outcomes(promise.promised(takes), takes)


def latency(*sessions, **fields):
    takes = [take(latencies_s=(seconds,) * 3, **fields) for seconds in sessions]
    return next(f for f in promise.promised(takes) if f.name == "latency_ms")


def test_what_was_measured_is_within_what_is_promised():
    takes = [take(), take(latencies_s=(0.002, 0.0021)), take(latencies_s=(0.0009,))]
    figures = {figure.name: figure for figure in promise.promised(takes)}
    assert set(figures) == {"accuracy_pct", "file_bytes", "compressed_bytes", "latency_ms"}
    assert all(f.low <= f.value <= f.high for f in figures.values())
    assert figures["latency_ms"].value == pytest.approx(1.1)
    assert figures["latency_ms"].low < 0.9 < 2.1 < figures["latency_ms"].high


def test_sessions_that_agree_promise_a_tenth_either_way():
    found = latency(0.001, 0.001, 0.001001)
    assert found.high == pytest.approx(1.1, rel=1e-3)
    assert found.low == pytest.approx(1 / 1.1, rel=1e-3)


def test_the_wider_sessions_are_apart_the_wider_is_the_promise():
    apart = latency(0.001, 0.0012, 0.0011)
    assert apart.high > 1.5 > 1.3 > latency(0.001, 0.00105, 0.00103).high
    # Of as wide a spread, more sessions are surer.
    assert latency(0.001, 0.0012, 0.0011, 0.001, 0.0012, 0.0011).high < apart.high


def test_no_promise_is_wider_than_one_that_says_something():
    found = latency(0.001, 0.01, 0.03)
    assert found.high / found.value == pytest.approx(promise.WIDEST)
    assert found.value / found.low == pytest.approx(promise.WIDEST)


def test_a_further_session_falls_into_it_as_often_as_is_said():
    random = np.random.default_rng(0)
    kept = []
    for sessions in 0.001 * np.exp(random.normal(0, 0.2, (400, 6))):
        found = latency(*sessions[:5])
        kept.append(found.low <= 1e3 * sessions[5] <= found.high)
    assert 0.92 <= np.mean(kept) <= 0.99


def test_sessions_of_a_busy_machine_do_not_count_where_others_are_enough():
    quiet = [take(latencies_s=(0.001,)) for _ in range(3)]
    busy = [take(latencies_s=(0.003,), noisy=True) for _ in range(2)]
    found = {f.name: f for f in promise.promised([*busy, *quiet])}
    assert found["latency_ms"].value == pytest.approx(1.0)
    assert found["latency_ms"].high < 1.2
    assert not promise.is_noisy([*busy, *quiet])
    assert promise.is_noisy([*busy, *quiet[:2]])
    assert promise.promised([*busy, *quiet[:2]])[-1].high > 3


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
    assert 0 <= low <= right / of <= high <= 1
    assert all(o.holds for o in same_again(accuracy=right / of, n_test=of))
    narrow = promise.wilson(right / of, 100 * of)
    assert narrow[1] - narrow[0] < high - low


def test_wilsons_interval_is_the_published_one():
    # Brown, Cai, DasGupta: Interval Estimation for a Binomial Proportion, 2001; 5 of 50.
    low, high = promise.wilson(0.1, 50)
    assert low == pytest.approx(0.0435, abs=5e-4)
    assert high == pytest.approx(0.2136, abs=5e-4)
