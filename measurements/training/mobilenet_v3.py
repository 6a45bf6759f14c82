"""MobileNet v3, small and large (Howard et al. 2019, tables 1 and 2), of plain layers.

`keras.applications` builds hard-swish of operators on tensors, which no tool can rebuild layer by
layer; here it is Rescaling, ReLU and Multiply. Sizes are those of the MobileNet v3 paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tf_keras import layers


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """A row of the MobileNet v3 paper's tables."""

    kernel: int
    """Rows and columns of the depthwise filter."""
    expanded: int
    """Channels inside."""
    channels: int
    """Channels coming out."""
    squeezes: bool
    """Has a squeeze-and-excite module."""
    hard_swish: bool
    """Its nonlinearity is hard-swish, else ReLU."""
    strides: int
    """Of the depthwise filter."""


SMALL = (
    Bottleneck(3, 16, 16, True, False, 2),
    Bottleneck(3, 72, 24, False, False, 2),
    Bottleneck(3, 88, 24, False, False, 1),
    Bottleneck(5, 96, 40, True, True, 2),
    Bottleneck(5, 240, 40, True, True, 1),
    Bottleneck(5, 240, 40, True, True, 1),
    Bottleneck(5, 120, 48, True, True, 1),
    Bottleneck(5, 144, 48, True, True, 1),
    Bottleneck(5, 288, 96, True, True, 2),
    Bottleneck(5, 576, 96, True, True, 1),
    Bottleneck(5, 576, 96, True, True, 1),
)
LARGE = (
    Bottleneck(3, 16, 16, False, False, 1),
    Bottleneck(3, 64, 24, False, False, 2),
    Bottleneck(3, 72, 24, False, False, 1),
    Bottleneck(5, 72, 40, True, False, 2),
    Bottleneck(5, 120, 40, True, False, 1),
    Bottleneck(5, 120, 40, True, False, 1),
    Bottleneck(3, 240, 80, False, True, 2),
    Bottleneck(3, 200, 80, False, True, 1),
    Bottleneck(3, 184, 80, False, True, 1),
    Bottleneck(3, 184, 80, False, True, 1),
    Bottleneck(3, 480, 112, True, True, 1),
    Bottleneck(3, 672, 112, True, True, 1),
    Bottleneck(5, 672, 160, True, True, 2),
    Bottleneck(5, 960, 160, True, True, 1),
    Bottleneck(5, 960, 160, True, True, 1),
)


def mobilenet_v3_small(image: Any) -> Any:
    """MobileNet v3 small. `(n, 32, 32, 3)` -> `(n, 1024)`."""
    return _backbone(image, SMALL, last=576, features=1024)


def mobilenet_v3_large(image: Any) -> Any:
    """MobileNet v3 large. `(n, 32, 32, 3)` -> `(n, 1280)`."""
    return _backbone(image, LARGE, last=960, features=1280)


def _backbone(image: Any, rows: tuple[Bottleneck, ...], last: int, features: int) -> Any:
    x = _hard_swish(_conv_norm(image, 16, size=3, strides=2))
    for row in rows:
        x = _bottleneck(x, row)
    x = layers.GlobalAveragePooling2D()(_hard_swish(_conv_norm(x, last)))
    return _hard_swish(layers.Dense(features)(x))


def _bottleneck(x: Any, row: Bottleneck) -> Any:
    activate = _hard_swish if row.hard_swish else layers.ReLU()
    shortcut, inputs = x, x.shape[-1]
    if row.expanded != inputs:
        x = activate(_conv_norm(x, row.expanded))
        activate = _hard_swish if row.hard_swish else layers.ReLU()
    x = layers.DepthwiseConv2D(row.kernel, strides=row.strides, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization()(x)
    x = activate(x)
    if row.squeezes:
        x = _squeeze_and_excite(x)
    x = _conv_norm(x, row.channels)
    return layers.Add()([shortcut, x]) if row.strides == 1 and row.channels == inputs else x


def _squeeze_and_excite(x: Any) -> Any:
    channels = x.shape[-1]
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.ReLU()(layers.Conv2D(_divisible(channels / 4), 1)(gate))
    gate = _hard_sigmoid(layers.Conv2D(channels, 1)(gate))
    return layers.Multiply()([x, gate])


def _divisible(channels: float) -> int:
    """The nearest multiple of eight that is not more than 10 % below (the authors' rounding)."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest + 8 if nearest < 0.9 * channels else nearest


def _conv_norm(x: Any, channels: int, size: int = 1, strides: int = 1) -> Any:
    x = layers.Conv2D(channels, size, strides=strides, padding="same", use_bias=False)(x)
    return layers.BatchNormalization()(x)


def _hard_sigmoid(x: Any) -> Any:
    return layers.Rescaling(1 / 6)(layers.ReLU(6.0)(layers.Rescaling(1.0, offset=3.0)(x)))


def _hard_swish(x: Any) -> Any:
    return layers.Multiply()([x, _hard_sigmoid(x)])
