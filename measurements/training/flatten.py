"""Any functional Keras model -> one `tf_keras` model of plain layers that gives logits.

Models inside models are taken apart, since pruning and quantization-aware training go layer by
layer. Models of Keras 3 are built anew of the `tf_keras` layers of the same names, with their
weights. A softmax at the end is left out: training takes logits, and the largest stays the largest.
"""

from __future__ import annotations

from typing import Any

import tf_keras
from tf_keras import layers

from measurements.errors import TrainingError


def flattened(model: Any, where: str) -> Any:
    """Build a model anew, its weights kept.

    Args:
        model: of Keras 2 or 3, functional or sequential, from one image to one output.
        where: what it is called in errors.

    Raises:
        TrainingError: for anything else, naming the layer.
    """
    model = _graph(model, where)
    shape = tuple(model.inputs[0].shape)[1:]
    if len(shape) != 3 or not all(isinstance(n, int) for n in shape) or shape[2] not in (1, 3):
        raise TrainingError(
            f"{where}: takes input of shape {shape}; accepted: (rows, columns, 1 or 3 channels)"
        )
    image = layers.Input(shape, name="image")
    walk = _Walk(where)
    built = tf_keras.Model(image, walk.through(model, image), name="own")
    for old, new in walk.pairs:
        new.set_weights(old.get_weights())
    return _without_softmax(built)


class _Walk:
    """Goes through a graph of layers, building each anew."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.pairs: list[tuple[Any, Any]] = []
        self._anew: dict[int, Any] = {}

    def through(self, model: Any, image: Any) -> Any:
        """Apply a model's layers to an image; what comes out."""
        values = {id(model.inputs[0]): image}
        for depth in sorted(model._nodes_by_depth, reverse=True):
            for node in model._nodes_by_depth[depth]:
                if not node.is_input:
                    self._apply(node, values)
        return values[id(model.outputs[0])]

    def _apply(self, node: Any, values: dict[int, Any]) -> None:
        layer = node.operation if hasattr(node, "operation") else node.layer
        sources = node.input_tensors
        sources = sources if isinstance(sources, list | tuple) else [sources]
        given = [values[id(tensor)] for tensor in sources]
        if hasattr(layer, "layers"):
            found = self.through(_graph(layer, self.where), given[0])
        else:
            found = self._layer(layer)(given if len(given) > 1 else given[0])
        outputs = node.outputs if isinstance(node.outputs, list | tuple) else [node.outputs]
        values[id(outputs[0])] = found

    def _layer(self, old: Any) -> Any:
        """The layer's equal in `tf_keras`, one for all places where it is used."""
        if id(old) not in self._anew:
            kind = getattr(layers, type(old).__name__, None)
            if kind is None or not hasattr(old, "get_weights"):
                raise TrainingError(
                    f"{self.where}: layer '{old.name}' is a {type(old).__name__}, no plain layer "
                    "of tf_keras"
                )
            try:
                new = kind.from_config(_settings(old))
            except (TypeError, ValueError) as error:
                raise TrainingError(f"{self.where}: layer '{old.name}': {error}") from error
            self._anew[id(old)] = new
            self.pairs.append((old, new))
        return self._anew[id(old)]


def _settings(layer: Any) -> dict[str, Any]:
    """A layer's configuration in the words of `tf_keras`; weights are copied, not drawn anew."""
    odd = {"dtype", "quantization_config", "lora_rank", "lora_alpha", "autocast", "build_config"}
    found = {
        name: value
        for name, value in layer.get_config().items()
        if name not in odd and not name.endswith("_initializer")
    }
    if isinstance(found.get("axis"), list | tuple):  # of a BatchNormalization that was built
        found["axis"] = found["axis"][0]
    return found


def _graph(model: Any, where: str) -> Any:
    """The model as a graph of layers; a sequential one of Keras 3 keeps it inside.

    Raises:
        TrainingError: when it has none, or is no classifier of one image.
    """
    model = getattr(model, "_functional", None) or model
    if not hasattr(model, "_nodes_by_depth") or not getattr(model, "inputs", None):
        raise TrainingError(
            f"{where}: a {type(model).__module__}.{type(model).__name__}; accepted: a functional "
            "or sequential Keras model with a fixed input"
        )
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise TrainingError(
            f"{where}: {len(model.inputs)} inputs and {len(model.outputs)} outputs; accepted: one "
            "image and one score for each class"
        )
    return model


def _without_softmax(model: Any) -> Any:
    last = model.layers[-1]
    if isinstance(last, layers.Softmax) or (
        isinstance(last, layers.Activation) and last.activation is tf_keras.activations.softmax
    ):
        return tf_keras.Model(model.input, last.input, name=model.name)
    if getattr(last, "activation", None) is tf_keras.activations.softmax:
        last.activation = tf_keras.activations.linear
    return model
