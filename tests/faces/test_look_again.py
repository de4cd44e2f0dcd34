"""A face is found again near its last place, and nothing is found elsewhere."""

import numpy as np
import pytest

from gfrnet.faces import FoundFace, find_faces, look_again
from gfrnet.types import Box, UInt8Image


def test_a_face_that_moved_is_found_again(portrait: UInt8Image) -> None:
    (face,) = find_faces(portrait)
    moved = np.roll(portrait, (6, -9), axis=(0, 1))
    (again,) = look_again(moved, [face])
    assert again.score > 0.6
    assert np.subtract(again.box.center, face.box.center) == pytest.approx((-9, 6), abs=3)
    assert again.box.width == pytest.approx(face.box.width, rel=0.1)


def test_nothing_is_seen_where_no_face_is(portrait: UInt8Image) -> None:
    faces = look_again(portrait, [FoundFace(Box(400, 400, 490, 490), 0.0, 1.0)])
    assert [face.score < 0.3 for face in faces] == [True]
    assert look_again(portrait, []) == ()
