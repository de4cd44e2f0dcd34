from __future__ import annotations

import numpy as np
import pytest

from gfrnet.images import contact_sheet, draw_flow
from gfrnet.types import FloatArray


def identity(height: int, width: int) -> FloatArray:
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.dstack((x, y)).astype(np.float32)


def moved(x: float, y: float, size: int = 65) -> FloatArray:
    """The identity moved by so many pixels."""
    return identity(size, size) + np.float32([x, y]) * 2 / (size - 1)


def test_a_sheet_shows_every_picture_as_it_is() -> None:
    red, blue = np.zeros((64, 64, 3), np.uint8), np.zeros((64, 48, 3), np.uint8)
    red[..., 0], blue[..., 2] = 255, 255
    sheet = contact_sheet([red, blue], ["before", "after"], height=64)
    assert (sheet == (255, 0, 0)).all(axis=2).sum() == 64 * 64
    assert (sheet == (0, 0, 255)).all(axis=2).sum() == 64 * 48
    assert (sheet[0] == 255).all()
    assert (sheet[:, 0] == 255).all()


def test_a_sheet_has_its_captions_below() -> None:
    white = np.full((64, 64, 3), 255, np.uint8)
    assert (contact_sheet([white], [""], height=64)[80:] == 255).all()
    assert (contact_sheet([white], ["guide"], height=64)[72:] < 128).any()


def test_a_sheet_resizes_to_one_height_and_makes_room_for_long_captions() -> None:
    sheet = contact_sheet(
        [np.zeros((10, 10, 3), np.uint8)], ["a caption much longer than the picture: é"], 30
    )
    assert sheet.dtype == np.uint8
    assert (sheet == 0).all(axis=2).sum() >= 30 * 30
    assert sheet.shape[1] > 150


def test_a_sheet_needs_pictures_and_as_many_captions() -> None:
    with pytest.raises(ValueError, match="as many captions"):
        contact_sheet([], [])
    with pytest.raises(ValueError, match="as many captions"):
        contact_sheet([np.zeros((4, 4, 3), np.uint8)], ["a", "b"])


def test_the_identity_flow_is_white() -> None:
    assert (draw_flow(identity(33, 65)) == 255).all()
    assert (draw_flow(identity(256, 256).astype(np.float16).astype(np.float32)) < 255).any()


@pytest.mark.parametrize(
    ("x", "y", "colour"),
    [(3, 0, (255, 0, 0)), (0, 3, (255, 234, 0)), (-3, 0, (0, 209, 255)), (0, -3, (105, 0, 255))],
)
def test_directions_have_the_colours_of_middlebury(x: float, y: float, colour: tuple[int, ...]) -> None:
    # From the reference code (Baker et al. 2007), which stretches its 55 colours over 54 steps, so that
    # its circle does not quite close; ours does.
    assert np.abs(draw_flow(moved(x, y))[10, 10].astype(int) - colour).max() <= 13


def test_saturation_is_the_length_over_the_maximum() -> None:
    flow = moved(0, 0)
    flow[:32] = moved(4, 0)[:32]
    flow[32:] = moved(1, 0)[32:]
    drawn = draw_flow(flow)
    assert drawn[10, 10].tolist() == [255, 0, 0]
    assert np.abs(drawn[50, 10].astype(int) - (255, 191, 191)).max() <= 1
