import numpy as np
import pytest

pytest.importorskip("tensorflow")

from measurements.subject import networks as facts_of
from measurements.training import networks
from measurements.training.prune import kernels, mask
from measurements.training.qat import fake_quantized, round_activation, round_kernel

IMAGES = np.random.default_rng(0).random((64, 32, 32, 3)).astype(np.float32)


def test_a_kernel_has_255_values_in_each_channel():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 64, 4)).astype(np.float32)
    rounded = round_kernel(kernel, (0, 1, 2)).numpy()
    for channel, plain in zip(rounded.T, kernel.T, strict=True):
        step = np.abs(plain).max() / 127
        assert np.abs(channel / step - np.rint(channel / step)).max() < 1e-3
        assert np.abs(channel - plain).max() <= step * 0.501


def test_rounding_commutes_with_scaling_a_channel():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 8, 4)).astype(np.float32)
    scale = np.array([0.1, 2, -3, 40], np.float32)
    folded = round_kernel(kernel * scale, (0, 1, 2)).numpy()
    np.testing.assert_allclose(folded, round_kernel(kernel, (0, 1, 2)) * scale, rtol=1e-5)


def test_zero_stays_zero():
    assert round_activation(np.array([0.0, 0.3, 7.1], np.float32)).numpy()[0] == 0
    assert not round_kernel(np.zeros((3, 3, 2, 2), np.float32), (0, 1, 2)).numpy().any()


@pytest.mark.parametrize("name", ["vgg", "mobilenet_v2", "mobilenet_v3_small", "wrn"])
def test_a_network_on_the_grid_is_nearly_the_same_and_shares_its_weights(name):
    model = networks.build(name, 10)
    networks.perturb(model)
    networks.settle(model, IMAGES)
    on_grid = fake_quantized(model)
    plain, rounded = model(IMAGES).numpy(), on_grid(IMAGES).numpy()
    # An untrained MobileNet multiplies rounding errors: the deployed graph is as far off.
    assert 0 < np.abs(rounded - plain).mean() < 0.8 * plain.std()
    assert {id(w) for w in on_grid.weights} == {id(w) for w in model.weights}
    assert [w.shape for w in model.get_weights()] == [tuple(w.shape) for w in model.weights]


@pytest.mark.parametrize("sparsity", [0.0, 0.001, 0.5, 0.75, 0.999])
def test_a_mask_has_exactly_the_zeros_asked_for(sparsity):
    kernel = np.random.default_rng(0).normal(size=(3, 3, 7, 5))
    kept = mask(kernel, sparsity)
    assert np.count_nonzero(kept == 0) == round(sparsity * kernel.size)
    if 0 < kept.sum() < kept.size:
        assert np.abs(kernel[kept == 0]).max() <= np.abs(kernel[kept == 1]).min()


def test_depthwise_kernels_are_spared():
    model = networks.build("mobilenet_v1", 10)
    assert len(kernels(model)) == facts_of()["mobilenet_v1"].layers - 13
    assert not any("depthwise" in kernel.name for kernel in kernels(model))
