import numpy as np
import pytest

from recommender.mixed import fit


def problem(n=60, noise=0.05, seed=3):
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.normal(size=n), random.integers(0, 2, size=n)])
    return x, x @ np.array([2.0, 0.7, -0.4]) + random.normal(0, noise, size=n)


SETTINGS = {
    "group": np.array([0, 1, 1]),
    "spread": np.array([10.0, 1.0]),
    "noise": np.array([0.1]),
}


def test_finds_the_effects():
    x, y = problem()
    fitted = fit(x, y, noise_class=np.zeros(len(y), dtype=int), **SETTINGS)
    assert fitted.mean == pytest.approx([2.0, 0.7, -0.4], abs=0.05)
    assert np.sqrt(fitted.noise[0]) == pytest.approx(0.05, rel=0.4)


def test_one_odd_cell_does_not_bend_the_rest():
    x, y = problem()
    y[5] += 8
    fitted = fit(x, y, noise_class=np.zeros(len(y), dtype=int), **SETTINGS)
    assert fitted.mean == pytest.approx([2.0, 0.7, -0.4], abs=0.06)


def test_spreads_are_honest():
    inside = []
    for seed in range(40):
        x, y = problem(n=40, seed=seed)
        fitted = fit(x[:30], y[:30], noise_class=np.zeros(30, dtype=int), **SETTINGS)
        mean, spread = fitted.predict(x[30:], np.zeros(10, dtype=int))
        inside.append(np.mean(np.abs(y[30:] - mean) <= 1.2816 * spread))
    assert 0.74 <= np.mean(inside) <= 0.92


def test_an_effect_without_data_keeps_its_prior():
    x = np.column_stack([np.ones(20), np.zeros(20)])
    fitted = fit(
        x,
        np.full(20, 3.0),
        group=np.array([0, 1]),
        spread=np.array([10.0, 0.5]),
        noise=np.array([0.1]),
        noise_class=np.zeros(20, dtype=int),
    )
    assert fitted.mean[1] == 0
    assert np.sqrt(fitted.covariance[1, 1]) == pytest.approx(0.5, rel=0.2)


def test_order_of_rows_changes_nothing():
    x, y = problem()
    backwards = fit(x[::-1], y[::-1], noise_class=np.zeros(len(y), dtype=int), **SETTINGS)
    forwards = fit(x, y, noise_class=np.zeros(len(y), dtype=int), **SETTINGS)
    assert forwards.mean == pytest.approx(backwards.mean, rel=1e-9)
