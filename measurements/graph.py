"""Facts of a .tflite graph, read from the file alone: no interpreter, no TensorFlow.

They carry predictions from one network to another, so they are counted in one way for every graph,
whatever its weights are stored as. A file that is no model gives an error; a file of a stranger
belongs in a child process all the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measurements.errors import HarnessError
from measurements.subject import Network

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED")
"""Operators that count as layers: what multiplies an activation by a kernel of constants."""

ELEMENTWISE = ("ADD", "SUB", "MUL", "DIV", "PRELU", "BATCH_MATMUL")
"""Operators whose constants are weights too: a batch normalization that could not be folded."""

UNPACKING = ("DEQUANTIZE", "DENSIFY")
"""Operators that make a stored constant readable: float16 and sparse weights pass through them."""

LARGEST = 10**13
"""Counts beyond are no network's: a byte of the file is wrong. The largest vision networks take
10^12 multiply-accumulates for an image."""

_FLOATING_POINT_BYTES = 4
_MAGIC = b"TFL3"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """An operator with a kernel."""

    operator: str
    """Its name in the format, `CONV_2D`."""
    fan_in: int
    """Weights that one output value sums over, its bias left out."""
    channels: int
    """Output channels."""
    macs: int
    """Multiply-accumulates of one inference."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """What a graph costs; counts are of one image."""

    input_shape: tuple[int, ...]
    """Rows, columns, channels of the image."""
    parameters: int
    """Constants that operators compute with, scalars left out."""
    layers: tuple[Layer, ...]
    """Weighted layers in the order of execution; the last one is the classifier."""
    peak_activation_bytes: int
    """Largest sum of activations alive at once, each value taken as float32."""
    quantizer: str | None = None
    """What its kernels show: `blq`, `fiq` or `f16`, as in strategies; None: float32."""

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(layer.macs for layer in self.layers)

    @property
    def channels(self) -> int:
        """Output channels of all weighted layers, summed."""
        return sum(layer.channels for layer in self.layers)

    @property
    def classes(self) -> int:
        """Outputs of the classifier."""
        return self.layers[-1].channels

    @property
    def depthwise_share(self) -> float:
        """Share of the multiply-accumulates that depthwise layers do."""
        depthwise = (x.macs for x in self.layers if x.operator == "DEPTHWISE_CONV_2D")
        return sum(depthwise) / self.macs

    def network(self, *, name: str, title: str, family: str, **more: Any) -> Network:
        """The graph as a network whose classifier can have any number of classes.

        Args:
            name: as in records.
            title: as people write it.
            family: see `Network.family`.
            more: other fields of `Network` that no graph tells.

        Raises:
            HarnessError: when its input is not one image.
        """
        if len(self.input_shape) != 3:
            raise HarnessError(
                f"{name}: takes input of shape {self.input_shape}; an image has rows, columns and "
                "channels"
            )
        rows, columns, colours = self.input_shape
        head = self.layers[-1]
        return Network(
            name=name,
            title=title,
            family=family,
            input_shape=(rows, columns, colours),
            backbone_parameters=self.parameters - (head.fan_in + 1) * head.channels,
            backbone_macs=self.macs - head.macs,
            backbone_channels=self.channels - head.channels,
            classifier_inputs=head.fan_in,
            layers=len(self.layers),
            depthwise_share=self.depthwise_share,
            peak_activation_bytes=self.peak_activation_bytes,
            **more,
        )


def read(source: bytes | Path | str, *, name: str = "the model") -> Graph:
    """Read the facts of a .tflite.

    Args:
        source: the content of the file, or where it is.
        name: of a content, for errors.

    Raises:
        HarnessError: when it can't be read, is no .tflite, or holds no weighted layer.
    """
    name, content = (name, source) if isinstance(source, bytes) else _content(source)
    if content[4:8] != _MAGIC:
        raise HarnessError(f"{name}: not a .tflite file: it does not bear the mark 'TFL3'")
    try:
        reader = _Reader(content)
        graph = Graph(
            input_shape=reader.input_shape(),
            parameters=reader.parameters(),
            layers=tuple(reader.layers()),
            peak_activation_bytes=reader.peak_activation_bytes(),
            quantizer=reader.quantizer(),
        )
    except Exception as error:  # flatbuffers has no checks of its own: a bad offset raises anything
        raise HarnessError(f"{name}: a broken .tflite file ({type(error).__name__})") from error
    if not graph.layers:
        raise HarnessError(f"{name}: no convolution or fully connected layer in it")
    counts = (graph.parameters, graph.macs, graph.channels, graph.peak_activation_bytes)
    if not all(0 < count < LARGEST for count in counts):
        raise HarnessError(f"{name}: a broken .tflite file: no network is of that size")
    return graph


def _content(source: Path | str) -> tuple[str, bytes]:
    try:
        return str(source), Path(source).read_bytes()
    except OSError as error:
        raise HarnessError(f"{source}: can't be read: {error.strerror}") from None


class _Reader:
    """The main subgraph, with its constants told apart from its activations."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert import schema_py_generated as schema

        words = {code: word for word, code in vars(schema.BuiltinOperator).items()}
        model = schema.ModelT.InitFromPackedBuf(bytearray(content), 0)
        main = model.subgraphs[0]
        self.tensors: Sequence[Any] = main.tensors
        self.inputs = [int(t) for t in main.inputs]
        self.outputs = [int(t) for t in main.outputs]
        self.steps: list[tuple[str, list[int], list[int]]] = []
        self.constants = {i for i, t in enumerate(self.tensors) if _is_stored(model, t)}
        self.types = {code: word for word, code in vars(schema.TensorType).items()}
        self.unpacked: dict[int, int] = {}
        for operator in main.operators:
            code = model.operatorCodes[operator.opcodeIndex]
            word = words[max(code.builtinCode, code.deprecatedBuiltinCode)]
            taken = [int(t) for t in operator.inputs if t >= 0]
            given = [int(t) for t in operator.outputs]
            if (
                word in UNPACKING
                and self.constants.issuperset(taken)
                and taken
                and not (self.constants.intersection(given))
            ):
                self.constants.update(given)
                self.unpacked |= dict.fromkeys(given, taken[0])
            else:
                self.steps.append((word, taken, given))

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(n) for n in self.tensors[tensor].shape)

    def size(self, tensor: int) -> int:
        return math.prod(self.shape(tensor))

    def input_shape(self) -> tuple[int, ...]:
        return self.shape(self.inputs[0])[1:]

    def parameters(self) -> int:
        """Constants that are computed with, each once; shapes and paddings are no such."""
        used = {
            t
            for word, taken, _ in self.steps
            for t in (taken[1:] if word == "TRANSPOSE_CONV" else taken)  # its first is a shape
            if t in self.constants and word in (*WEIGHTED, *ELEMENTWISE)
        }
        return sum(size for t in used if (size := self.size(t)) > 1)

    def layers(self) -> Iterator[Layer]:
        for word, taken, given in self.steps:
            if word not in WEIGHTED or taken[1] not in self.constants:
                continue
            kernel = self.shape(taken[1])
            if word == "DEPTHWISE_CONV_2D":  # 1, rows, columns, channels
                channels, fan_in = kernel[-1], math.prod(kernel[:-1])
            else:  # channels, rows, columns, inputs (of one group)
                channels, fan_in = kernel[0], math.prod(kernel[1:])
            # A transposed convolution spreads each input value instead of summing for each output.
            values = self.size(taken[2] if word == "TRANSPOSE_CONV" else given[0])
            per_value = math.prod(kernel[:-1]) if word == "TRANSPOSE_CONV" else fan_in
            yield Layer(operator=word, fan_in=fan_in, channels=channels, macs=values * per_value)

    def quantizer(self) -> str | None:
        """What kernels and the activations that they meet are stored as."""
        found = [
            (self.type(taken[1]), self.type(taken[2 if word == "TRANSPOSE_CONV" else 0]))
            for word, taken, _ in self.steps
            if word in WEIGHTED and taken[1] in self.constants
        ]
        kernels = {kernel for kernel, _ in found}
        if kernels & {"INT8", "UINT8", "INT4"}:
            return "blq" if any(met == "FLOAT32" for _, met in found) else "fiq"
        return "f16" if "FLOAT16" in kernels else None

    def type(self, tensor: int) -> str:
        """Of a tensor as it is stored."""
        while tensor in self.unpacked:
            tensor = self.unpacked[tensor]
        return str(self.types[self.tensors[tensor].type])

    def peak_activation_bytes(self) -> int:
        """Each tensor lives from the step that makes it to the last one that takes it."""
        end = len(self.steps)
        born = dict.fromkeys(self.inputs, 0)
        dies = dict.fromkeys(self.inputs, 0)
        for step, (_, taken, given) in enumerate(self.steps):
            born |= dict.fromkeys(given, step)
            dies |= dict.fromkeys(given, step)
            dies |= {t: step for t in taken if t in born}
        dies |= dict.fromkeys(self.outputs, end)
        alive = [0] * (end + 1)
        for tensor, first in born.items():
            for step in range(first, dies[tensor] + 1):
                alive[step] += self.size(tensor) * _FLOATING_POINT_BYTES
        return max(alive)


def _is_stored(model: Any, tensor: Any) -> bool:
    buffer = model.buffers[tensor.buffer]
    return (buffer.data is not None and len(buffer.data) > 0) or bool(buffer.size)
