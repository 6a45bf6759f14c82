"""Float .tflite -> 8-bit or float16 .tflite, without TensorFlow.

One float conversion serves all of them. `blq` and `fiq` store each kernel in 8 bits with one scale
per output channel; under `fiq` activations are 8-bit too, input and output included, their ranges
taken from calibration images. `qat` is `fiq` of weights that were trained for it.
"""

from __future__ import annotations

import contextlib
import io
import os
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from measurements.biases import widen_kernels
from measurements.errors import ConversionError, known

CALIBRATION_IMAGES = (100, 500)
"""Fewest and most images that settle the ranges of activations (paper, section 2.2)."""

NARROWEST_RANGE = 1e-4
"""Activations that hardly move on the calibration images are taken to move this much: a range of
zero makes the scale of the next bias so small that it leaves 32 bits."""


def quantize(model: bytes, technique: str, images: NDArray[Any] | None = None) -> bytes:
    """Quantize a float network after its training.

    Args:
        model: content of a float32 .tflite with one input.
        technique: one of `QUANTIZING`.
        images: `(n, rows, columns, channels)`, as the network takes them, or bytes for 0 to 1; for
            `fiq` and `qat`, and of no effect otherwise.

    Returns:
        The content of the quantized .tflite.

    Raises:
        ConversionError: for an unknown technique, missing or too few images, or a model that the
            quantizer does not take.
    """
    if technique not in QUANTIZING:
        raise ConversionError(f"unknown quantization '{technique}'{known(technique, QUANTIZING)}")
    try:
        with _silence():
            return QUANTIZING[technique](model, images)
    except ConversionError:
        raise
    # The quantizer raises what it comes upon, KeyError and IndexError included.
    except Exception as error:
        raise ConversionError(f"{technique}: can't be quantized: {error}") from error


def _dynamic(model: bytes, _: NDArray[Any] | None) -> bytes:
    from litert_quantizer import recipe

    return _apply(model, recipe.dynamic_wi8_afp32())


def _static(model: bytes, images: NDArray[Any] | None) -> bytes:
    from litert_quantizer import Quantizer, recipe

    if images is None or len(images) < CALIBRATION_IMAGES[0]:
        raise ConversionError(
            f"{0 if images is None else len(images)} calibration images; "
            f"{CALIBRATION_IMAGES[0]} to {CALIBRATION_IMAGES[1]} settle the ranges of activations"
        )
    ranges = _ranges(model, images[: CALIBRATION_IMAGES[1]])
    return _serialize(Quantizer(widen_kernels(model, ranges), recipe.static_wi8_ai8()), ranges)


def _ranges(model: bytes, images: NDArray[Any]) -> dict[str, Any]:
    """Least and greatest value of each activation, by the tensor's name."""
    from litert_quantizer import recipe
    from litert_quantizer.calibrator import CalibrationMode, Calibrator
    from litert_quantizer.recipe_manager import RecipeManager
    from litert_quantizer.utils.qsv_utils import min_max_update

    signature, name = _signature(model)
    # The quantizer's own default is a moving average of each image's extremes, which cuts off the
    # extremes of half of the images: the winning output among them.
    calibrator = Calibrator(
        model,
        len(os.sched_getaffinity(0)),
        CalibrationMode.CALIBRATION_PRESERVE_ALL_TENSORS,
        min_max_update,
    )
    rules = RecipeManager()
    rules.load_quantization_recipe(recipe.static_wi8_ai8())
    calibrator.calibrate({signature: [{name: image} for image in _as_input(images)]}, rules)
    return {tensor: _widened(found) for tensor, found in calibrator.get_model_qsvs().items()}


def _half(model: bytes, _: NDArray[Any] | None) -> bytes:
    from litert_quantizer import qtyping
    from litert_quantizer.quantizer import AlgorithmName, Quantizer

    quantizer = Quantizer(model)
    quantizer.update_quantization_recipe(
        ".*",
        qtyping.TFLOperationName.ALL_SUPPORTED,
        qtyping.OpQuantizationConfig(
            weight_tensor_config=qtyping.TensorQuantizationConfig(
                num_bits=16, dtype=qtyping.TensorDataType.FLOAT
            ),
            compute_precision=qtyping.ComputePrecision.FLOAT,
            explicit_dequantize=True,
        ),
        AlgorithmName.FLOAT_CASTING,
    )
    return _serialize(quantizer)


QUANTIZING: dict[str, Callable[[bytes, NDArray[Any] | None], bytes]] = {
    "blq": _dynamic,
    "fiq": _static,
    "f16": _half,
    "qat": _static,
}
"""Technique -> model and calibration images to the quantized model."""


def _apply(model: bytes, recipe: Any) -> bytes:
    from litert_quantizer import Quantizer

    return _serialize(Quantizer(model, recipe))


def _serialize(quantizer: Any, ranges: dict[str, Any] | None = None) -> bytes:
    result = quantizer.quantize(ranges, enable_progress_report=False)
    return bytes(result.quantized_model)


def _signature(model: bytes) -> tuple[str, str]:
    """Key of the only signature and name of its only input."""
    from ai_edge_litert.interpreter import Interpreter

    signatures = Interpreter(model_content=model).get_signature_list()
    if len(signatures) != 1:
        raise ConversionError(
            f"the model has {len(signatures)} signatures; calibration takes exactly one"
        )
    key, names = next(iter(signatures.items()))
    if len(names["inputs"]) != 1:
        raise ConversionError(f"the model takes {len(names['inputs'])} inputs; an image is one")
    return key, names["inputs"][0]


def _as_input(images: NDArray[Any]) -> Iterator[NDArray[np.float32]]:
    scale = np.float32(255 if images.dtype == np.uint8 else 1)
    for image in images:
        yield image[np.newaxis].astype(np.float32) / scale


def _widened(found: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    if "min" not in found:
        return found
    return {**found, "max": np.maximum(found["max"], found["min"] + np.float32(NARROWEST_RANGE))}


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """The quantizer draws progress bars and warns that calibration takes memory."""
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
