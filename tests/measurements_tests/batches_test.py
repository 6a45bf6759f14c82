from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("tensorflow")

from measurements import tasks
from measurements.training.data import SHIFT, batches, split


@pytest.fixture(name="digits", scope="module")
def _digits():
    data = tasks.load("digits")
    return replace(data, x_train=data.x_train[:100], y_train=data.y_train[:100])


def drawn(data, number=0, **options):
    settings = {"batch": 32, "augmentation": (), "seed": 0} | options
    parts = list(batches(data, np.arange(100), **settings).epoch(number))
    return [np.concatenate(part) for part in zip(*parts, strict=True)]


def test_an_epoch_has_each_image_once_at_most(digits):
    images, labels, teacher = drawn(digits)
    assert images.shape == (96, 32, 32, 3)
    assert images.dtype == np.uint8
    assert teacher.shape == (96, 0)
    rows = [int(np.argmax((digits.x_train == x).all((1, 2, 3)))) for x in images]
    assert len(set(rows)) == 96
    assert (digits.y_train[rows] == labels).all()


def test_epochs_are_functions_of_seed_and_number(digits):
    options = {"augmentation": ("crop", "flip")}
    same = [drawn(digits, 3, **options)[0] for _ in range(2)]
    assert np.array_equal(*same)
    assert not np.array_equal(same[0], drawn(digits, 4, **options)[0])
    assert not np.array_equal(same[0], drawn(digits, 3, seed=1, **options)[0])


def test_an_epoch_does_not_wait_for_a_tuner_that_sleeps_a_minute(digits):
    """TensorFlow's tuner of pipelines: an epoch ended up to 60 s after its last step."""
    drawn_by = batches(digits, np.arange(100), batch=32, augmentation=(), seed=0)
    assert drawn_by.epoch(0).options().autotune.enabled is False


def test_teachers_stay_with_their_images(digits):
    said = np.eye(10, dtype=np.float32)[digits.y_train]
    _, labels, teacher = drawn(digits, teacher=said)
    assert (teacher.argmax(axis=1) == labels).all()


def test_cropping_shifts_whole_images(digits):
    plain, shifted = drawn(digits)[0], drawn(digits, augmentation=("crop",))[0]
    wide = np.pad(plain, ((0, 0), (SHIFT, SHIFT), (SHIFT, SHIFT), (0, 0)))
    places = [(r, c) for r in range(2 * SHIFT + 1) for c in range(2 * SHIFT + 1)]
    for image, edges in zip(shifted, wide, strict=True):
        assert any(np.array_equal(image, edges[r : r + 32, c : c + 32]) for r, c in places)


def test_mirroring_is_for_tasks_that_allow_it(digits):
    plain = drawn(digits)[0]
    assert np.array_equal(drawn(digits, augmentation=("flip",))[0], plain)
    mirrored = drawn(replace(digits, mirrors=True), augmentation=("flip",))[0]
    turned = [not np.array_equal(a, b) for a, b in zip(mirrored, plain, strict=True)]
    assert 0.3 < np.mean(turned) < 0.7
    assert np.array_equal(mirrored[turned], plain[turned][:, :, ::-1])


def test_a_batch_is_never_larger_than_the_data(digits):
    assert batches(digits, np.arange(10), batch=32, augmentation=(), seed=0).steps == 1


def test_groups_are_held_out_whole(digits):
    groups = np.arange(100) // 5
    parts = split(replace(digits, groups=groups), 0.3)
    assert set(groups[parts.trained]).isdisjoint(groups[parts.watched])
    assert len(parts.watched) == 30
    assert len(parts.trained) == 70


def test_nothing_is_held_out_unless_asked(digits):
    parts = split(digits, 0)
    assert len(parts.trained) == 100
    assert len(parts.watched) == 5


def test_images_that_are_followed_are_of_all_classes_of_a_sorted_data_set(digits):
    labels = np.repeat(np.arange(5), 20)
    parts = split(replace(digits, y_train=labels), 0)
    assert set(labels[parts.watched]) == set(range(5))
