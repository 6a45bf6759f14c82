import numpy as np
import pytest

from measurements import tasks
from measurements.errors import HarnessError, UnknownNameError
from measurements.subject import tasks as facts_of

NOISE = np.random.default_rng(0)


def arrays(classes=3, each=4, **more):
    labels = np.repeat(np.arange(classes), each)
    images = NOISE.integers(0, 256, (len(labels), 32, 32, 3), np.uint8)
    split = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    return {**split, **more}


@pytest.fixture(name="npz")
def _npz(tmp_path):
    def write(name="own", **content):
        path = tmp_path / f"{name}.npz"
        np.savez(path, **content)
        return str(path)

    return write


def test_every_shipped_task_has_a_loader():
    assert set(tasks.LOADERS) == set(facts_of())


def test_digits_are_as_their_facts_say():
    data, facts = tasks.load("digits"), facts_of()["digits"]
    assert data.x_train.shape == (facts.train_examples, *facts.input_shape)
    assert data.x_test.shape == (facts.test_examples, *facts.input_shape)
    assert data.classes == facts.classes
    assert data.x_train.dtype == np.uint8
    assert data.x_train.max() == 255
    assert not data.mirrors


def test_loading_twice_gives_the_same():
    assert tasks.load("digits").hash == tasks.load("digits").hash


def test_own_npz(npz):
    content = arrays(class_names=np.array(["a", "b", "c"]))
    data = tasks.load(npz(**content))
    assert (data.name, data.class_names) == ("own", ("a", "b", "c"))
    # Rows are shuffled, each with its label.
    for images, labels in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert sorted(labels) == sorted(content["y_train"])
        place = [int(np.argmax((content["x_train"] == x).all((1, 2, 3)))) for x in images]
        assert (content["y_train"][place] == labels).all()
        assert place != sorted(place)


def test_a_shipped_name_is_looked_for_in_the_data_folder(npz, tmp_path, monkeypatch):
    npz("parking", **arrays(classes=2))
    assert tasks.load("parking", tmp_path).name == "parking"
    monkeypatch.setenv(tasks.DATA_DIR, str(tmp_path))
    assert tasks.load("parking").classes == 2
    with pytest.raises(HarnessError, match=r"no parking\.npz in .*elsewhere; name its folder with"):
        tasks.load("parking", tmp_path / "elsewhere")


def test_cifar_comes_from_the_data_folder_else_through_keras(npz, tmp_path, monkeypatch):
    asked = []

    def fetch(name):
        asked.append(name)
        return arrays(classes=10)

    monkeypatch.setattr("measurements.training.fetch.fetch", fetch)
    monkeypatch.delenv(tasks.DATA_DIR, raising=False)
    assert (tasks.load("cifar10").classes, asked) == (10, ["cifar10"])
    npz("cifar10", **arrays(classes=2))
    assert (tasks.load("cifar10", tmp_path).classes, asked) == (2, ["cifar10"])

    def no_network(name):
        raise OSError("no route to host")

    monkeypatch.setattr("measurements.training.fetch.fetch", no_network)
    with pytest.raises(
        HarnessError, match=r"no cifar100\.npz in .* name its folder with --data-dir"
    ):
        tasks.load("cifar100", tmp_path)


def test_groups_stay_with_their_images(npz):
    content = arrays(groups_train=np.arange(12))
    data = tasks.load(npz(**content))
    assert (content["x_train"][data.groups] == data.x_train).all()


def test_the_hash_is_that_of_the_content(npz):
    content = arrays()
    first = tasks.load(npz("a", **content)).hash
    content["x_test"] = content["x_test"].copy()
    assert tasks.load(npz("b", **content)).hash == first
    content["x_test"][0, 0, 0, 0] ^= 1
    assert tasks.load(npz("c", **content)).hash != first


def test_column_of_labels_is_taken(npz):
    content = arrays()
    content["y_train"] = content["y_train"][:, None]
    assert tasks.load(npz(**content)).y_train.shape == (12,)


def changed(key, change):
    content = arrays()
    content[key] = change(content[key])
    return content


def nan_in(images):
    images = images / np.float32(255)
    images[5, 3, 3, 1] = np.nan
    return images


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (arrays(classes=1), "one class only"),
        (arrays(class_names=np.array(list("abcd"))), "no image of class 'd'"),
        (arrays(class_names=np.array(list("ab"))), r"y_train: label 2 is out of range; .* 0 to 1"),
        (changed("y_train", lambda y: y - 1), "y_train: label -1 is out of range"),
        (changed("y_test", lambda y: y * 0), "train and test have different classes: '1' is in"),
        (changed("y_test", lambda y: y[:-1]), "12 test images, 11 labels"),
        (changed("y_train", lambda y: y + 0.5), "float64 labels; accepted: whole numbers from 0"),
        (changed("x_train", nan_in), "x_train: image 5 has a pixel that is NaN or infinite"),
        (changed("x_train", lambda x: x * 2.0), "pixels from 0 to 510; accepted: 0 to 1, 0 to 255"),
        (changed("x_train", lambda x: x[..., :2]), r"shape \(12, 32, 32, 2\) is not one of images"),
        (changed("x_train", lambda x: x[:0]), r"shape \(0, 32, 32, 3\) is not one of images"),
        (changed("x_train", lambda x: x.astype(str)), "values; pixels are numbers from 0 to 255"),
        (changed("x_train", lambda x: x.astype(object)), "can't be read as .npz of plain arrays"),
        (arrays(groups_train=np.arange(3)), "one for each of the 12 training images"),
        ({"x_train": np.zeros(3)}, "no 'y_train' in it; needed: x_train, y_train, x_test, y_test"),
    ],
)
def test_bad_arrays_give_one_sentence(npz, content, sentence):
    with pytest.raises(HarnessError, match=sentence) as caught:
        tasks.load(npz(**content))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_npz(tmp_path):
    (tmp_path / "bad.npz").write_bytes(b"PK\3\4 cut off")
    with pytest.raises(HarnessError, match=r"bad\.npz: can't be read"):
        tasks.load(str(tmp_path / "bad.npz"))


def test_unknown_names_are_told_from_paths():
    with pytest.raises(UnknownNameError, match=r"unknown task 'cifar1'.*did you mean 'cifar10'"):
        tasks.load("cifar1")
