from __future__ import annotations

import pytest

from fakes import FakeNetwork
from gfrnet.restore import Restorer
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def module_fake() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture(scope="module")
def restorer(module_fake: FakeNetwork) -> Restorer:
    """Return one restorer for all tests. It remembers its guides, and must remember nothing else."""
    return Restorer(module_fake)


@pytest.fixture
def fake(module_fake: FakeNetwork) -> FakeNetwork:
    module_fake.calls.clear()
    return module_fake


@pytest.fixture(scope="module")
def crop(portrait: UInt8Image) -> UInt8Image:
    """Return the portrait's face as a crop of the protocol, (117, 117, 3)."""
    return portrait[64:181, 163:280].copy()
