"""Guides: found, cut and embedded once, however many photos they serve."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gfrnet import faces
from gfrnet.errors import GfrnetError, NoFaceError
from gfrnet.faces import CONTEXT, CropPlace, FacePortrait
from gfrnet.images import Photo
from gfrnet.restore.outcome import GuideSkipped
from gfrnet.restore.places import whole_place
from gfrnet.restore.sources import Source, as_photo, file_of, fingerprint, name_of
from gfrnet.types import UInt8Image

_Key: TypeAlias = tuple[bytes, bool, bool, str]
"""Content, cropped, thorough, and of a failure the name: its message tells it, so it serves no other."""

REMEMBERED = 256
"""Guide pictures that stay prepared, or all of a photo if it has more; one takes some 200 kB a face."""


@dataclass(frozen=True)
class GuideFace:
    """A face that can serve as guide.

    Attributes:
        crop: (256, 256, 3).
        portrait: Who it is, and how good a picture.
    """

    crop: UInt8Image
    portrait: FacePortrait


@dataclass(frozen=True)
class Guide:
    """A guide face and the picture that it came from.

    Attributes:
        index: Which of the given guides.
        name: That guide for people.
        face: What the network needs of it.
    """

    index: int
    name: str
    face: GuideFace


@dataclass(frozen=True)
class _Unusable:
    """Why a guide cannot be used. An exception would keep the photos of all its callers in its traceback.

    Attributes:
        kind: Of error.
        reason: Its message.
    """

    kind: type[GfrnetError]
    reason: str


class GuideShelf:
    """Prepares guides, and remembers them by their content (failures too)."""

    def __init__(self) -> None:
        self._shelf: OrderedDict[_Key, tuple[GuideFace, ...] | _Unusable] = OrderedDict()

    def collect(
        self, sources: Sequence[Source], photo: Source, *, cropped: bool, thorough: bool
    ) -> tuple[tuple[Guide, ...], tuple[GuideSkipped, ...]]:
        """All faces of all guides, and the guides that cannot be used.

        Args:
            sources: The guides.
            photo: What is to be restored: its own file is no guide, however it is called.
            cropped: They are face crops already.
            thorough: Look for faces with the CNN where HOG finds none.

        Raises:
            GfrnetError: No guide can be used.
        """
        guides: list[Guide] = []
        skipped: list[GuideSkipped] = []
        unusable: list[_Unusable] = []
        file = file_of(photo)
        itself = fingerprint(file) if file is not None and file.is_file() else None
        for index, source in enumerate(sources):
            name = name_of(source, f"guide {index + 1}")
            found = self._prepared(source, name, itself, cropped, thorough)
            if isinstance(found, _Unusable):
                unusable.append(found)
                skipped.append(GuideSkipped(index, name, found.reason))
            else:
                guides.extend(Guide(index, name, face) for face in found)
        self._forget(max(REMEMBERED, len(sources)))
        if not guides:
            raise _no_guide(unusable)
        return tuple(guides), tuple(skipped)

    def _prepared(
        self, source: Source, name: str, itself: bytes | None, cropped: bool, thorough: bool
    ) -> tuple[GuideFace, ...] | _Unusable:
        try:
            content = fingerprint(source)
        except GfrnetError as error:
            return _Unusable(type(error), str(error))
        if content == itself:
            reason = f"{name} is the very photo that is to be restored. Give another photo of the person."
            return _Unusable(NoFaceError, reason)
        usable, failed = ((content, cropped, thorough, told) for told in ("", name))
        key = failed if failed in self._shelf else usable
        if key not in self._shelf:
            found = _outcome(source, name, cropped, thorough)
            key = failed if isinstance(found, _Unusable) else usable
            self._shelf[key] = found
        self._shelf.move_to_end(key)
        return self._shelf[key]

    def _forget(self, most: int) -> None:
        """Keep as many as this, those that were asked for last."""
        while len(self._shelf) > most:
            self._shelf.popitem(last=False)


def _no_guide(unusable: list[_Unusable]) -> GfrnetError:
    if len(unusable) == 1:
        return unusable[0].kind(unusable[0].reason)
    reasons = " ".join(guide.reason for guide in unusable)
    return NoFaceError(f"None of the {len(unusable)} guides can be used. {reasons}")


def _outcome(source: Source, name: str, cropped: bool, thorough: bool) -> tuple[GuideFace, ...] | _Unusable:
    try:
        photo = as_photo(source)
        return _whole(photo, name) if cropped else _found(photo, name, thorough)
    except GfrnetError as error:
        return _Unusable(type(error), str(error))


def _whole(photo: Photo, name: str) -> tuple[GuideFace, ...]:
    return (_guide_face(photo.rgb8, whole_place(photo, name)),)


def _found(photo: Photo, name: str, thorough: bool) -> tuple[GuideFace, ...]:
    image = photo.rgb8
    found = faces.detect(image, thorough)
    if not found:
        hint = "" if thorough else ", or search harder with --thorough"
        raise NoFaceError(
            f"No face found in {name}. Choose a guide that shows the face from the front{hint}."
        )
    return tuple(_guide_face(image, CropPlace.around(face.box)) for face in found)


def _guide_face(image: UInt8Image, place: CropPlace) -> GuideFace:
    crop = faces.cut(image, place).pixels
    return GuideFace(crop, faces.portray(crop, place.side / CONTEXT))
