from recommender import Advisor, Constraints, Profile
from recommender.commands.build import broken_limits

ADVISOR = Advisor.load()
GOOD = {
    "compressed_bytes": 400_000.0,
    "file_bytes": 600_000.0,
    "accuracy_pct": 75.0,
    "latency_ms": 40.0,
    "ram_bytes": 100_000.0,
}


def broken(figures, same_device=True, size_kind="compressed"):
    limits = Constraints(max_size_kb=500, max_latency_ms=50, min_accuracy_pct=70, max_ram_kb=1000)
    advice = ADVISOR.advise(Profile(size_kind=size_kind), limits)
    return broken_limits(advice, GOOD | figures, same_device)


def test_a_file_that_meets_every_limit():
    assert broken({}) == []


def test_each_limit_that_it_breaks_is_named_with_both_values():
    assert broken({"compressed_bytes": 612_000.0}) == [
        "the built file breaks --max-size 500 kB: 612 kB"
    ]
    assert broken({"accuracy_pct": 60.0}) == ["the built file breaks --min-accuracy 70.0%: 60.0%"]
    assert len(broken({"latency_ms": 51.0, "ram_bytes": 2e6})) == 2


def test_the_stored_file_where_that_is_limited():
    assert broken({}, size_kind="file") == ["the built file breaks --max-size 500 kB: 600 kB"]


def test_latency_elsewhere_says_nothing():
    assert broken({"latency_ms": 51.0, "ram_bytes": 2e6}, same_device=False) == []


def test_what_was_not_measured_breaks_nothing():
    advice = ADVISOR.advise(Profile(), Constraints(max_size_kb=500, min_accuracy_pct=70))
    assert broken_limits(advice, {}, True) == []
