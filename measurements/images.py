"""Any images -> bytes of one size in RGB: what networks are given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements.errors import HarnessError

Bytes = NDArray[np.uint8]

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""What counts as an image in a folder."""


def as_rgb(images: NDArray[Any], where: str) -> Bytes:
    """Bring an array of images to bytes of three colours.

    Args:
        images: `(n, rows, columns)` grey or `(n, rows, columns, channels)`; bytes, or numbers
            from 0 to 1 or from 0 to 255.
        where: the array's place, for errors.

    Returns:
        `(n, rows, columns, 3)`; grey is repeated, a fourth channel is taken as transparency and
        left out.

    Raises:
        HarnessError: for another shape, NaN, infinity, or values beyond 0 to 255.
    """
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or 0 in images.shape:
        raise HarnessError(
            f"{where}: shape {images.shape} is not one of images; accepted: (n, rows, columns) or "
            "(n, rows, columns, 1, 3 or 4 channels), at least one of each"
        )
    colours = images[..., : 1 if images.shape[-1] == 1 else 3]
    return np.ascontiguousarray(np.broadcast_to(_as_bytes(colours, where), (*images.shape[:3], 3)))


def resized(images: Bytes, rows: int, columns: int) -> Bytes:
    """Scale images, smoothly, each to the full size.

    Args:
        images: `(n, any, any, channels)`.
        rows: of the result.
        columns: of the result.

    Returns:
        `(n, rows, columns, channels)`; the same array when it has that size already.
    """
    if images.shape[1:3] == (rows, columns):
        return images
    down = _triangles(images.shape[1], rows)
    across = _triangles(images.shape[2], columns)
    return np.stack([_scaled(image, down, across) for image in images])


def read_image(path: Path, rows: int, columns: int) -> Bytes:
    """Read an image file.

    Args:
        path: the file.
        rows: of the result.
        columns: of the result.

    Returns:
        `(rows, columns, 3)`.

    Raises:
        HarnessError: naming the file, when it is not an image that can be read.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGB"))
    # Pillow's readers raise OSError, SyntaxError, ValueError and their own, by format.
    except Exception as error:
        raise HarnessError(
            f"{path}: not an image that can be read ({type(error).__name__})"
        ) from None
    scaled: Bytes = resized(pixels[np.newaxis], rows, columns)[0]
    return scaled


def _as_bytes(images: NDArray[Any], where: str) -> Bytes:
    if images.dtype == np.uint8:
        return images
    if not (np.issubdtype(images.dtype, np.number) or images.dtype == np.bool_):
        raise HarnessError(f"{where}: {images.dtype} values; pixels are numbers from 0 to 255")
    if not np.isfinite(images).all():
        first = np.argwhere(~np.isfinite(images))[0]
        raise HarnessError(f"{where}: image {first[0]} has a pixel that is NaN or infinite")
    low, high = images.min(), images.max()
    if low < 0 or high > 255:
        raise HarnessError(f"{where}: pixels from {low:g} to {high:g}; accepted: 0 to 1, 0 to 255")
    scale = 255 if high <= 1 else 1
    return np.asarray(np.rint(images * np.float32(scale)), dtype=np.uint8)


def _triangles(size: int, wanted: int) -> NDArray[np.float32]:
    """`(wanted, size)` weights: linear interpolation, over all of them where the image shrinks."""
    step = size / wanted
    centres = (np.arange(wanted)[:, np.newaxis] + 0.5) * step - 0.5
    weights = np.clip(1 - np.abs(np.arange(size) - centres) / max(step, 1), 0, None)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _scaled(image: Bytes, down: NDArray[np.float32], across: NDArray[np.float32]) -> Bytes:
    smooth = np.einsum("ri,cj,ijk->rck", down, across, image, optimize=True)
    return np.asarray(np.rint(smooth).clip(0, 255), dtype=np.uint8)
