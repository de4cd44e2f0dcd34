"""Test conversion between colour spaces."""

from __future__ import annotations

import numpy as np
import pytest

from gfrnet.images import colour_space
from gfrnet.types import UInt8Image
from profiles import grey_profile, srgb_profile, wide_profile


def colours() -> UInt8Image:
    """Return colours that sRGB and the wide space both hold."""
    return np.random.default_rng(0).integers(60, 200, (20, 30, 3)).astype(np.uint8)


def test_a_wide_space_goes_to_srgb_and_back() -> None:
    space = colour_space(wide_profile())
    assert space is not None
    pixels = space.from_srgb(colours())
    assert np.abs(pixels.astype(int) - colours()).max() > 10
    assert np.abs(space.to_srgb(pixels).astype(int) - colours()).max() <= 4


def test_grey_is_the_same_in_every_space() -> None:
    space = colour_space(wide_profile())
    assert space is not None
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
    assert np.abs(space.to_srgb(ramp).astype(int) - ramp).max() <= 1


@pytest.mark.parametrize("icc", [None, b"", b"no profile" * 20, srgb_profile(), grey_profile()])
def test_srgb_and_what_is_no_rgb_need_no_conversion(icc: bytes | None) -> None:
    assert colour_space(icc) is None


def test_a_broken_profile_is_none() -> None:
    broken = bytearray(wide_profile())
    broken[132:] = bytes(len(broken) - 132)
    assert colour_space(bytes(broken)) is None
