"""Find the faces of a photo, or take the places that a caller gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from gfrnet import faces
from gfrnet.errors import Advice, ConfigError, FaceError, NoFaceError
from gfrnet.faces import CropPlace
from gfrnet.images import Photo
from gfrnet.restore.guide_set import GuideSet
from gfrnet.types import Box, is_finite

SMALLEST_FACE = 1.0
"""Smallest side of a given box in pixels of the photo. Arithmetic fails for sides below about 0.00001."""

LARGEST_FACE = 100.0
"""Largest side of a given box, in longer sides of the photo. Nothing of a larger face would be seen.

The crop of a huge box would need more memory than there is.
"""


@dataclass(frozen=True)
class Place:
    """Describe one face of a photo, where the caller knows more than the detector.

    Attributes:
        box: Box of the face, as the detector draws it, in pixels of the photo as it is given.
        turn: Angle by which the head is turned in the picture, in degrees, clockwise as seen. The network
            gets the face upright.
        guides: Guides for this face, all of its person; nothing checks that. None chooses among the guides of
            the photo.

    Raises:
        ConfigError: A field is of another type, or ``turn`` is not finite.
    """

    box: Box
    turn: float = 0.0
    guides: GuideSet | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.box, Box):
            raise ConfigError(f"box must be a gfrnet.types.Box, got {self.box!r}.")
        if isinstance(self.turn, bool) or not is_finite(self.turn):
            raise ConfigError(f"turn must be a number of degrees, got {self.turn!r}.")
        if not (self.guides is None or isinstance(self.guides, GuideSet)):
            raise ConfigError(
                f"guides of a place must be a GuideSet, got {self.guides!r}. Make one with Restorer.guides."
            )

    def without_content(self, content: str | None) -> Place:
        """Return the place without the guides that are the photo itself.

        Args:
            content: Hash of the photo to restore; None changes nothing.

        Raises:
            NoFaceError: No other guide is left.
        """
        return self if self.guides is None else replace(self, guides=self.guides.without_content(content))

    def crop(self) -> CropPlace:
        """Return the protocol's crop around the face, upright for the network."""
        return CropPlace.around(self.box, self.turn)


Places: TypeAlias = Sequence[Place | Box]
"""Faces of a photo. A box alone is an upright face."""


def as_places(places: object) -> tuple[Place, ...] | None:
    """Check the places that a caller gives.

    Returns:
        The places; None if the faces are to be detected.

    Raises:
        ConfigError: ``places`` is empty, or no sequence of places or boxes.
    """
    if places is None:
        return None
    if not (isinstance(places, Sequence) and all(isinstance(place, (Place, Box)) for place in places)):
        raise ConfigError(
            "places must be a list of gfrnet.Place or gfrnet.types.Box(left, top, right, bottom), in pixels "
            f"of the photo, got {places!r}."
        )
    if not places:
        raise ConfigError(
            "The list of places is empty. Give a place for every face, or None to detect the faces."
        )
    return tuple(place if isinstance(place, Place) else Place(place) for place in places)


def have_guides(places: Sequence[Place | Box] | None) -> bool:
    """Return whether every place has guides of its own, so that a photo needs no others."""
    return places is not None and all(isinstance(place, Place) and place.guides for place in places)


def find_places(photo: Photo, name: str, places: Sequence[Place] | None, thorough: bool) -> tuple[Place, ...]:
    """Return the given places, or the places that the detector finds, in reading order.

    Args:
        photo: The photo.
        name: Name of the photo for people.
        places: Places from the caller; None to detect the faces.
        thorough: Whether to search longer, and to accept doubtful faces.

    Raises:
        NoFaceError: There is no face, or the photo is far too wide or high to find one.
        FaceError: A given box lies outside the photo, or is far too small or too large.
    """
    if places is not None:
        for place in places:
            _check_inside(photo, name, place.box)
            _check_size(photo, name, place.box)
        return tuple(places)
    found = tuple(Place(face.box, face.turn) for face in faces.find_faces(photo.rgb8, thorough))
    if not found and faces.is_too_long(photo.rgb8):
        wide = "wide" if photo.width > photo.height else "high"
        raise NoFaceError(
            f"{name} has {photo.width} x {photo.height} pixels. That is far too {wide} to find faces in it. "
            "Cut out the part that shows the face."
        )
    if not found:
        raise NoFaceError(
            f"No face found in {name}. Give the place of the face{search_hint(thorough)}.",
            advice=(Advice.GIVE_BOX, *search_advice(thorough)),
        )
    return found


def search_hint(thorough: bool) -> str:
    """Return the words that suggest a thorough search, unless there was one."""
    return "" if thorough else ", or search thoroughly"


def search_advice(thorough: bool) -> tuple[Advice, ...]:
    """Return the advice to search thoroughly, unless that was done."""
    return () if thorough else (Advice.SEARCH_THOROUGHLY,)


def _check_inside(photo: Photo, name: str, box: Box) -> None:
    across = min(box.right, photo.width) - max(box.left, 0)
    down = min(box.bottom, photo.height) - max(box.top, 0)
    if across <= 0 or down <= 0:
        raise FaceError(
            f"The box from ({box.left:g}, {box.top:g}) to ({box.right:g}, {box.bottom:g}) lies outside "
            f"{name}, which has {photo.width} x {photo.height} pixels. Give a place inside the photo.",
            advice=(Advice.GIVE_BOX,),
        )


def _check_size(photo: Photo, name: str, box: Box) -> None:
    side, largest = max(box.width, box.height), LARGEST_FACE * max(photo.width, photo.height)
    if not SMALLEST_FACE <= side <= largest:
        raise FaceError(
            f"A face of {side:g} pixels in {name} cannot be restored. "
            f"Give a box with a longer side of {SMALLEST_FACE:g} to {largest:g} pixels.",
            advice=(Advice.GIVE_BOX,),
        )


def whole_place(photo: Photo, name: str) -> CropPlace:
    """Return the place of a whole photo that already is a face crop.

    Raises:
        FaceError: The photo is not square.
    """
    if photo.width != photo.height:
        raise FaceError(
            f"{name} has {photo.width} x {photo.height} pixels, but a face crop is square. Cut it square, or "
            "let the face be found in it.",
            advice=(Advice.DETECT_FACES,),
        )
    return CropPlace((photo.width / 2, photo.height / 2), float(photo.width))
