"""Turn the regions that XMP states, such as those of faces, with the pixels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from gfrnet.images.markup import attributes, tags, usual_name, usual_prefixes

_NUMBER = re.compile(rb"\s*[+-]?[0-9]{0,9}(?:\.[0-9]{0,24})?(?<=[0-9.])(?:[eE][+-]?[0-9]{1,2})?\s*")
TRANSPOSED, FLIPPED_ACROSS, FLIPPED_DOWN = (5, 6, 7, 8), (2, 3, 6, 7), (3, 4, 7, 8)
"""Orientations, as in `convert.oriented`: the axes are swapped first, then each may be flipped."""


_SAME_SHAPE = 0.03
"""Largest share by which the shapes of two pictures differ that show the same. Rounding of the sizes of a
thumbnail of 40 pixels makes 0.0125. A picture that was cut by less moves its faces by less than a third."""

_SIGNS = (b"xmp/sType/Area#", b"photo/1.2/t/Region#", b"stArea:", b"MPReg:")
"""What XMP with regions holds: the ends of their namespaces, or their usual prefixes."""


class _Value(NamedTuple):
    name: bytes
    start: int
    end: int


_Edits = dict[tuple[int, int], bytes]


def states_regions(xmp: bytes) -> bool:
    """Return whether XMP may hold regions."""
    return any(sign in xmp for sign in _SIGNS)


def same_shape(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Return whether two sizes, each width and height, are those of one picture at two scales."""
    across, down = one[0] * other[1], one[1] * other[0]
    return min(across, down) > 0 and abs(across - down) <= _SAME_SHAPE * max(across, down)


def turned(xmp: bytes, orientation: int, size: tuple[int, int] | None = None) -> bytes:
    """Return XMP whose regions fit the upright pixels.

    Regions of faces are those of the Metadata Working Group (mwg-rs) and of Microsoft (MP). Their numbers are
    shares of the width and height, 0..1, of the picture as it is stored. Some programs state them for the
    upright picture. Then the size that the regions apply to has the shape of that, and they stay.

    Args:
        xmp: The XMP.
        orientation: The EXIF tag of the pixels as they were stored, 1..8.
        size: Width and height of the upright picture, where they are known.

    Raises:
        ValueError: The bytes are no markup.
    """
    if orientation == 1 or not states_regions(xmp) or is_upright(xmp, orientation, size):
        return xmp
    edits: _Edits = {}
    area: dict[bytes, _Value] = {}
    stated: dict[bytes, _Value] = {}
    for value in _values(xmp):
        prefix, _, local = value.name.partition(b":")
        if prefix == b"stArea":
            if local in area:
                _turn_area(xmp, area, orientation, edits)
                area = {}
            area[local] = value
        elif prefix == b"stDim":
            if local in (b"w", b"h"):
                stated = {} if local in stated else stated
                stated[local] = value
                _turn_size(xmp, stated, orientation, edits)
        elif value.name == b"MPReg:Rectangle":
            _turn_rectangle(xmp, value, orientation, edits)
    _turn_area(xmp, area, orientation, edits)
    return _edited(xmp, edits)


def with_size(xmp: bytes, width: int, height: int) -> bytes:
    """Return XMP whose regions state the size of the picture, in pixels. What is no markup stays as it is."""
    if not states_regions(xmp):
        return xmp
    numbers = {b"stDim:w": width, b"stDim:h": height}
    try:
        stated = [value for value in _values(xmp) if value.name in numbers]
    except ValueError:
        return xmp
    return _edited(xmp, {value[1:]: str(numbers[value.name]).encode() for value in stated})


def is_upright(xmp: bytes, orientation: int, size: tuple[int, int] | None) -> bool:
    """Return whether regions of a picture that is stored lying state that they apply to the upright one.

    Raises:
        ValueError: The bytes are no markup.
    """
    if size is None or orientation not in TRANSPOSED or same_shape(size, size[::-1]):
        return False
    stated: dict[bytes, float] = {}
    for value in _values(xmp):
        if value.name in (b"stDim:w", b"stDim:h"):
            stated.setdefault(value.name, float(_number(xmp, value) or 0))
    return same_shape((stated.get(b"stDim:w", 0), stated.get(b"stDim:h", 0)), size)


def _values(xmp: bytes) -> Iterator[_Value]:
    """Yield values of regions in their order, be they attributes or elements. Other sizes are left out."""
    prefixes = usual_prefixes(xmp)
    opened, sized = None, False
    for tag in tags(xmp):
        name = usual_name(tag.name, prefixes)
        if name == b"mwg-rs:AppliedToDimensions":
            sized = not tag.closing
        stated = attributes(xmp, tag) if xmp.find(b"=", *tag.inside) >= 0 else ()
        found = [(usual_name(each.name, prefixes), *each.value) for each in stated]
        if tag.closing and opened is not None and opened.name == tag.name:
            found.append((name, opened.end, tag.start))
        for value in found:
            if value[0].startswith((b"stArea:", b"MPReg:")) or (sized and value[0].startswith(b"stDim:")):
                yield _Value(*value)
        opened = None if tag.closing or tag.empty else tag
        sized = sized and not (name == b"mwg-rs:AppliedToDimensions" and tag.empty)


def _turn_area(xmp: bytes, area: dict[bytes, _Value], orientation: int, edits: _Edits) -> None:
    """Turn the centre and the size of an area of mwg-rs."""
    across, down = (_number(xmp, area.get(name)) for name in (b"x", b"y"))
    if across is None or down is None:
        return
    if orientation in TRANSPOSED:
        across, down = down, across
        _swap(xmp, area.get(b"w"), area.get(b"h"), edits)
    across = 1 - across if orientation in FLIPPED_ACROSS else across
    down = 1 - down if orientation in FLIPPED_DOWN else down
    for name, number in ((b"x", across), (b"y", down)):
        edits[area[name][1:]] = _text(number)


def _turn_size(xmp: bytes, size: dict[bytes, _Value], orientation: int, edits: _Edits) -> None:
    if orientation in TRANSPOSED:
        _swap(xmp, size.get(b"w"), size.get(b"h"), edits)


def _swap(xmp: bytes, one: _Value | None, other: _Value | None, edits: _Edits) -> None:
    if one is not None and other is not None:
        edits[one[1:]], edits[other[1:]] = xmp[slice(*other[1:])], xmp[slice(*one[1:])]


def _turn_rectangle(xmp: bytes, value: _Value, orientation: int, edits: _Edits) -> None:
    """Turn a rectangle of Microsoft: left, top, width, height."""
    parts = xmp[value.start : value.end].split(b",", 4)
    numbers = [parsed(part) for part in parts]
    if len(numbers) != 4 or None in numbers:
        return
    left, top, width, height = (number or Decimal(0) for number in numbers)
    if orientation in TRANSPOSED:
        left, top, width, height = top, left, height, width
    left = 1 - left - width if orientation in FLIPPED_ACROSS else left
    top = 1 - top - height if orientation in FLIPPED_DOWN else top
    edits[value[1:]] = b", ".join(map(_text, (left, top, width, height)))


def _number(xmp: bytes, value: _Value | None) -> Decimal | None:
    return None if value is None else parsed(xmp[value.start : value.end])


def parsed(text: bytes) -> Decimal | None:
    """Return a number; a long exponent could claim more digits than memory holds. None if it is none."""
    whole = len(text) < 64 and _NUMBER.fullmatch(text)
    return Decimal(text.decode().strip()) if whole and any(map(str.isdigit, text.decode())) else None


def _text(number: Decimal) -> bytes:
    return f"{number:f}".encode()


def _edited(xmp: bytes, edits: _Edits) -> bytes:
    pieces, at = [], 0
    for (start, end), text in sorted(edits.items()):
        pieces += [xmp[at:start], text]
        at = end
    return b"".join([*pieces, xmp[at:]])
