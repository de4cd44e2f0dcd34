"""Define what clients order: restore photos, look at one, blend a stored result, scan an album.

`film_orders` defines those of films.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field, TypeAdapter, model_validator

from gfrnet.album import WORSE_THAN, WhichFaces
from gfrnet.faces import FUSED
from gfrnet.printable import as_name
from gfrnet.restore import RestoreOptions
from gfrnet.restore.options import MAX_SCALE
from gfrnet.serve.film_orders import FilmPreviewOrder, FilmRestoreOrder, FilmScanOrder
from gfrnet.serve.order_parts import Id, Ordered, PersonLabel, Picture, Share

MOST_PHOTOS, MOST_GUIDES, MOST_PLACES = 1000, 500, 500
"""Largest numbers in an order. They bound its size and the memory that it takes."""

LONGEST_NAME = 120
"""Most bytes of the name of a file. Systems allow 255, and results carry longer names."""


class FacePlace(Ordered):
    """Describe one face of a photo, where the client knows more than the detector.

    Attributes:
        box: Left, top, width, height in pixels of the upright photo.
        turn: Angle by which the head is turned, degrees, clockwise as seen.
        guides: Positions in the list of guides. All of them show this person, which nothing then checks.
            None chooses among all guides.
    """

    box: Annotated[tuple[float, float, float, float], Field(examples=[[120, 80, 64, 64]])]
    turn: Annotated[float, Field(ge=-360, le=360)] = 0.0
    guides: (
        Annotated[tuple[Annotated[int, Field(ge=0)], ...], Field(min_length=1, max_length=50, fail_fast=True)]
        | None
    ) = None

    @model_validator(mode="after")
    def _is_box(self) -> FacePlace:
        left, top, width, height = self.box
        if not (width >= 1 and height >= 1 and all(abs(value) < 1e6 for value in (left, top, width, height))):
            raise ValueError("A box is left, top, width, height in pixels; width and height are 1 or more.")
        return self


class PhotoOrder(Picture):
    """Name a photo to restore, and everything that is its own.

    Attributes:
        places: Its faces; None to find them.
    """

    places: (
        Annotated[tuple[FacePlace, ...], Field(min_length=1, max_length=MOST_PLACES, fail_fast=True)] | None
    ) = None


class OptionsOrder(Ordered):
    """Hold the options of restoring, as `RestoreOptions` has them."""

    scale: Annotated[float, Field(ge=1, le=MAX_SCALE)] = 1
    strength: Share | None = None
    fidelity: Share | None = None
    fuse: Annotated[int, Field(ge=1, le=64)] = FUSED
    force: bool = False
    thorough: bool = False
    cropped: bool = False

    def options(self, max_megabytes: float) -> RestoreOptions:
        """Return the options of the library."""
        return RestoreOptions(**self.model_dump(), max_megabytes=max_megabytes)


class RestoreOrder(Ordered):
    """Order to restore photos with guides.

    Attributes:
        photos: One photo or many.
        guides: Good photos of the people in them.
        options: How to restore.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "restore",
                    "photos": [{"file": "e3b0c442" * 8, "name": "old.jpg"}],
                    "guides": [{"file": "ba7816bf" * 8, "name": "good.jpg"}],
                    "options": {"scale": 2},
                }
            ]
        }
    )

    kind: Literal["restore"] = "restore"
    photos: Annotated[tuple[PhotoOrder, ...], Field(min_length=1, max_length=MOST_PHOTOS, fail_fast=True)]
    guides: Annotated[tuple[Picture, ...], Field(max_length=MOST_GUIDES, fail_fast=True)] = ()
    options: OptionsOrder = OptionsOrder()

    @model_validator(mode="after")
    def _guides_exist(self) -> RestoreOrder:
        for photo in self.photos:
            _check_guides(photo.places, len(self.guides))
        return self

    def pictures(self) -> tuple[Picture, ...]:
        """Return the uploaded files that the order needs."""
        return (*self.photos, *self.guides)


class PreviewOrder(Ordered):
    """Order to find the faces of a photo, and to choose the guides of each, without restoring it.

    Attributes:
        photo: The photo.
        guides: Good photos of the people in it. Without any, faces are found only.
        options: How to find faces and to choose guides.
    """

    kind: Literal["preview"] = "preview"
    photo: PhotoOrder
    guides: Annotated[tuple[Picture, ...], Field(max_length=MOST_GUIDES, fail_fast=True)] = ()
    options: OptionsOrder = OptionsOrder()

    @model_validator(mode="after")
    def _guides_exist(self) -> PreviewOrder:
        _check_guides(self.photo.places, len(self.guides))
        return self

    def pictures(self) -> tuple[Picture, ...]:
        """Return the uploaded files that the order needs."""
        return (self.photo, *self.guides)


class FaceBlend(Ordered):
    """Say how much of the change one face gets.

    Attributes:
        face: Position of the face among those of its photo.
        strength: Share of the change, 0 keeps the face as it was; None for what suits the face.
        fidelity: 1 gives what is likeliest, 0 the texture of photographs; None for 0.5.
    """

    face: Annotated[int, Field(ge=0)]
    strength: Share | None = None
    fidelity: Share | None = None


class BlendOrder(Ordered):
    """Order to blend a photo anew from what the network gave already.

    Attributes:
        job: An ended job that restored the photo.
        photo: Position of the photo in that job.
        strength: As in `FaceBlend`, for all faces.
        fidelity: As in `FaceBlend`, for all faces.
        faces: Faces for which other values hold.
    """

    kind: Literal["blend"] = "blend"
    job: Id
    photo: Annotated[int, Field(ge=0)] = 0
    strength: Share | None = None
    fidelity: Share | None = None
    faces: Annotated[tuple[FaceBlend, ...], Field(max_length=MOST_PLACES, fail_fast=True)] = ()

    def pictures(self) -> tuple[Picture, ...]:
        """Return no files; those of the job are taken."""
        return ()


class ScanOrder(Ordered):
    """Order to look at the new and changed photos of an album.

    Attributes:
        album: Name of its folder, as the list of folders gives it.
    """

    kind: Literal["album-scan"] = "album-scan"
    album: Id

    def pictures(self) -> tuple[Picture, ...]:
        """Return no files; those of the album are looked at in their place."""
        return ()


class WhichOrder(Ordered):
    """Say which faces of an album are restored.

    Attributes:
        people: Labels of people; none for all.
        worse_than: How bad a face must be, 0..1. 0 takes all faces.
        unconfirmed: Whether to restore also faces of whom it is only probable whom they show.
    """

    people: Annotated[tuple[PersonLabel, ...], Field(max_length=MOST_PHOTOS, fail_fast=True)] = ()
    worse_than: Share = WORSE_THAN
    unconfirmed: bool = False

    def which(self) -> WhichFaces:
        """Return the same in the words of the library."""
        return WhichFaces(self.people, self.worse_than, self.unconfirmed)


class AlbumRestoreOrder(Ordered):
    """Order to restore the bad faces of an album, each with good photos of its own person.

    Attributes:
        album: Name of its folder, as the list of folders gives it.
        which: Which faces to restore.
        options: How to restore.
    """

    kind: Literal["album-restore"] = "album-restore"
    album: Id
    which: WhichOrder = WhichOrder()
    options: OptionsOrder = OptionsOrder()

    def pictures(self) -> tuple[Picture, ...]:
        """Return no files; those of the album are read in their place."""
        return ()


Order: TypeAlias = Annotated[
    RestoreOrder
    | PreviewOrder
    | BlendOrder
    | ScanOrder
    | AlbumRestoreOrder
    | FilmScanOrder
    | FilmPreviewOrder
    | FilmRestoreOrder,
    Field(discriminator="kind"),
]

QUICK = ("preview", "blend", "film-preview")
"""Kinds of orders for which somebody waits in front of the page. They have a process of their own."""

_ANY: TypeAdapter[Order] = TypeAdapter(Order)


def parsed(text: str) -> Order:
    """Return an order that was stored as JSON."""
    return _ANY.validate_json(text)


def display_names(pictures: tuple[Picture, ...]) -> dict[str, str]:
    """Return one file name for each file of an order, such as messages show it.

    Nothing of a client's name can lead to another folder: it becomes one plain name of a file.

    Returns:
        The name by the SHA-256. No two are alike, on no file system.
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for picture in pictures:
        if picture.file in names:
            continue
        name = _plain(picture.name)
        stem, dot, suffix = name.rpartition(".")
        stem, dot = (stem, dot) if dot else (suffix, "")
        number = 1
        while name.lower() in taken:
            number += 1
            name = f"{stem} ({number}){dot}{suffix if dot else ''}"
        taken.add(name.lower())
        names[picture.file] = name
    return names


def _plain(name: str) -> str:
    """Return a name without folders and without signs that some system refuses."""
    name = as_name(re.split(r"[/\\]", name)[-1])
    name = re.sub(r'[<>:"|?*%]', "_", name).strip(". ")
    while len(name.encode()) > LONGEST_NAME:
        name = name[1:]
    return name or "picture"


def _check_guides(places: tuple[FacePlace, ...] | None, count: int) -> None:
    for place in places or ():
        if any(guide >= count for guide in place.guides or ()):
            raise ValueError(f"A place names a guide that is not there; {count} guides are given.")
