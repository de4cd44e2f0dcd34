"""Walk through the tags of XMP in linear time, whatever the bytes are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import NamedTuple

_TAG = re.compile(rb"""<(/?)([^\s<>"'/=]++)((?:[^"'<>]++|"[^"]*+"|'[^']*+')*+)>""")
"""A tag: its slash, its name, and the rest. No part gives characters back, so a match takes linear time."""

_ATTRIBUTE = re.compile(rb"""\s*+([^\s<>"'/=]++)\s*+=\s*+(?:"([^"]*+)"|'([^']*+)')""")
_END_OF_TAG = re.compile(rb"\s*+[/?]?+\s*+\Z")
_SKIPPED = ((b"<!--", b"-->"), (b"<![CDATA[", b"]]>"), (b"<?", b"?>"), (b"<!", b">"))

_CONVENTIONAL = {
    b"http://ns.adobe.com/tiff/1.0/": b"tiff",
    b"http://ns.adobe.com/exif/1.0/": b"exif",
    b"http://ns.adobe.com/xmp/note/": b"xmpNote",
    b"http://ns.adobe.com/hdr-gain-map/1.0/": b"hdrgm",
    b"http://ns.apple.com/HDRGainMap/1.0/": b"HDRGainMap",
    b"http://ns.google.com/photos/1.0/camera/": b"GCamera",
    b"http://ns.google.com/photos/1.0/container/": b"Container",
    b"http://ns.google.com/photos/1.0/container/item/": b"Item",
    b"http://www.metadataworkinggroup.com/schemas/regions/": b"mwg-rs",
    b"http://ns.adobe.com/xmp/sType/Area#": b"stArea",
    b"http://ns.adobe.com/xap/1.0/sType/Dimensions#": b"stDim",
    b"http://ns.microsoft.com/photo/1.2/t/Region#": b"MPReg",
    b"http://ns.microsoft.com/photo/1.2/t/RegionInfo#": b"MPRI",
    b"http://ns.microsoft.com/photo/1.2/": b"MP",
    b"http://www.w3.org/1999/02/22-rdf-syntax-ns#": b"rdf",
    b"http://purl.org/dc/elements/1.1/": b"dc",
    b"http://iptc.org/std/Iptc4xmpExt/2008-02-29/": b"Iptc4xmpExt",
    b"http://ns.adobe.com/photoshop/1.0/": b"photoshop",
    b"http://ns.adobe.com/xap/1.0/": b"xmp",
    b"urn:gfrnet:names:1/": b"gfrnet",
}
"""Namespaces that gfrnet knows, and their usual prefixes."""

_DECLARED = re.compile(
    rb"""xmlns:([^\s<>"'/=]{1,64}+)\s{0,64}+=\s{0,64}+["']("""
    + b"|".join(map(re.escape, _CONVENTIONAL))
    + rb""")["']"""
)


_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
"""First bytes of XMP whose characters have two or four bytes, and the codec."""


class Attribute(NamedTuple):
    """Hold an attribute of a tag.

    Attributes:
        name: Name as it is written.
        start: Where it starts, with the blanks before it.
        end: Where it ends.
        value: Where its value starts and ends, without quotes.
    """

    name: bytes
    start: int
    end: int
    value: tuple[int, int]


class Tag(NamedTuple):
    """Hold a tag.

    Attributes:
        name: Name as it is written.
        start: Where it starts.
        end: Where it ends.
        closing: Whether it closes an element.
        empty: Whether it opens and closes an element.
        inside: Where its attributes start and end.
    """

    name: bytes
    start: int
    end: int
    closing: bool
    empty: bool
    inside: tuple[int, int]


def wide_codec(xmp: bytes) -> str | None:
    """Return the codec of XMP whose characters have two or four bytes; None for any other."""
    return next((codec for sign, codec in _WIDE if xmp.startswith(sign)), None)


def as_utf8(xmp: bytes) -> bytes:
    """Return XMP of UTF-16 or UTF-32 as UTF-8; any other as it is.

    Raises:
        ValueError: The bytes are no text.
    """
    codec = wide_codec(xmp)
    return xmp.decode(codec).encode() if codec else xmp


def tags(xmp: bytes) -> Iterator[Tag]:
    """Yield the tags of XMP, without comments and instructions.

    Raises:
        ValueError: The bytes are no markup.
    """
    start = xmp.find(b"<")
    while start >= 0:
        end = _end_of_skipped(xmp, start)
        if end is None:
            found = _TAG.match(xmp, start)
            if found is None:
                raise ValueError("a tag without an end")
            end = found.end()
            empty = xmp.startswith(b"/", end - 2)
            yield Tag(found[2], start, end, bool(found[1]), empty, found.span(3))
        start = xmp.find(b"<", end)


def _end_of_skipped(xmp: bytes, start: int) -> int | None:
    """Return the end of a comment or an instruction; None for a tag."""
    for opening, closing in _SKIPPED:
        if xmp.startswith(opening, start):
            end = xmp.find(closing, start + len(opening))
            if end < 0:
                raise ValueError("a comment without an end")
            return end + len(closing)
    return None


def attributes(xmp: bytes, tag: Tag) -> Iterator[Attribute]:
    """Yield the attributes of a tag, in their order.

    Raises:
        ValueError: The bytes are no markup.
    """
    start, end = tag.inside
    while found := _ATTRIBUTE.match(xmp, start, end):
        value = found.span(2) if found[2] is not None else found.span(3)
        yield Attribute(found[1], found.start(), found.end(), value)
        start = found.end()
    if not _END_OF_TAG.match(xmp, start, end):
        raise ValueError("an attribute without a value")


def usual_prefixes(xmp: bytes) -> dict[bytes, bytes]:
    """Return the usual prefix for every prefix that XMP declares for a namespace that gfrnet knows."""
    return {prefix: _CONVENTIONAL[namespace] for prefix, namespace in _DECLARED.findall(xmp)}


def usual_name(name: bytes, prefixes: dict[bytes, bytes]) -> bytes:
    """Return a name with the usual prefix of its namespace."""
    prefix, colon, local = name.partition(b":")
    return prefixes.get(prefix, prefix) + colon + local
