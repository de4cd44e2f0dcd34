"""Test restoring without a guide, with a network that takes none."""

from __future__ import annotations

import numpy as np
import pytest

from fakes import FACE, FakeNetwork, change
from gfrnet.errors import ConfigError
from gfrnet.restore import Restorer
from gfrnet.types import UInt8Image


@pytest.fixture
def blind() -> Restorer:
    return Restorer(FakeNetwork(takes_guide=False))


def test_a_network_without_a_guide_needs_none(blind: Restorer, portrait: UInt8Image) -> None:
    result = blind.restore(portrait)
    assert change(result.photo.rgb8, portrait)[100:150, 200:250].mean() > 5
    (face,) = result.faces
    assert (face.status, face.guides, face.guide_name, face.remark) == ("restored", (), "", "")
    assert face.result is not None
    assert 0 < face.result.similarity <= 1
    assert result.guides_skipped == result.inputs == ()


def test_it_gives_what_it_gives_with_a_guide(blind: Restorer, portrait: UInt8Image) -> None:
    alone, guided = (blind.restore(portrait, guides, strength=1) for guides in ((), [portrait]))
    np.testing.assert_array_equal(alone.photo.pixels, guided.photo.pixels)
    assert guided.faces[0].guide_name == "guide 1"


def test_places_may_be_given_and_options_hold(blind: Restorer, portrait: UInt8Image) -> None:
    whole, half = (blind.restore(portrait, places=[FACE], strength=share) for share in (1.0, 0.5))
    changes = [float(change(one.photo.rgb8, portrait).mean()) for one in (whole, half)]
    assert changes[0] > 1.5 * changes[1] > 0
    grey = np.repeat(portrait[..., :1], 3, axis=2)
    result = blind.restore(grey, places=[FACE]).photo.rgb8
    assert (result[..., 0] == result[..., 1]).all()


def test_a_network_that_takes_a_guide_needs_one(restorer: Restorer, portrait: UInt8Image) -> None:
    assert restorer.takes_guide
    with pytest.raises(ConfigError, match="There is no guide"):
        restorer.restore(portrait)
    with pytest.raises(ConfigError, match="There is no guide"):
        Restorer(FakeNetwork(takes_guide=False)).guides(())
