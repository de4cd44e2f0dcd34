"""Build a tiny ONNX model for the real ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZE = 256


def _identity_flow() -> np.ndarray:
    steps = np.linspace(-1, 1, SIZE, dtype=np.float32)
    return np.stack(np.meshgrid(steps, steps))[None]


def build_tiny_model(path: Path, channels: int = 3, gain: float = 1.0) -> Path:
    """A GFRNet interface without a network: restored is the mean of degraded and guide, times ``gain``."""
    constants = {
        "half": np.float32(0.5 * gain),
        "zero": np.float32(0),
        "first": np.array([0], np.int64),
        "second": np.array([2], np.int64),
        "axis": np.array([1], np.int64),
        "identity": _identity_flow(),
    }
    nodes = [
        helper.make_node("Add", ["degraded", "guide"], ["sum"]),
        helper.make_node("Mul", ["sum", "half"], ["restored"]),
        helper.make_node("Identity", ["guide"], ["warped"]),
        helper.make_node("Slice", ["guide", "first", "second", "axis"], ["two"]),
        helper.make_node("Mul", ["two", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "identity"], ["flow"]),
    ]

    def value(name: str, depth: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", depth, SIZE, SIZE])

    graph = helper.make_graph(
        nodes,
        "tiny",
        [value("degraded", channels), value("guide", channels)],
        [value("restored", channels), value("warped", channels), value("flow", 2)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, path)
    return path
