"""Write `data/published.toml`: facts of networks in public tables, counted in their definitions.

Run `python -m measurements.training.published [FILE]`. The tables give neither weights nor
multiply-accumulates, and facts carry a prediction from one network to another.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measurements.subject import DATA

HEAD = """\
# Facts of networks in public tables, counted in their Keras definitions at one image of `input`
# rows and columns, batch normalization folded. Written by
# `python -m measurements.training.published`, not by hand; a test rebuilds and compares.
"""

Build = Callable[[], Any]
"""Makes a Keras model with random weights."""


def definitions() -> Iterator[tuple[tuple[str, ...], Build]]:
    """Names that public tables give a network, and what builds it."""
    from tf_keras import applications as keras

    def build(make: Callable[..., Any], side: int, **options: Any) -> Build:
        return lambda: make(weights=None, input_shape=(side, side, 3), **options)

    for width in (0.25, 0.5, 0.75, 1.0):
        for side in (128, 160, 192, 224):
            names: tuple[str, ...] = (f"mobilenet_v1_{width:.2f}_{side}",)
            if width == 1:
                names = (f"mobilenet_v1_1.0_{side}", f"mobilenet_v1_1_{side}")
            yield names, build(keras.MobileNet, side, alpha=width)
    yield ("mobilenet_v2_1.0_224", "mobilenet_v2_1_224"), build(keras.MobileNetV2, 224)
    yield ("inception_v3",), build(keras.InceptionV3, 299)
    yield ("resnet_v2_101",), build(keras.ResNet101V2, 299)
    yield ("nasnet_mobile",), build(keras.NASNetMobile, 224)


def facts(model: Any) -> dict[str, float]:
    """What `measurements.subject.published` gives, counted in a Keras model."""
    parts = [part for layer in model.layers for part in _parts(layer)]
    macs = sum(work for _, work, _, _ in parts)
    return {
        "params": sum(weights for weights, _, _, _ in parts),
        "macs": macs,
        "channels": sum(channels for _, _, channels, _ in parts),
        "layers": len(parts),
        "depthwise_share": round(sum(work for _, work, _, deep in parts if deep) / macs, 6),
        "input": model.input_shape[1],
        "classes": model.output_shape[-1],
    }


def _parts(layer: Any) -> Iterator[tuple[int, int, int, bool]]:
    """Weights, multiply-accumulates, output channels and depthwise or not, of weighted layers.

    Each output channel has a bias: its own, or that of the normalization folded into it.
    """
    kinds = ("kernel", "depthwise_kernel", "pointwise_kernel")
    kernels = {name: k for name in kinds if (k := getattr(layer, name, None)) is not None}
    for name, kernel in kernels.items():
        shape = tuple(int(n) for n in kernel.shape)
        weights, deep = int(kernel.shape.num_elements()), name == "depthwise_kernel"
        channels = shape[-2] * shape[-1] if deep else shape[-1]
        places = 1
        for side in layer.output_shape[1:-1]:
            places *= side
        yield weights + channels, weights * places, channels, deep


def main() -> None:
    """Write the file."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "published.toml"
    text = HEAD
    for names, build in definitions():
        found = facts(build())
        for name in names:
            lines = [f"{key} = {value}" for key, value in found.items()]
            text += "\n".join(["", f'["{name}"]', *lines, ""])
    path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
