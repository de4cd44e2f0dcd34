from __future__ import annotations

import numpy as np
import pytest

from gfrnet.images import Tile, contact_sheet, draw_flow, longest_step, shortened
from gfrnet.types import FloatArray, UInt8Image


def identity(height: int, width: int) -> FloatArray:
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    return np.dstack((x, y)).astype(np.float32)


def moved(x: float, y: float, size: int = 65) -> FloatArray:
    """Return the identity moved by so many pixels."""
    return identity(size, size) + np.float32([x, y]) * 2 / (size - 1)


def plain(colour: tuple[int, int, int], height: int = 64, width: int = 64) -> UInt8Image:
    return np.full((height, width, 3), colour, np.uint8)


RED, BLUE, WHITE = plain((255, 0, 0)), plain((0, 0, 255), width=48), plain((255, 255, 255))


def test_a_sheet_shows_every_picture_as_it_is_in_its_row_and_column() -> None:
    sheet = contact_sheet([[Tile(RED), Tile(BLUE)], [Tile(BLUE), Tile(WHITE), Tile(RED)]])
    assert sheet.shape == (2 * (64 + 16), 8 + 72 + 72 + 72, 3)
    assert (sheet[8:72, 8:72] == (255, 0, 0)).all()
    assert (sheet[8:72, 80 + 8 : 80 + 56] == (0, 0, 255)).all()
    assert (sheet[88:152, 8 + 8 : 8 + 56] == (0, 0, 255)).all()
    assert (sheet[88:152, 152:216] == (255, 0, 0)).all()
    assert (sheet == (255, 0, 0)).all(axis=2).sum() == 2 * 64 * 64
    assert (sheet == (0, 0, 255)).all(axis=2).sum() == 2 * 64 * 48
    assert (sheet[0] == 255).all()
    assert (sheet[:, 0] == 255).all()


def test_titles_stand_above_and_captions_below() -> None:
    sheet = contact_sheet([[Tile(WHITE, "guide"), Tile(RED, caption="one\ntwo")]])
    top = int(np.flatnonzero((sheet == (255, 0, 0)).all(axis=2).any(axis=1))[0])
    assert (sheet[:top, :72] < 128).any()
    assert (sheet[:top, 80:] == 255).all()
    assert (sheet[top:, :72] == 255).all()
    assert (sheet[top + 64 :, 80:] < 128).any()


def test_a_column_is_as_wide_as_its_longest_words() -> None:
    long = contact_sheet([[Tile(RED, caption="a caption much longer than the picture")], [Tile(RED)]])
    places = np.flatnonzero((long[-40] == (255, 0, 0)).all(axis=1))
    assert long.shape[1] > 250
    assert abs(places.mean() - (long.shape[1] - 1) / 2) <= 1
    assert long.shape[1] < contact_sheet([[Tile(RED, caption="a caption much longer than it")]], 40).shape[1]


def test_signs_that_the_font_lacks_are_written_as_well_as_can_be() -> None:
    for text, drawn in (("é ñ", "e n"), ("8×, (−F)", "8x, (-F)"), ("漢\udce9", "??")):  # noqa: RUF001
        assert (contact_sheet([[Tile(RED, text)]]) == contact_sheet([[Tile(RED, drawn)]])).all()


def test_a_long_name_loses_its_middle() -> None:
    assert shortened("gfrnet-slim:no-guide") == "gfrnet-slim:no-guide"
    assert shortened("a" * 20 + "b" * 20) == "a" * 15 + "..." + "b" * 15


def test_a_sheet_needs_tiles() -> None:
    for rows in ([], [[]], [[Tile(RED)], []]):
        with pytest.raises(ValueError, match="at least one tile"):
            contact_sheet(rows)


def test_the_identity_flow_is_white() -> None:
    assert (draw_flow(identity(33, 65)) == 255).all()
    assert (draw_flow(identity(256, 256).astype(np.float16).astype(np.float32)) < 255).any()


@pytest.mark.parametrize(
    ("x", "y", "colour"),
    [(3, 0, (255, 0, 0)), (0, 3, (255, 234, 0)), (-3, 0, (0, 209, 255)), (0, -3, (105, 0, 255))],
)
def test_directions_have_the_colours_of_middlebury(x: float, y: float, colour: tuple[int, ...]) -> None:
    # The reference code (Baker et al. 2007) stretches its 55 colours over 54 steps.
    # So its circle does not quite close; ours does.
    assert np.abs(draw_flow(moved(x, y))[10, 10].astype(int) - colour).max() <= 13


def test_saturation_is_the_length_over_the_maximum() -> None:
    flow = moved(0, 0)
    flow[:32] = moved(4, 0)[:32]
    flow[32:] = moved(1, 0)[32:]
    drawn = draw_flow(flow)
    assert drawn[10, 10].tolist() == [255, 0, 0]
    assert np.abs(drawn[50, 10].astype(int) - (255, 191, 191)).max() <= 1


def test_the_longest_step_is_in_pixels() -> None:
    flow = moved(0, 0)
    flow[3, 5] = moved(3, -4)[3, 5]
    assert longest_step(flow) == pytest.approx(5, abs=1e-4)
    assert longest_step(identity(33, 65)) < 1e-4
