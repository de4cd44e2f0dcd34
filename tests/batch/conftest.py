"""Give the tests of batches a restorer of a tiny model."""

from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet import Restorer


@pytest.fixture
def restorer(tiny_model: Path) -> Restorer:
    return Restorer.load(tiny_model)
