"""What tests of several rooms share: a tiny model for the real ONNX Runtime, and the demo's portrait."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from gfrnet.types import UInt8Image

SIZE = 256

# In CI the examples are always the same, so that a change alone can make a test fail.
settings.register_profile("here", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


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


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx")


@pytest.fixture(scope="session")
def model_builder() -> Callable[..., Path]:
    return build_tiny_model


@pytest.fixture(scope="session")
def portrait() -> UInt8Image:
    """(512, 512, 3): one frontal face, its box about 90 pixels wide."""
    from gfrnet.demo import PORTRAIT

    return np.asarray(Image.open(PORTRAIT))


@pytest.fixture(scope="session")
def stranger() -> UInt8Image:
    """(320, 320, 3): the face of another person, from the test data that scikit-image brings (LFW)."""
    data = pytest.importorskip("skimage.data")
    face = cv2.resize(
        (data.lfw_subset()[20] * 255).astype(np.uint8), (200, 200), interpolation=cv2.INTER_CUBIC
    )
    framed = cv2.copyMakeBorder(face, 60, 60, 60, 60, cv2.BORDER_REPLICATE)
    return np.repeat(framed[..., None], 3, axis=2)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The developers' photographs; tests that ask for them are marked ``shared_data``."""
    folder = Path(os.environ.get("GFRNET_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"{folder} is missing")
    return folder / "data"
