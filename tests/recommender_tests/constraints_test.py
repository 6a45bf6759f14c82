import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.constraints import LIMITS, Constraints, accuracy_pct, latency_ms, size_kb
from recommender.errors import ArgumentError


@pytest.mark.parametrize(
    ("text", "kb"),
    [("500KB", 500), ("500kB", 500), ("500", 500), ("488KiB", 499.712), ("0.547 MB", 547),
     ("1e3b", 1), (" 2GB ", 2e6), ("1MiB", 1048.576), (".5mb", 500)],
)  # fmt: skip
def test_sizes_are_read_exactly(text, kb):
    assert size_kb(text) == kb


@pytest.mark.parametrize(
    ("text", "ms"), [("50ms", 50), ("50", 50), ("0.05s", 50), ("800us", 0.8), ("800µs", 0.8)]
)
def test_latencies_are_read_exactly(text, ms):
    assert latency_ms(text) == ms


@pytest.mark.parametrize(("text", "pct"), [("90", 90), ("90%", 90), ("99.5 %", 99.5)])
def test_accuracies_are_read_exactly(text, pct):
    assert accuracy_pct(text) == pct


@pytest.mark.parametrize("read", [size_kb, latency_ms, accuracy_pct])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "0",
        "nan",
        "inf",
        "-inf",
        "1e999",
        "500 potatoes",
        "5 0",
        "1..2",
        "kb",
        "0x10",
        "--5",
    ],
)
def test_nonsense_is_one_sentence_that_says_what_is_wanted(read, text):
    with pytest.raises(ArgumentError, match=r"wanted|known") as error:
        read(text)
    assert "\n" not in str(error.value)


def test_accuracy_above_all_is_refused():
    with pytest.raises(ArgumentError, match="at most 100"):
        accuracy_pct("101")


@given(st.text(max_size=40))
@settings(max_examples=10_000)
def test_any_text_is_a_positive_number_or_an_argument_error(text):
    for read in (size_kb, latency_ms, accuracy_pct):
        try:
            value = read(text)
        except ArgumentError:
            continue
        assert 0 < value < math.inf


@pytest.mark.parametrize("name", [limit.name for limit in LIMITS])
@pytest.mark.parametrize("value", [-1.0, 0.0, math.nan, math.inf, "500KB", True])
def test_bad_limits_are_refused_from_python_too(name, value):
    with pytest.raises(ArgumentError, match=name):
        Constraints(**{name: value})


@pytest.mark.parametrize("value", [50, np.int64(50), np.float32(50)])
def test_numbers_of_any_kind_are_one_limit(value):
    limit = Constraints(max_size_kb=value).max_size_kb
    assert (limit, type(limit)) == (50.0, float)


def test_limits_keep_their_order_and_default_to_none():
    assert list(Constraints().to_dict()) == [limit.name for limit in LIMITS]
    assert set(Constraints().to_dict().values()) == {None}
