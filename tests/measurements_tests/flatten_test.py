"""Keras models taken apart, with TensorFlow."""

from importlib.util import find_spec

import numpy as np
import pytest

from measurements.errors import TrainingError

if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
    pytest.skip("needs the train extra", allow_module_level=True)

from measurements.training.flatten import flattened


def image(side=8):
    import tf_keras

    return tf_keras.Input((side, side, 3))


def test_models_in_models_become_one_that_computes_the_same():
    import tf_keras
    from tf_keras import layers

    inner = tf_keras.Sequential([layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU()])
    shared = layers.Conv2D(4, 3, padding="same")
    x = image()
    y = inner(x)
    y = layers.Add()([shared(y), shared(shared(y))])
    model = tf_keras.Model(x, layers.Dense(3)(layers.Flatten()(y)))
    flat = flattened(model, "mine")
    assert all(not hasattr(layer, "layers") for layer in flat.layers)
    assert sum(isinstance(layer, layers.Conv2D) for layer in flat.layers) == 2
    images = np.random.default_rng(0).random((4, 8, 8, 3), dtype=np.float32)
    assert np.allclose(model(images), flat(images), atol=1e-6)


@pytest.mark.parametrize("as_layer", [True, False])
def test_a_softmax_at_the_end_is_left_out(as_layer):
    import tf_keras
    from tf_keras import layers

    x = image()
    y = layers.Flatten()(x)
    y = layers.Softmax()(layers.Dense(3)(y)) if as_layer else layers.Dense(3, "softmax")(y)
    model = tf_keras.Model(x, y)
    images = np.random.default_rng(0).random((4, 8, 8, 3), dtype=np.float32)
    logits, odds = flattened(model, "mine")(images).numpy(), model(images).numpy()
    assert np.allclose(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), odds, atol=1e-6)
    assert not np.allclose(logits.sum(axis=1), 1)


def test_what_is_no_plain_classifier_is_refused_by_name():
    import tf_keras
    from tf_keras import layers

    class Mine(layers.Layer):
        def call(self, x):
            return x

    x = image()
    dense = layers.Dense(3)(layers.Flatten()(Mine(name="odd_one")(x)))
    with pytest.raises(TrainingError, match="layer 'odd_one' is a Mine"):
        flattened(tf_keras.Model(x, dense), "mine")
    with pytest.raises(TrainingError, match="1 inputs and 2 outputs"):
        flattened(tf_keras.Model(x, [layers.Flatten()(x), x]), "mine")
    flat = tf_keras.Input((8,))
    with pytest.raises(TrainingError, match=r"takes input of shape \(8,\)"):
        flattened(tf_keras.Model(flat, layers.Dense(3)(flat)), "mine")
