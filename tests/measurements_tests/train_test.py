from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

from measurements import tasks
from measurements.errors import TrainingError
from measurements.training import data, networks
from measurements.training.prune import kernels
from measurements.training.train import Plan, accuracy_of, arithmetic, train

PLAN = Plan(epochs=3, rate=0.05, schedule="one-cycle", optimizer="sgd", weight_decay=1e-4)


@pytest.fixture(name="digits", scope="module")
def _digits():
    return tasks.load("digits")


def go(digits, path, plan=PLAN, model=None, rows=400, told=None):
    model = model or networks.build("vgg", 10, seed=0)
    batches = data.batches(digits, np.arange(rows), batch=32, augmentation=("crop",), seed=0)
    watched = digits.x_train[:rows], digits.y_train[:rows]
    return model, train(
        model, batches, watched, plan, path=path, watch=lambda *now: (told or []).append(now)
    )


@pytest.mark.parametrize(
    ("optimizer", "rate", "precision"),
    [("sgd", 0.05, "float32"), ("adam", 0.005, "float32"), ("sgd", 0.05, "bfloat16")],
)
def test_it_learns(digits, tmp_path, optimizer, rate, precision):
    plan = replace(PLAN, optimizer=optimizer, rate=rate, precision=precision, epochs=8)
    model, state = go(digits, tmp_path / "w.npz", plan)
    assert state.accuracy > 0.6
    assert accuracy_of(model, digits.x_test, digits.y_test) > 0.6
    assert (state.epoch, state.finished) == (8, True)


def test_arithmetic_is_asked_for_no_longer_than_needed():
    def asked():
        options = tf.config.optimizer.get_experimental_options()
        return options.get("auto_mixed_precision_onednn_bfloat16", False)

    for precision, expected in (("bfloat16", True), ("float32", False)):
        with arithmetic(precision):
            assert asked() is expected
        assert asked() is False


def test_the_same_seed_gives_the_same_weights(digits, tmp_path):
    (first, _), (second, _) = (go(digits, tmp_path / f"{i}.npz", rows=100) for i in range(2))
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-4)


def test_a_finished_training_is_read_not_repeated(digits, tmp_path):
    first, _ = go(digits, tmp_path / "w.npz", rows=64)
    told = []
    second, _ = go(digits, tmp_path / "w.npz", rows=64, told=told)
    assert told == []
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        assert np.array_equal(a, b)


@pytest.mark.parametrize("sparsity", [0.3, 0.75, 0.9])
def test_zeros_are_as_many_as_asked_for(digits, tmp_path, sparsity):
    plan = replace(PLAN, epochs=1, masked=True, sparsity=sparsity)
    model, _ = go(digits, tmp_path / "w.npz", plan, rows=200)
    for kernel in kernels(model):
        values = kernel.numpy()
        assert np.count_nonzero(values == 0) == round(sparsity * values.size)


def test_zeros_stay_zeros_on_the_grid(digits, tmp_path):
    pruned, _ = go(digits, tmp_path / "p.npz", replace(PLAN, epochs=1, masked=True, sparsity=0.5))
    before = [kernel.numpy() for kernel in kernels(pruned)]
    plan = replace(PLAN, epochs=1, masked=True, on_grid=True, rate=0.01)
    model, _ = go(digits, tmp_path / "q.npz", plan, model=pruned)
    for old, kernel in zip(before, kernels(model), strict=True):
        assert ((kernel.numpy() == 0) == (old == 0)).all()
        assert not np.array_equal(kernel.numpy(), old)


def test_a_loss_that_is_no_number_ends_it(digits, tmp_path):
    model = networks.build("vgg", 10)
    model.set_weights([np.full_like(w, np.nan) for w in model.get_weights()])
    with pytest.raises(TrainingError, match="vgg: the loss became nan in epoch 1; a lower"):
        go(digits, tmp_path / "w.npz", model=model, rows=64)


def test_a_budget_leaves_epochs_out(digits, tmp_path):
    _, state = go(digits, tmp_path / "w.npz", replace(PLAN, epochs=500, budget_s=1), rows=64)
    assert state.finished
    assert state.epoch < 500
