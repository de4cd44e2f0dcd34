"""Test that glasses of a guide are found, and that nothing of them reaches the result."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from fakes import FACE, FakeNetwork
from gfrnet.faces import CropPlace, cut
from gfrnet.restore import Restorer
from gfrnet.restore.glasses import find_glasses, without_glasses
from gfrnet.runtime import Restoration
from gfrnet.types import UInt8Image


@pytest.fixture
def bare(portrait: UInt8Image) -> UInt8Image:
    """Return the portrait's face, (256, 256, 3)."""
    return cut(portrait, CropPlace.around(FACE)).pixels


def with_frame(photo: UInt8Image) -> UInt8Image:
    """Draw a dark frame onto the portrait."""
    drawn = photo.copy()
    for eye in ((204, 103), (240, 103)):
        cv2.ellipse(drawn, eye, (15, 12), 0, 0, 360, (20, 20, 20), 2, cv2.LINE_AA)
    cv2.line(drawn, (219, 101), (225, 101), (20, 20, 20), 2, cv2.LINE_AA)
    return drawn


def with_sunglasses(photo: UInt8Image) -> UInt8Image:
    """Draw dark lenses onto the portrait."""
    drawn = with_frame(photo)
    for eye in ((204, 103), (240, 103)):
        cv2.ellipse(drawn, eye, (15, 12), 0, 0, 360, (15, 15, 20), -1, cv2.LINE_AA)
    return drawn


def with_lines(photo: UInt8Image) -> UInt8Image:
    """Draw the lines of an old face under the eyes and across the root of the nose."""
    drawn = photo.copy()
    for x in (204, 240):
        for down, tone in ((9, 0.7), (13, 0.75)):
            lines = photo.copy()
            cv2.ellipse(lines, (x, 103 + down - 6), (14, 8), 0, 20, 160, (70, 45, 40), 1, cv2.LINE_AA)
            drawn = cv2.addWeighted(lines, tone, drawn, 1 - tone, 0)
    for y in (97, 101):
        cv2.line(drawn, (217, y), (227, y), (110, 70, 60), 1, cv2.LINE_AA)
    return np.asarray(drawn, np.uint8)


def test_dark_lenses_are_found_and_lines_of_age_are_not(portrait: UInt8Image) -> None:
    dark, old = (
        find_glasses(cut(drawn(portrait), CropPlace.around(FACE)).pixels)
        for drawn in (with_sunglasses, with_lines)
    )
    assert dark is not None
    assert dark.max() == 1
    assert old is None


def test_a_frame_is_found_and_a_bare_face_has_none(bare: UInt8Image, portrait: UInt8Image) -> None:
    assert find_glasses(bare) is None
    cover = find_glasses(cut(with_frame(portrait), CropPlace.around(FACE)).pixels)
    assert cover is not None
    assert cover.max() == 1
    assert cover[100:130].min() > 0.9
    assert cover[:10].max() == cover[-40:].max() == 0


def test_a_flat_picture_has_no_glasses() -> None:
    assert find_glasses(np.full((256, 256, 3), 128, np.uint8)) is None


def test_fine_detail_under_the_cover_comes_from_the_result_without_a_guide() -> None:
    rng = np.random.default_rng(0)
    guided = Restoration(*(rng.uniform(-0.5, 0.5, (256, 256, 3)).astype(np.float32) for _ in range(2)))
    guided = replace(guided, warped=None, textured=guided.warped)
    plain = Restoration(np.zeros((256, 256, 3), np.float32), textured=np.zeros((256, 256, 3), np.float32))
    cover = np.zeros((256, 256), np.float32)
    cover[100:150] = 1
    result = without_glasses(guided, plain, cover)
    assert result.textured is not None
    assert result.restored[110:140].std() < 0.2 * guided.restored[110:140].std()
    np.testing.assert_allclose(result.textured[100:150], result.restored[100:150], atol=1e-6)
    np.testing.assert_array_equal(result.restored[:100], guided.restored[:100])
    np.testing.assert_allclose(result.textured[150:], guided.textured[150:], atol=1e-6)


def test_the_cover_moves_as_the_guide_does() -> None:
    grid = np.linspace(-1, 1, 256, dtype=np.float32)
    flow = np.stack(np.meshgrid(grid, np.clip(grid + 40 / 127.5, -1, 1)), axis=-1)
    black, white = (np.full((256, 256, 3), level, np.float32) for level in (-1, 1))
    cover = np.zeros((256, 256), np.float32)
    cover[100:150] = 1
    result = without_glasses(
        Restoration(black, flow=flow, textured=white), Restoration(black, textured=black), cover
    )
    assert result.textured is not None
    np.testing.assert_allclose(result.textured[62:108], -1, atol=1e-5)
    np.testing.assert_allclose(result.textured[112:], 1, atol=1e-5)


def test_a_guide_with_glasses_runs_once_more_without_a_guide(portrait: UInt8Image) -> None:
    network = FakeNetwork()
    (face,) = Restorer(network).restore(portrait, with_frame(portrait), places=[FACE]).faces
    assert [bool(guide.any()) for _, guide in network.calls] == [True, False]
    assert "glasses" in face.remark


def test_a_guide_without_glasses_comes_first(portrait: UInt8Image) -> None:
    network = FakeNetwork(fuses=True)
    (face,) = Restorer(network).restore(portrait, [with_frame(portrait), portrait], places=[FACE]).faces
    assert face.guide_name == "guide 2"
    assert len(network.calls) == 1
    assert not face.remark
