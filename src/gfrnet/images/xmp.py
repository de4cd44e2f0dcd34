"""Keep the XMP that may travel to a file with other samples."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gfrnet.images.markup import Tag, as_utf8, attributes, tags, usual_name, usual_prefixes
from gfrnet.images.regions import turned

MOST_BYTES = 2**21
"""Longest XMP that is read. A JPEG holds 64 kB of it, or a few hundred in pieces."""

_OF_THE_SAMPLES = {
    b"tiff:Orientation",
    b"tiff:ImageWidth",
    b"tiff:ImageLength",
    b"exif:PixelXDimension",
    b"exif:PixelYDimension",
}
_OF_FILMS = {b"GCamera:Motion" + end for end in (b"Photo", b"PhotoVersion", b"PhotoPresentationTimestampUs")}
_OF_FILMS |= {b"GCamera:MicroVideo" + end for end in (b"", b"Version", b"Offset", b"PresentationTimestampUs")}
_DROPPED = _OF_THE_SAMPLES | _OF_FILMS | {b"xmpNote:HasExtendedXMP"}
_DROPPED_PREFIXES = (b"Container:", b"Item:", b"hdrgm:", b"HDRGainMap:")
"""Namespaces that only say where in the file a film or a gain map lies, and what it is for."""

GAIN_MAP = "Its gain map, which brightens it on HDR screens, is left out."
FILM = "Its film (motion photo) is left out."
_MORE_XMP = "A part of its XMP that lies outside the main block is left out."
DAMAGED = "Its XMP is damaged or too long, and is left out."
_HAS_FILM = re.compile(rb""":(?:MotionPhoto|MicroVideo)\s*+(?:=\s*+["']|>\s*+)1""")
"""Says that there is a film; a 0 in the place of the 1 says that there is none."""

_SIGNS = (
    (b"ns.adobe.com/hdr-gain-map/", GAIN_MAP),
    (b"ns.apple.com/HDRGainMap/", GAIN_MAP),
    (b"HasExtendedXMP", _MORE_XMP),
)


def portable(xmp: object, orientation: int = 1, size: tuple[int, int] | None = None) -> bytes | None:
    """Return XMP for upright pixels of any size, in a file that holds one picture and nothing else.

    Orientation and size are dropped. So is what speaks of a gain map, a film or more XMP in the same file.
    Regions of faces are turned with the pixels.

    Args:
        xmp: As Pillow gives it; anything but bytes is no XMP.
        orientation: The EXIF tag of the pixels as they were stored, 1..8.
        size: Width and height of the upright picture, where they are known.

    Returns:
        The XMP; None where there is none, or where it is no markup.
    """
    if not isinstance(xmp, bytes) or len(xmp) > MOST_BYTES:
        return None
    try:
        return turned(b"".join(_kept(as_utf8(xmp))), orientation, size).rstrip(b"\0") or None
    except ValueError:
        return None


def remarks(xmp: object) -> tuple[str, ...]:
    """Return a sentence for every part that XMP speaks of and that is lost."""
    if not isinstance(xmp, bytes):
        return ()
    found = [sentence for sign, sentence in _SIGNS if sign in xmp]
    films = (FILM,) if _HAS_FILM.search(xmp) else ()
    return tuple(dict.fromkeys([*found, *films]))


def _kept(xmp: bytes) -> Iterator[bytes]:
    """Yield the pieces of XMP that stay.

    Raises:
        ValueError: The bytes are no markup.
    """
    prefixes = usual_prefixes(xmp)
    at, dropped, depth = 0, b"", 0
    for tag in tags(xmp):
        if depth:
            depth += 0 if tag.name != dropped or tag.empty else -1 if tag.closing else 1
            at = tag.end
        elif _is_dropped(tag.name, prefixes):
            yield xmp[at : tag.start]
            at, dropped, depth = tag.end, tag.name, int(not tag.empty and not tag.closing)
        else:
            yield xmp[at : tag.start]
            yield from _tag(xmp, tag, prefixes)
            at = tag.end
    if depth:
        raise ValueError("an element without an end")
    yield xmp[at:]


def _tag(xmp: bytes, tag: Tag, prefixes: dict[bytes, bytes]) -> Iterator[bytes]:
    """Yield a tag without the attributes that are dropped."""
    at = tag.start
    for attribute in attributes(xmp, tag):
        if _is_dropped(attribute.name, prefixes):
            yield xmp[at : attribute.start]
            at = attribute.end
    yield xmp[at : tag.end]


def _is_dropped(name: bytes, prefixes: dict[bytes, bytes]) -> bool:
    usual = usual_name(name, prefixes)
    return usual in _DROPPED or usual.startswith(_DROPPED_PREFIXES)
