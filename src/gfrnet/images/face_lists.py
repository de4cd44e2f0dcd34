"""Read the lists of faces in XMP as they are written: shares of the stored picture, places in the bytes.

Lists are those of the Metadata Working Group (mwg-rs, guidelines of version 2.0, section 5.9) and those of
Microsoft (MP). Numbers that make no sense make no face.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gfrnet.images.elements import Element, fields, resource_child, text_of
from gfrnet.images.frame import Shares
from gfrnet.images.regions import parsed
from gfrnet.printable import as_name

MARKED_NAME, MARKED_AREA = b"gfrnet:Name", b"gfrnet:Area"
"""Attributes with which gfrnet marks a region that it writes, in the region's mwg-rs:Extensions.

They repeat its name and its area. Who renames or moves it with another program does not change them too.
Then they do not agree any more, and the region is that person's.
"""

_SAME_NUMBER = 2e-3
"""Largest difference of a number of an area that another program wrote anew with three digits."""

MOST_REGIONS = 1000
"""Most regions of a list that are read. No photo shows so many faces that somebody named."""

_SMALLEST = 1e-5
"""Smallest width or height of a face, as a share of the picture's: less than a pixel of any picture."""

_FACE = "face"
_NORMALISED = ("", "normalized")


@dataclass(frozen=True, eq=False)
class Face:
    """Hold a face of a list.

    Attributes:
        shares: Its box in the stored picture, cut at the edges of it.
        name: Name of the person; empty if it has none.
        ours: Whether gfrnet wrote it, and nobody has changed it since.
        item: The element.
        microsoft: Whether the list is Microsoft's.
    """

    shares: Shares
    name: str
    ours: bool
    item: Element
    microsoft: bool = False


@dataclass(frozen=True, eq=False)
class FaceList:
    """Hold a list of faces.

    Attributes:
        element: The element that holds the list.
        items: Elements of all its regions, also of those that are no faces.
        bag: The element that holds these; None if there is none.
        size: Width and height of the picture that it applies to, where it states them.
        faces: The faces, at most one more than are read.
    """

    element: Element
    items: tuple[Element, ...]
    bag: Element | None
    size: tuple[float, float] | None
    faces: tuple[Face, ...]

    @property
    def ours(self) -> tuple[Element, ...]:
        """Return the elements of the regions that gfrnet wrote."""
        return tuple(face.item for face in self.faces if face.ours)


def mwg_lists(xmp: bytes, root: Element) -> Iterator[FaceList]:
    """Yield the lists of the Metadata Working Group."""
    for element in root.outermost(b"mwg-rs:Regions"):
        regions = resource_child(element, b"mwg-rs:RegionList")
        bag, items = _bag(regions)
        faces = (_mwg_face(xmp, item) for item in items[: MOST_REGIONS + 1])
        size = _size(xmp, resource_child(element, b"mwg-rs:AppliedToDimensions"))
        yield FaceList(element, items, bag, size, tuple(face for face in faces if face is not None))


def microsoft_lists(xmp: bytes, root: Element) -> Iterator[FaceList]:
    """Yield the lists of Microsoft."""
    for element in root.outermost(b"MPRI:Regions"):
        bag, items = _bag(element)
        faces = (_microsoft_face(xmp, item) for item in items[: MOST_REGIONS + 1])
        yield FaceList(element, items, bag, None, tuple(face for face in faces if face is not None))


def _bag(element: Element | None) -> tuple[Element | None, tuple[Element, ...]]:
    """Return the array in an element, and its items."""
    arrays = element.children if element else ()
    bag = next((each for each in arrays if each.name in (b"rdf:Bag", b"rdf:Seq")), None)
    return bag, tuple(each for each in (bag.children if bag else ()) if each.name == b"rdf:li")


def _mwg_face(xmp: bytes, item: Element) -> Face | None:
    """Return a region of the Metadata Working Group: the centre and the size of an area; None for no face."""
    texts = fields(xmp, item)
    name = as_name(_text(xmp, texts.get(b"mwg-rs:Name")))
    kind = _text(xmp, texts.get(b"mwg-rs:Type")).strip().lower()
    area = resource_child(item, b"mwg-rs:Area")
    if area is None or (kind != _FACE and (kind or not name)):
        return None
    places = fields(xmp, area)
    unit = _text(xmp, places.get(b"stArea:unit")).strip().lower()
    numbers = _numbers(xmp, [places.get(b"stArea:" + each) for each in (b"x", b"y", b"w", b"h")])
    if numbers is None or unit not in _NORMALISED:
        return None
    x, y, width, height = numbers
    shares = _cut(x - width / 2, y - height / 2, width, height)
    return None if shares is None else Face(shares, name, _is_ours(xmp, item, name, numbers), item)


def _is_ours(xmp: bytes, item: Element, name: str, numbers: Sequence[float]) -> bool:
    """Return whether gfrnet wrote a region, and nobody has changed it since."""
    extensions = resource_child(item, b"mwg-rs:Extensions")
    marks = fields(xmp, extensions) if extensions else {}
    area = _text(xmp, marks.get(MARKED_AREA)).encode().split(b" ", 4)
    marked = [parsed(part) for part in area]
    if as_name(_text(xmp, marks.get(MARKED_NAME))) != name or len(marked) != 4:
        return False
    return all(
        mark is not None and abs(float(mark) - number) <= _SAME_NUMBER
        for mark, number in zip(marked, numbers, strict=True)
    )


def _microsoft_face(xmp: bytes, item: Element) -> Face | None:
    """Return a region of Microsoft: left, top, width and height in one text; None for no face."""
    texts = fields(xmp, item)
    parts = _text(xmp, texts.get(b"MPReg:Rectangle")).encode().split(b",", 4)
    numbers = [number for part in parts if (number := parsed(part)) is not None]
    if len(parts) != 4 or len(numbers) != 4:
        return None
    left, top, width, height = map(float, numbers)
    shares = _cut(left, top, width, height)
    name = as_name(_text(xmp, texts.get(b"MPReg:PersonDisplayName")))
    return None if shares is None else Face(shares, name, False, item, microsoft=True)


def _cut(left: float, top: float, width: float, height: float) -> Shares | None:
    """Return a box within the picture; None where it has no size, or its centre lies outside."""
    inside = 0 <= left + width / 2 <= 1 and 0 <= top + height / 2 <= 1
    if not inside or not (0 < width <= 1 and 0 < height <= 1):
        return None
    shares = (max(left, 0.0), max(top, 0.0), min(left + width, 1.0), min(top + height, 1.0))
    return shares if min(shares[2] - shares[0], shares[3] - shares[1]) > _SMALLEST else None


def _size(xmp: bytes, element: Element | None) -> tuple[float, float] | None:
    places = fields(xmp, element) if element else {}
    size = _numbers(xmp, [places.get(name) for name in (b"stDim:w", b"stDim:h")])
    return (size[0], size[1]) if size and min(size) > 0 else None


def _numbers(xmp: bytes, places: Sequence[tuple[int, int] | None]) -> list[float] | None:
    """Return several numbers; None if one is missing or none."""
    found = [number for place in places if (number := _number(xmp, place)) is not None]
    return found if len(found) == len(places) else None


def _number(xmp: bytes, place: tuple[int, int] | None) -> float | None:
    number = parsed(xmp[slice(*place)]) if place else None
    return None if number is None else float(number)


def _text(xmp: bytes, place: tuple[int, int] | None) -> str:
    return text_of(xmp, place) if place else ""
