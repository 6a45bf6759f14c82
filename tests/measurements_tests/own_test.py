"""Saved Keras models and functions: read, refused, trained. With TensorFlow."""

import json
import zipfile
from importlib.util import find_spec

import numpy as np
import pytest

from measurements.errors import TrainingError
from measurements.own_network import Source

if find_spec("tf_keras") is None:  # asked without importing it: it takes seconds
    pytest.skip("needs the train extra", allow_module_level=True)

from measurements.training import own

NETS = """
def small(classes):
    import tf_keras
    from tf_keras import layers

    image = tf_keras.Input((32, 32, 3))
    x = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(8, 3, strides=4)(image)))
    x = layers.GlobalAveragePooling2D()(x)
    return tf_keras.Model(image, layers.Dense(classes, activation="softmax")(x))


def nested(classes):
    import keras
    from keras import layers

    base = keras.Sequential(
        [keras.Input((24, 16, 1)), layers.Conv2D(4, 3, activation="relu"),
         layers.BatchNormalization(), layers.MaxPooling2D()]
    )
    image = keras.Input((24, 16, 1))
    x = base(image)
    x = layers.Add()([x, layers.Conv2D(4, 3, padding="same")(x)])
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(image, layers.Softmax()(layers.Dense(classes)(x)))


def wrong(classes):
    return small(classes + 1)


def nothing(classes):
    return None


def failing(classes):
    raise KeyError("oh")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nets")
    (folder / "their_nets.py").write_text(NETS)
    return folder


def function(name):
    return Source(word=f"their_nets:{name}", kind="function")


def built(place, name, **more):
    return own.build(function(name), 5, folder=place, **more)


def saved(place, name, suffix, classes=5):
    """A model as its own Keras saves it."""
    import sys

    sys.path.insert(0, str(place))
    import their_nets

    path = place / f"{name}{suffix}"
    model = getattr(their_nets, name)(classes)
    model.save(path)
    return model, Source(word=str(path), kind="keras")


def test_a_function_builds_for_any_classes_and_the_seed_decides(place):
    one, same, other = (built(place, "small", seed=s).get_weights() for s in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one[0], other[0])
    assert built(place, "small").output_shape == (None, 5)


def test_keras_3_nested_becomes_plain_layers_that_compute_the_same(place):
    model, source = saved(place, "nested", ".keras")
    flat = own.build(source, 5)
    assert type(flat).__module__.startswith("tf_keras")
    kinds = [type(layer).__name__ for layer in flat.layers]
    assert "Sequential" not in kinds
    assert "Softmax" not in kinds
    image = np.random.default_rng(0).random((3, 24, 16, 1), dtype=np.float32)
    logits = flat(image).numpy()
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = np.asarray(model(image))
    assert np.allclose(odds / odds.sum(axis=1, keepdims=True), expected, atol=1e-5)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_a_saved_model_keeps_its_weights(place, suffix):
    model, source = saved(place, "small", suffix)
    flat = own.build(source, 5, seed=3)
    for weight, kept in zip(model.get_weights(), flat.get_weights(), strict=True):
        assert np.array_equal(weight, kept)
    with pytest.raises(TrainingError, match="tells 5 classes apart, not 4"):
        own.build(source, 4)


def test_facts_do_not_hang_on_where_it_comes_from(place):
    graph, digest, classes = own.counted(function("small"), place)
    assert classes is None
    assert own.counted(function("small"), place)[1] == digest
    assert own.counted(function("nested"), place)[1] != digest
    _, source = saved(place, "small", ".keras", classes=10)
    found, _, classes = own.counted(source, place)
    assert classes == 10
    assert found == graph


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("wrong", "tells 6 classes apart, not 5"),
        ("nothing", "functional or sequential"),
        ("failing", "KeyError: 'oh'"),
        ("absent", "no attribute 'absent'"),
    ],
)
def test_functions_that_are_none(place, name, words):
    with pytest.raises(TrainingError, match=words):
        built(place, name)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_layers_that_carry_code_are_refused(place, suffix):
    import tf_keras
    from tf_keras import layers

    image = tf_keras.Input((32, 32, 3))
    x = layers.Lambda(lambda x: 2 * x)(image)
    model = tf_keras.Model(image, layers.Dense(5)(layers.Flatten()(x)))
    path = place / f"code{suffix}"
    model.save(path)
    with pytest.raises(TrainingError, match="Lambda layer, which is code"):
        own.build(Source(word=str(path), kind="keras"), 5)


def test_a_file_that_names_other_modules_is_refused_before_they_are_imported(place):
    _, source = saved(place, "nested", ".keras")
    hostile = place / "hostile.keras"
    with zipfile.ZipFile(source.word) as old, zipfile.ZipFile(hostile, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                config["config"]["layers"][1]["module"] = "evil_module_of_theirs"
                content = json.dumps(config).encode()
            new.writestr(name, content)
    with pytest.raises(TrainingError, match="evil_module_of_theirs"):
        own.build(Source(word=str(hostile), kind="keras"), 5)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x89HDF\r\n\x1a\nbroken", b"text"])
def test_what_is_no_saved_model(tmp_path, content):
    path = tmp_path / "odd.keras"
    path.write_bytes(content)
    with pytest.raises(TrainingError, match="no saved Keras model"):
        own.build(Source(word=str(path), kind="keras"), 5)
