"""Answers, forecasts: plain JSON values from two places, held against each other."""

import pytest


def assert_alike(one, other, where="", *, rel=2e-6, floor=1.1e-4):
    """Equal in structure and words, and in numbers to the sixth digit if nothing else is said."""
    assert type(one) is type(other) or {type(one), type(other)} == {int, float}, where
    if isinstance(one, dict):
        assert list(one) == list(other), where
        for key in one:
            assert_alike(one[key], other[key], f"{where}.{key}", rel=rel, floor=floor)
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_alike(a, b, f"{where}[{i}]", rel=rel, floor=floor)
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=rel, abs=floor), where
    else:
        assert one == other, where
