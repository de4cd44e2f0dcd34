"""What tests of several rooms share: a tiny model for the real ONNX Runtime, and the demo's portrait."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

if "PYTEST_XDIST_WORKER" in os.environ:
    # Side by side each process takes one core; more threads would wait for each other. Torch reads this once.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

from gfrnet import images
from gfrnet.images import Photo
from gfrnet.types import UInt8Image
from tiny_model import build_tiny_model

# In CI the examples are always the same, so that a change alone can make a test fail.
settings.register_profile("here", deadline=None, max_examples=60)
settings.register_profile("ci", deadline=None, max_examples=60, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")


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


@pytest.fixture
def crops(tmp_path: Path, portrait: UInt8Image) -> list[Path]:
    """Return four face crops of one person, each a pixel further to the left."""
    views = (portrait[64:181, 163 + step : 280 + step] for step in range(4))
    photos = [Photo(cv2.resize(view, (128, 128), interpolation=cv2.INTER_CUBIC)) for view in views]
    return [
        images.write(photo, tmp_path / "crops" / f"{name}.png")
        for name, photo in zip("abcd", photos, strict=True)
    ]


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
