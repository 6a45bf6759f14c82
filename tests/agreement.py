"""Answers of Python and of the page, held against each other."""

import pytest


def assert_alike(one, other, where=""):
    """Equal in structure and words, and in numbers to the sixth digit."""
    assert type(one) is type(other) or {type(one), type(other)} == {int, float}, where
    if isinstance(one, dict):
        assert list(one) == list(other), where
        for key in one:
            assert_alike(one[key], other[key], f"{where}.{key}")
    elif isinstance(one, list):
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_alike(a, b, f"{where}[{i}]")
    elif isinstance(one, float):
        assert one == pytest.approx(other, rel=2e-6, abs=1.1e-4), where
    else:
        assert one == other, where
