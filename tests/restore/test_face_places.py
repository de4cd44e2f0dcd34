from __future__ import annotations

import numpy as np
import pytest

from gfrnet.errors import Advice, ConfigError, FaceError, NoFaceError
from gfrnet.images import Photo
from gfrnet.restore import Place
from gfrnet.restore.places import as_places, find_places, whole_place
from gfrnet.types import Box, UInt8Image

BLANK = Photo(np.full((120, 160, 3), 128, np.uint8))


def test_the_detector_finds_the_places(portrait: UInt8Image) -> None:
    (place,) = find_places(Photo(portrait), "portrait", None, thorough=False)
    assert place.box.overlap(Box(176, 77, 266, 167)) > 0.8
    assert place.turn == 0


@pytest.mark.parametrize(
    ("thorough", "advice"),
    [(False, (Advice.GIVE_BOX, Advice.SEARCH_THOROUGHLY)), (True, (Advice.GIVE_BOX,))],
)
def test_the_error_for_no_face_names_the_photo_and_the_next_action(
    thorough: bool, advice: tuple[Advice, ...]
) -> None:
    with pytest.raises(NoFaceError, match=r"blank\.png.*Give the place") as caught:
        find_places(BLANK, "blank.png", None, thorough=thorough)
    assert caught.value.advice == advice
    assert "--" not in str(caught.value)


def test_a_photo_that_is_far_too_long_is_to_be_cut() -> None:
    for shape, word in (((60, 60_000, 3), "wide"), ((60_000, 60, 3), "high")):
        with pytest.raises(NoFaceError, match=rf"far too {word} to find faces in it\. Cut out the part"):
            find_places(Photo(np.zeros(shape, np.uint8)), "long.png", None, thorough=False)


def test_given_places_are_taken_in_their_order() -> None:
    places = (Place(Box(90, 10, 120, 40), turn=12), Place(Box(-5, 0, 30, 30)))
    assert find_places(BLANK, "blank.png", places, thorough=False) == places


def test_a_box_outside_is_refused() -> None:
    place = r"from \(500, 0\) to \(600, 100\) .*160 x 120 pixels\. Give a place inside the photo\.$"
    with pytest.raises(FaceError, match=place) as caught:
        find_places(BLANK, "blank.png", [Place(Box(500, 0, 600, 100))], thorough=False)
    assert caught.value.advice == (Advice.GIVE_BOX,)


@pytest.mark.parametrize("side", [0.00001, 0.5, 20_000, 1e9, 1e300])
def test_a_box_of_senseless_size_is_refused(side: float) -> None:
    box = Box(80 - side / 2, 60 - side / 2, 80 + side / 2, 60 + side / 2)
    with pytest.raises(FaceError, match=r"longer side of 1 to 16000 pixels") as caught:
        find_places(BLANK, "blank.png", [Place(box)], thorough=False)
    assert caught.value.advice == (Advice.GIVE_BOX,)


def test_a_box_alone_is_an_upright_face() -> None:
    box = Box(1, 2, 3, 4)
    assert as_places([box, Place(box, 90)]) == (Place(box), Place(box, 90))
    assert as_places(None) is None


@pytest.mark.parametrize("turn", [float("nan"), float("inf"), "90", True, None, 10**400])
def test_a_turn_is_a_number_of_degrees(turn: object) -> None:
    with pytest.raises(ConfigError, match="turn"):
        Place(Box(1, 2, 3, 4), turn)  # type: ignore[arg-type]


def test_a_crop_must_be_square() -> None:
    with pytest.raises(FaceError, match="160 x 120") as caught:
        whole_place(BLANK, "blank.png")
    assert caught.value.advice == (Advice.DETECT_FACES,)
    assert whole_place(Photo(np.zeros((90, 90, 3), np.uint8)), "crop").side == 90
