from __future__ import annotations

import numpy as np
import pytest

from gfrnet.errors import FaceError, NoFaceError
from gfrnet.images import Photo
from gfrnet.restore.places import find_boxes, whole_place
from gfrnet.types import Box, UInt8Image

BLANK = Photo(np.full((120, 160, 3), 128, np.uint8))


def test_the_detector_is_asked(portrait: UInt8Image) -> None:
    (box,) = find_boxes(Photo(portrait), "portrait", None, thorough=False)
    assert box.overlap(Box(176, 77, 266, 167)) > 0.8


def test_no_face_names_the_photo_and_what_to_do() -> None:
    with pytest.raises(NoFaceError, match=r"blank\.png.*--box"):
        find_boxes(BLANK, "blank.png", None, thorough=False)


def test_given_boxes_are_taken_in_their_order() -> None:
    boxes = (Box(90, 10, 120, 40), Box(-5, 0, 30, 30))
    assert find_boxes(BLANK, "blank.png", boxes, thorough=False) == boxes


def test_a_box_outside_is_refused() -> None:
    place = (
        r"from \(500, 0\) to \(600, 100\) .*160 x 120 .*--box left,top,width,height, .*Box\(left, top, right"
    )
    with pytest.raises(FaceError, match=place):
        find_boxes(BLANK, "blank.png", [Box(500, 0, 600, 100)], thorough=False)


def test_a_crop_must_be_square() -> None:
    with pytest.raises(FaceError, match="160 x 120"):
        whole_place(BLANK, "blank.png")
    assert whole_place(Photo(np.zeros((90, 90, 3), np.uint8)), "crop").side == 90
