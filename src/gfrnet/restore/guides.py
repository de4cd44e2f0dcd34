"""Prepare guides: find, cut and embed every face once, and remember it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TypeAlias

from gfrnet import faces
from gfrnet.errors import Advice, GfrnetError, NoFaceError, UnreadableImageError
from gfrnet.faces import CONTEXT, CropPlace
from gfrnet.images import Photo, colour_space
from gfrnet.restore.guide_set import Guide, GuideFace, GuideSet, no_guide, skip_itself
from gfrnet.restore.options import RestoreOptions
from gfrnet.restore.outcome import GuideSkipped
from gfrnet.restore.places import Place, search_advice, search_hint, whole_place
from gfrnet.restore.sources import Source, as_photo, content_hash, files_of, name_of
from gfrnet.types import UInt8Image

_Key: TypeAlias = tuple[str, bool, bool, float, str]
"""Content, cropped, thorough, largest size, and name.

The name is empty except for a failure, whose message holds it.
"""

REMEMBERED = 256
"""Number of guide pictures that stay prepared, or all guides of a photo if it has more.

One picture takes about 200 kB per face.
"""


@dataclass(frozen=True)
class _Unusable:
    """Hold why a guide cannot be used.

    This is no exception, because the traceback of an exception would keep the callers' photos in memory.

    Attributes:
        kind: Class of the error.
        reason: Message of the error.
        advice: Advice of the error.
    """

    kind: type[GfrnetError]
    reason: str
    advice: tuple[Advice, ...]

    @classmethod
    def of(cls, error: GfrnetError) -> _Unusable:
        """Take over class, message and advice of an error."""
        return cls(type(error), str(error), error.advice)

    @classmethod
    def by_fault(cls, error: Exception, name: str) -> _Unusable:
        """Describe an error that was not foreseen."""
        reason = f"A fault in gfrnet, {type(error).__name__}, met {name} ({error}). Leave this guide out."
        return cls(UnreadableImageError, reason, (Advice.CHOOSE_ANOTHER_GUIDE,))


class GuideShelf:
    """Prepare guides, and remember them and failures by the picture's content. Threads may share a shelf."""

    def __init__(self) -> None:
        self._shelf: OrderedDict[_Key, tuple[GuideFace, ...] | _Unusable] = OrderedDict()
        self._lock = Lock()

    def collect(
        self, sources: Sequence[Source], options: RestoreOptions, itself: str | None = None
    ) -> GuideSet:
        """Prepare all faces of all guides.

        Args:
            sources: The guides.
            options: Whether the guides already are face crops, how to search for faces, and how large a
                picture may be.
            itself: Hash of the photo to restore, which is no guide under any name.

        Raises:
            GfrnetError: No guide can be used.
        """
        guides: list[Guide] = []
        skipped: list[GuideSkipped] = []
        kind: type[GfrnetError] = NoFaceError
        for index, source in enumerate(sources):
            name = name_of(source, f"guide {index + 1}")
            try:
                content, found = self._prepared(source, name, itself, options)
            except Exception as error:
                # One guide alone shows its fault. It never fails photos that other guides can restore.
                if len(sources) == 1:
                    raise
                content, found = "", _Unusable.by_fault(error, name)
            if itself is not None and content == itself:
                skipped.append(skip_itself(index, name))
            elif isinstance(found, _Unusable):
                kind = found.kind
                skipped.append(GuideSkipped(index, name, found.reason, found.advice))
            else:
                guides.extend(Guide(index, name, content, face) for face in found)
        self._forget(max(REMEMBERED, len(sources)))
        if not guides:
            raise no_guide(skipped, kind)
        return GuideSet(tuple(guides), tuple(skipped), files_of(sources))

    def _prepared(
        self, source: Source, name: str, itself: str | None, options: RestoreOptions
    ) -> tuple[str, tuple[GuideFace, ...] | _Unusable]:
        """Return the content hash of a guide, and its faces or why it cannot be used."""
        try:
            content = content_hash(source)
        except GfrnetError as error:
            return "", _Unusable.of(error)
        if content == itself:
            return content, ()
        search = (content, options.cropped, options.thorough, options.max_megabytes)
        usable, failed = (*search, ""), (*search, name)
        with self._lock:
            key = failed if failed in self._shelf else usable
            if key in self._shelf:
                self._shelf.move_to_end(key)
                return content, self._shelf[key]
        # The lock is free here, so that threads prepare different guides at once.
        found = _outcome(source, name, options)
        with self._lock:
            self._shelf[failed if isinstance(found, _Unusable) else usable] = found
        return content, found

    def _forget(self, most: int) -> None:
        """Forget all guides but the ``most`` guides that were used last."""
        with self._lock:
            while len(self._shelf) > most:
                self._shelf.popitem(last=False)


def _outcome(source: Source, name: str, options: RestoreOptions) -> tuple[GuideFace, ...] | _Unusable:
    try:
        photo = as_photo(source, options.max_megabytes)
        return _whole(photo, name) if options.cropped else _found(photo, name, options.thorough)
    except GfrnetError as error:
        return _Unusable.of(error)


def guide_faces(photo: Photo, places: Sequence[Place]) -> tuple[GuideFace, ...]:
    """Cut and portray faces of a photo whose places are known.

    Args:
        photo: The photo.
        places: Places of the faces.
    """
    image = _srgb(photo)
    return tuple(_guide_face(image, place.crop()) for place in places)


def _whole(photo: Photo, name: str) -> tuple[GuideFace, ...]:
    return (_guide_face(_srgb(photo), whole_place(photo, name)),)


def _found(photo: Photo, name: str, thorough: bool) -> tuple[GuideFace, ...]:
    image = _srgb(photo)
    found = [CropPlace.around(face.box, face.turn) for face in faces.find_faces(image, thorough)]
    if not found:
        raise NoFaceError(
            f"No face found in {name}. Choose a guide that shows the face from the front"
            f"{search_hint(thorough)}.",
            advice=(Advice.CHOOSE_ANOTHER_GUIDE, *search_advice(thorough)),
        )
    return tuple(_guide_face(image, place) for place in found)


def _srgb(photo: Photo) -> UInt8Image:
    """Return the pixels in the one colour space in which guides and photos meet."""
    space = colour_space(photo.icc)
    return photo.rgb8 if space is None else space.to_srgb(photo.rgb8)


def _guide_face(image: UInt8Image, place: CropPlace) -> GuideFace:
    crop = faces.cut(image, place).pixels
    portrait = faces.portray(crop, place.side / CONTEXT)
    # The shelf, its sets and threads share the arrays.
    for array in (crop, portrait.embedding, portrait.view):
        array.setflags(write=False)
    return GuideFace(crop, portrait)
