from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from gfrnet.types import Box, UInt8Image


@pytest.fixture(scope="session")
def portrait() -> UInt8Image:
    """Return a photo with one face, (512, 512, 3): Eileen Collins, public domain (NASA), in scikit-image."""
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="session")
def face() -> Box:
    """Return the box of the face in `portrait`, as judged by eye."""
    return Box(176.0, 77.0, 267.0, 168.0)
