"""The eight networks of the paper and its distillation teacher, for any number of classes.

Every network takes `(n, 32, 32, 3)` float32 images in [0, 1] and gives `(n, classes)` logits. All
are functional models of plain layers, without operators hidden in lambdas, so that training can
rebuild them layer by layer with fake quantization. Batch normalization forgets fast (momentum 0.9):
with Keras's 0.99 to 0.999 the statistics of a short training stay those of the first steps.

Where the paper gives no more than a name, the definition is the one whose size fits its tables: the
ResNets and MobileNets are those of `keras.applications` with ImageNet strides, WRN is WRN-34-1. The
two MobileNet v3 follow Howard et al. 2019, since their published sizes fit no public definition.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tf_keras
from tf_keras import layers

from measurements.errors import UnknownNameError, known
from measurements.training.mobilenet_v3 import mobilenet_v3_large, mobilenet_v3_small

INPUT_SHAPE = (32, 32, 3)
"""Rows, columns and channels of the images that the networks take."""

MOMENTUM = 0.9
"""Of the moving statistics of batch normalization."""

_SPREADS = {
    "bias": (-0.2, 0.2),
    "beta": (-0.2, 0.2),
    "gamma": (0.8, 1.2),
    "moving_mean": (-0.2, 0.2),
    "moving_variance": (0.8, 1.2),
}
"""Where `perturb` draws values from, by the name of the weight."""

VGG_BLOCKS = ((8, 8), (12, 16))
"""Output channels of the 3 x 3 convolutions; each block ends in a 2 x 2 maximum. The paper's VGGNet
has a feature vector of 1024 and about 14 thousand weights."""


def vgg(image: Any) -> Any:
    """A small VGG net (Simonyan, Zisserman 2014) with batch normalization.

    Args:
        image: the input, `(n, 32, 32, 3)`.

    Returns:
        Features, `(n, 1024)`.
    """
    x = image
    for block in VGG_BLOCKS:
        for channels in block:
            x = _conv_norm_relu(x, channels)
        x = layers.MaxPooling2D()(x)
    return layers.Flatten()(x)


def resnet50(image: Any) -> Any:
    """ResNet50 (He et al. 2015). `(n, 32, 32, 3)` -> `(n, 2048)`."""
    return _published(tf_keras.applications.ResNet50, image)


def resnet101(image: Any) -> Any:
    """ResNet101 (He et al. 2015). `(n, 32, 32, 3)` -> `(n, 2048)`."""
    return _published(tf_keras.applications.ResNet101, image)


def mobilenet_v1(image: Any) -> Any:
    """MobileNet (Howard et al. 2017). `(n, 32, 32, 3)` -> `(n, 1024)`."""
    return _published(tf_keras.applications.MobileNet, image)


def mobilenet_v2(image: Any) -> Any:
    """MobileNet v2 (Sandler et al. 2018). `(n, 32, 32, 3)` -> `(n, 1280)`."""
    return _published(tf_keras.applications.MobileNetV2, image)


def wrn(image: Any) -> Any:
    """WRN-34-1 (Zagoruyko, Komodakis 2016): pre-activation blocks, five in each of three groups.

    Args:
        image: the input, `(n, 32, 32, 3)`.

    Returns:
        Features, `(n, 64)`.
    """
    x = _conv(image, 16)
    for group, channels in enumerate((16, 32, 64)):
        for block in range(5):
            x = _preactivated_block(x, channels, 2 if group and not block else 1)
    return layers.GlobalAveragePooling2D()(_norm_relu(x))


def resnet54(image: Any) -> Any:
    """A CIFAR ResNet (He et al. 2015) with 54 convolutions in its blocks, nine in each group.

    Args:
        image: the input, `(n, 32, 32, 3)`.

    Returns:
        Features, `(n, 64)`.
    """
    x = _conv_norm_relu(image, 16)
    for group, channels in enumerate((16, 32, 64)):
        for block in range(9):
            x = _residual_block(x, channels, 2 if group and not block else 1)
    return layers.GlobalAveragePooling2D()(x)


BACKBONES: dict[str, Callable[[Any], Any]] = {
    "vgg": vgg,
    "resnet50": resnet50,
    "resnet101": resnet101,
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v2": mobilenet_v2,
    "mobilenet_v3_small": mobilenet_v3_small,
    "mobilenet_v3_large": mobilenet_v3_large,
    "wrn": wrn,
    "resnet54": resnet54,
}
"""Name -> image tensor to feature tensor, in the paper's order, then the teacher."""


def build(name: str, classes: int, *, seed: int = 0) -> Any:
    """A network with fresh weights.

    Args:
        name: one of `BACKBONES`.
        classes: number of classes, at least 2.
        seed: of the weights; sets the global random state of Python, numpy and TensorFlow.

    Returns:
        A `tf_keras.Model`: `(n, 32, 32, 3)` images in [0, 1] -> `(n, classes)` logits.

    Raises:
        UnknownNameError: for a name that is none of them.
    """
    if name not in BACKBONES:
        raise UnknownNameError(f"unknown network '{name}'{known(name, BACKBONES)}")
    tf_keras.backend.clear_session()  # layer names count up otherwise, and name the checkpoints
    tf_keras.utils.set_random_seed(seed)
    image = layers.Input(INPUT_SHAPE, name="image")
    logits = layers.Dense(classes, name="logits")(BACKBONES[name](image))
    model = tf_keras.Model(image, logits, name=name)
    for layer in model.layers:
        if isinstance(layer, layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model


def perturb(model: Any, *, seed: int = 0) -> None:
    """Move biases and batch normalizations off their special values, as training does.

    The converter drops an offset of zero, so that a network fresh from `build` loses biases and
    operators that a trained one has. Changes the model.

    Args:
        model: a network of `build`.
        seed: of the values.
    """
    random = np.random.default_rng(seed)
    for weight in model.weights:
        low, high = _SPREADS.get(weight.name.split("/")[-1].split(":")[0], (0, 0))
        if high:
            weight.assign(random.uniform(low, high, weight.shape))


def settle(model: Any, images: Any) -> None:
    """Give batch normalizations the statistics that a batch has at their place.

    Without them the values in an untrained network fade from layer to layer, and no quantizer finds
    a range for them. Changes the model.

    Args:
        model: a network of `build`.
        images: `(n, 32, 32, 3)` in [0, 1].
    """
    norms = [layer for layer in model.layers if isinstance(layer, layers.BatchNormalization)]
    for momentum in (0.0, MOMENTUM):
        for layer in norms:
            layer.momentum = momentum
        if not momentum:
            model(images, training=True)


def _published(application: Callable[..., Any], image: Any) -> Any:
    return application(
        include_top=False, weights=None, input_tensor=image, input_shape=INPUT_SHAPE, pooling="avg"
    ).output


def _conv(x: Any, channels: int, strides: int = 1, size: int = 3) -> Any:
    return layers.Conv2D(
        channels,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
    )(x)


def _norm_relu(x: Any) -> Any:
    return layers.ReLU()(layers.BatchNormalization()(x))


def _conv_norm_relu(x: Any, channels: int, strides: int = 1) -> Any:
    return _norm_relu(_conv(x, channels, strides))


def _residual_block(x: Any, channels: int, strides: int) -> Any:
    shortcut = x
    if strides != 1:
        shortcut = layers.BatchNormalization()(_conv(x, channels, strides, size=1))
    y = _conv_norm_relu(x, channels, strides)
    y = layers.BatchNormalization()(_conv(y, channels))
    return layers.ReLU()(layers.Add()([shortcut, y]))


def _preactivated_block(x: Any, channels: int, strides: int) -> Any:
    activated = _norm_relu(x)
    shortcut = _conv(activated, channels, strides, size=1) if strides != 1 else x
    y = _conv(_norm_relu(_conv(activated, channels, strides)), channels)
    return layers.Add()([shortcut, y])
