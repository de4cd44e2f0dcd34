"""Read who is where in a photo. Programs state it in XMP, in the photo and in files beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gfrnet.images.elements import Element, tree
from gfrnet.images.face_lists import MOST_REGIONS, Face, microsoft_lists, mwg_lists
from gfrnet.images.frame import Frame
from gfrnet.images.photo import Photo
from gfrnet.images.regions import states_regions
from gfrnet.images.sidecars import Sidecar, read_sidecars
from gfrnet.printable import without_controls
from gfrnet.types import AnyArray, Box

SAME_FACE = 0.5
"""Share of the area of two boxes that both have, from which they are one face."""

_OTHER_SHAPE = "states faces of a picture of another shape, as if it was cut since. They are left out."
_TOO_MANY = f"states more than {MOST_REGIONS} faces. The others are left out."
_TWO_NAMES = "One face has two names in the files of the photo. The sidecar goes before the photo."
_DAMAGED = "holds damaged XMP. Its names are left out."


class RegionSource(StrEnum):
    """Say where a region was found."""

    EMBEDDED = "embedded"
    SIDECAR = "sidecar"


@dataclass(frozen=True)
class PersonRegion:
    """Hold the place of a face, and whose it is.

    Attributes:
        box: Its place in the upright photo, pixels; it lies within the photo.
        name: Name of the person, one line; empty for a face that nobody named.
        source: Where it was found.
        ours: Whether gfrnet wrote it, and no person or other program.
    """

    box: Box
    name: str
    source: RegionSource = RegionSource.SIDECAR
    ours: bool = False


@dataclass(frozen=True)
class PhotoPeople:
    """Hold who is where in a photo.

    Attributes:
        regions: One a face: those with names first, and of those the sidecars' before the embedded.
        remarks: Sentences on what could not be read.
    """

    regions: tuple[PersonRegion, ...] = ()
    remarks: tuple[str, ...] = ()


def people_in(photo: Photo, sidecars: Iterable[Sidecar] | None = None) -> PhotoPeople:
    """Return who is where in a photo, from its own XMP and from its sidecars.

    Sidecars go before the photo, since programs write their changes there. A face that both state is given
    once. Whatever the files hold, there is no error.

    Args:
        photo: The photo as it was read, not enlarged.
        sidecars: Its sidecars, where they are read already; else those beside its path are read.
    """
    if sidecars is None:
        sidecars = read_sidecars(photo.path) if photo.path else ()
    found = people_beside(sidecars, Frame.of(photo))
    if photo.xmp is None:
        return found
    # The XMP of a photo that was read is turned already.
    frame = Frame(photo.width, photo.height)
    return _merged([found, _people(photo.xmp, frame, RegionSource.EMBEDDED, "The photo")])


def people_beside(sidecars: Iterable[Sidecar], frame: Frame) -> PhotoPeople:
    """Return who is where in a photo, from its sidecars alone.

    Args:
        sidecars: The sidecars; the first goes before the second.
        frame: Size and turn of the photo.
    """
    found = []
    for sidecar in sidecars:
        if sidecar.xmp is None:
            found.append(PhotoPeople(remarks=(sidecar.remark,)))
        else:
            title = without_controls(sidecar.path.name)
            found.append(_people(sidecar.xmp, frame, RegionSource.SIDECAR, title))
    return _merged(found)


def _people(xmp: bytes, frame: Frame, source: RegionSource, title: str) -> PhotoPeople:
    """Return who is where by one file."""
    if not states_regions(xmp):
        return PhotoPeople()
    try:
        faces = placed_faces(xmp, tree(xmp), frame)
    except ValueError:
        return PhotoPeople(remarks=(f"{title} {_DAMAGED}",))
    people = [PersonRegion(box, face.name, source, face.ours) for face, box in faces if box is not None]
    remarks = [_TOO_MANY] if len(people) > MOST_REGIONS else []
    remarks += [_OTHER_SHAPE] if len(people) < len(faces) else []
    return PhotoPeople(tuple(people[:MOST_REGIONS]), tuple(f"{title} {remark}" for remark in remarks))


def placed_faces(xmp: bytes, root: Element, frame: Frame) -> list[tuple[Face, Box | None]]:
    """Return the faces that XMP states, with their boxes in the upright photo.

    A box is None where the list applies to a picture of another shape. A list of Microsoft states none: it
    is turned like that of the Metadata Working Group. A program that writes both treats both alike.
    """
    turn: int | None = frame.orientation
    found: list[tuple[Face, Box | None]] = []
    for each in (*mwg_lists(xmp, root), *microsoft_lists(xmp, root)):
        turn = frame.orientation_of(each.size) if each.size else turn
        found += [(face, None if turn is None else frame.box(face.shares, turn)) for face in each.faces]
    return found


def _merged(found: Sequence[PhotoPeople]) -> PhotoPeople:
    """Join what several files state of one photo: each face once, one with a name before one without."""
    regions = [region for people in found for region in people.regions]
    regions.sort(key=lambda region: not region.name)
    remarks = [remark for people in found for remark in people.remarks]
    kept: list[PersonRegion] = []
    boxes = np.empty((len(regions), 4))
    for region in regions:
        box = np.array(region.box.as_tuple())
        shared = common_shares(box, boxes[: len(kept)])
        if len(kept) and shared.max() >= SAME_FACE:
            first = kept[int(shared.argmax())]
            remarks += [_TWO_NAMES] if region.name not in ("", first.name) else []
            continue
        boxes[len(kept)] = box
        kept.append(region)
    return PhotoPeople(tuple(kept), tuple(dict.fromkeys(remarks)))


def common_shares(box: AnyArray, others: AnyArray) -> AnyArray:
    """Return the area that a box has in common with others, as a share of the area of both together.

    Args:
        box: Left, top, right, bottom.
        others: (N, 4) of the same.

    Returns:
        (N,), 0..1.
    """
    width, height = (
        np.minimum(box[i + 2], others[:, i + 2]) - np.maximum(box[i], others[:, i]) for i in (0, 1)
    )
    common = np.maximum(width, 0) * np.maximum(height, 0)
    areas = (others[:, 2] - others[:, 0]) * (others[:, 3] - others[:, 1])
    return np.asarray(common / (areas + (box[2] - box[0]) * (box[3] - box[1]) - common))
