"""Give the tests of batches a restorer of a tiny model, and photos to restore."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from gfrnet import Restorer, images
from gfrnet.images import Photo
from gfrnet.types import UInt8Image


@pytest.fixture
def restorer(tiny_model: Path) -> Restorer:
    return Restorer.load(tiny_model)


@pytest.fixture
def crops(tmp_path: Path, portrait: UInt8Image) -> list[Path]:
    """Return four face crops of one person, each a pixel further to the left."""
    views = (portrait[64:181, 163 + step : 280 + step] for step in range(4))
    photos = [Photo(cv2.resize(view, (128, 128), interpolation=cv2.INTER_CUBIC)) for view in views]
    return [
        images.write(photo, tmp_path / "crops" / f"{name}.png")
        for name, photo in zip("abcd", photos, strict=True)
    ]
