from __future__ import annotations

import numpy as np
import pytest
from skimage import data

from gfrnet.types import Box, UInt8Image


@pytest.fixture(scope="session")
def portrait() -> UInt8Image:
    """A photo with one face, (512, 512, 3): Eileen Collins, public domain (NASA), inside scikit-image."""
    return np.ascontiguousarray(data.astronaut())


@pytest.fixture(scope="session")
def face() -> Box:
    """Where the face of `portrait` is, as seen by eye."""
    return Box(176.0, 77.0, 267.0, 168.0)
