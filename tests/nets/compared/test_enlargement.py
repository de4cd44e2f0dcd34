"""Test that small pictures are enlarged as in the degradation, and found again."""

import numpy as np
import pytest
import torch

from gfrnet.degradation import Recipe, degrade, degrade_small, resize_bicubic
from gfrnet.demo import PORTRAIT
from gfrnet.images import read
from gfrnet.nets.compared.enlargement import enlarge, small_picture


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_pictures_are_enlarged_as_in_the_degradation(factor: int) -> None:
    small = torch.rand(2, 3, 24, 32)
    expected = [resize_bicubic(one.permute(1, 2, 0).numpy(), 24 * factor, 32 * factor) for one in small]
    found = enlarge(small, factor).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(found, np.stack(expected), atol=1e-5)


@pytest.mark.parametrize("factor", [2, 4, 8])
def test_the_small_picture_is_found_again(factor: int) -> None:
    small = torch.rand(1, 3, 16, 24)
    torch.testing.assert_close(small_picture(enlarge(small, factor), factor), small, atol=1e-5, rtol=0)


def test_autocast_changes_nothing() -> None:
    pictures = torch.rand(1, 3, 32, 32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = enlarge(small_picture(pictures, 4), 4)
    assert torch.equal(found, enlarge(small_picture(pictures, 4), 4))


@pytest.mark.parametrize("scale", [4, 8])
def test_a_degraded_photo_gives_its_small_photo_to_rounding_and_clipping(scale: int) -> None:
    photo = resize_bicubic(read(PORTRAIT).rgb8, 256, 256)
    recipe = Recipe(scale=scale, noise=5, jpeg=30)
    enlarged = torch.from_numpy(degrade(photo, recipe)).permute(2, 0, 1)[None].float()
    found = small_picture(enlarged, scale)[0].permute(1, 2, 0).numpy()
    errors = np.abs(found - degrade_small(photo, recipe))
    assert np.median(errors) < 0.1
    assert errors.max() < 10  # where the enlargement was clipped


def test_sides_must_be_multiples_of_the_factor() -> None:
    with pytest.raises(ValueError, match="multiples of 4"):
        small_picture(torch.zeros(1, 3, 255, 256), 4)
