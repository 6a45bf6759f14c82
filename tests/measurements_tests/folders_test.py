import numpy as np
import pytest

from measurements import tasks
from measurements.errors import HarnessError

pillow = pytest.importorskip("PIL.Image")


def fill(folder, classes=("cat", "dog"), each=5, size=(40, 24)):
    """Class folders of images whose grey level is that of their class."""
    for level, word in enumerate(classes):
        (folder / word).mkdir(parents=True)
        for number in range(each):
            image = pillow.new("L", size, color=50 + 100 * level)
            image.save(folder / word / f"{number}.png")
    return folder


def test_a_folder_is_split_by_class(tmp_path):
    data = tasks.load(str(fill(tmp_path / "pets")))
    assert (data.name, data.class_names) == ("pets", ("cat", "dog"))
    assert np.bincount(data.y_train).tolist() == [4, 4]
    assert np.bincount(data.y_test).tolist() == [1, 1]
    assert (data.x_train == (50 + 100 * data.y_train)[:, None, None, None]).all()


def test_train_and_test_are_kept(tmp_path):
    fill(tmp_path / "train", each=3)
    fill(tmp_path / "test", each=2)
    data = tasks.load(str(tmp_path))
    assert (len(data.y_train), len(data.y_test)) == (6, 4)


def test_hidden_folders_and_other_files_are_passed_over(tmp_path):
    fill(tmp_path)
    (tmp_path / ".cache").mkdir()
    (tmp_path / "cat" / "notes.txt").write_text("soft")
    assert tasks.load(str(tmp_path)).classes == 2


def test_one_class_only(tmp_path):
    with pytest.raises(HarnessError, match="class folders: 1; at least two are needed"):
        tasks.load(str(fill(tmp_path, classes=("cat",))))


def test_an_empty_class_is_named(tmp_path):
    (fill(tmp_path) / "eel").mkdir()
    with pytest.raises(HarnessError, match="eel: no image in this class; accepted: "):
        tasks.load(str(tmp_path))


def test_an_unreadable_image_is_named(tmp_path):
    (fill(tmp_path) / "cat" / "3.png").write_bytes(b"torn")
    with pytest.raises(HarnessError, match=r"3\.png: not an image that can be read"):
        tasks.load(str(tmp_path))


def test_a_single_image_cannot_be_split(tmp_path):
    with pytest.raises(HarnessError, match="cat: one image; a class needs two"):
        tasks.load(str(fill(tmp_path, each=1)))


def test_unlike_classes_are_named(tmp_path):
    fill(tmp_path / "train")
    fill(tmp_path / "test", classes=("cat", "emu"))
    with pytest.raises(HarnessError, match="train and test have different classes: 'dog' is in"):
        tasks.load(str(tmp_path))


def test_a_network_of_another_shape_gets_the_images_themselves(tmp_path):
    generator = np.random.default_rng(0)
    fill(tmp_path, each=4)
    for word in ("cat", "dog"):
        pixels = generator.integers(0, 256, (40, 24, 3), dtype=np.uint8)
        for file in (tmp_path / word).iterdir():
            pillow.fromarray(pixels).save(file)
    usual, large = tasks.load(str(tmp_path)), tasks.load(str(tmp_path), shape=(40, 24, 3))
    grey = tasks.load(str(tmp_path), shape=(40, 24, 1))
    assert usual.x_test.shape[1:] == (32, 32, 3)
    assert len(np.unique(large.x_test.reshape(-1, 3), axis=0)) > 1000  # nothing was smoothed away
    assert np.abs(grey.x_test[..., 0] - large.x_test.mean(axis=3)).max() <= 0.5
    assert usual.hash == large.hash == grey.hash
    assert usual.y_train.tolist() == large.y_train.tolist()
