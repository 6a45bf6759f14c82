import numpy as np
import pytest

from measurements.errors import HarnessError
from measurements.images import as_rgb, read_image, resized


def test_grey_becomes_three_equal_colours():
    grey = np.arange(32, dtype=np.uint8).reshape(2, 4, 4)
    colours = as_rgb(grey, "here")
    assert colours.shape == (2, 4, 4, 3)
    assert (colours == grey[..., None]).all()


def test_transparency_is_left_out():
    assert as_rgb(np.zeros((1, 2, 2, 4), np.uint8), "here").shape == (1, 2, 2, 3)


@pytest.mark.parametrize("scale", [1, 255])
def test_numbers_are_scaled_to_bytes(scale):
    values = np.array([0, 0.5, 1]).reshape(1, 1, 3, 1) * scale
    assert as_rgb(values, "here")[0, 0, :, 0].tolist() == [0, 128, 255]


def test_an_even_image_stays_even_at_any_size():
    image = np.full((1, 7, 5, 3), 93, np.uint8)
    for rows, columns in ((32, 32), (3, 2), (1, 40)):
        assert (resized(image, rows, columns) == 93).all()
        assert resized(image, rows, columns).shape == (1, rows, columns, 3)


def test_the_right_size_is_left_alone():
    image = np.zeros((1, 4, 4, 3), np.uint8)
    assert resized(image, 4, 4) is image


def test_resizing_is_that_of_pillow():
    pillow = pytest.importorskip("PIL.Image")
    image = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    for rows, columns in ((8, 9), (50, 41)):
        theirs = pillow.fromarray(image).resize((columns, rows), pillow.Resampling.BILINEAR)
        ours = resized(image[None], rows, columns)[0]
        assert np.abs(ours.astype(int) - np.asarray(theirs).astype(int)).max() <= 1


def test_an_unreadable_image_is_named(tmp_path):
    pytest.importorskip("PIL")
    path = tmp_path / "torn.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n torn")
    with pytest.raises(HarnessError, match=r"torn\.png: not an image that can be read"):
        read_image(path, 32, 32)
