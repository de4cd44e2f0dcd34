"""Read XMP as a tree of elements, each with its place in the bytes.

Entities that a document declares are never expanded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from gfrnet.images.markup import Tag, attributes, tags, usual_name, usual_prefixes

_MOST_DEPTH = 100
_MOST_ELEMENTS = 100_000
"""Most elements of a file. With 30 faces and a long history of edits there are some 2,000."""

_LONGEST_TEXT = 4096
"""Most bytes of a text that are read, so that no search in it takes long. Names and dates are shorter."""

_NOT_TEXT = re.compile(rb"<!--.*?-->|<\?.*?\?>", re.DOTALL)
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ENTITY = re.compile(r"&(?:#([0-9]{1,7})|#x([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(slots=True)
class Element:
    """Hold an element of XMP.

    Attributes:
        name: Name with the usual prefix of its namespace.
        written: Name as it is written.
        start: Where it starts.
        inside: Where its content starts and ends; both its end for an element without content.
        end: Where it ends.
        values: Where the values of its attributes start and end, by their usual names.
        children: Elements in it.
    """

    name: bytes
    written: bytes
    start: int
    inside: tuple[int, int]
    end: int
    values: dict[bytes, tuple[int, int]]
    children: list[Element] = field(default_factory=list)

    def outermost(self, name: bytes) -> Iterator[Element]:
        """Yield the elements of a name in this one, in their order, but none that lies in another."""
        waiting = self.children[::-1]
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            else:
                waiting.extend(reversed(element.children))

    def child(self, name: bytes) -> Element | None:
        """Return the first child of a name."""
        return next((child for child in self.children if child.name == name), None)


def tree(xmp: bytes) -> Element:
    """Return XMP as one element without a name, which holds all others.

    Raises:
        ValueError: The bytes are no markup, or an element has no end, or there are too many of them.
    """
    prefixes = usual_prefixes(xmp)
    root = Element(b"", b"", 0, (0, len(xmp)), len(xmp), {})
    opened, count = [root], 0
    for tag in tags(xmp):
        if tag.closing:
            _close(opened, tag)
            continue
        count += 1
        if count > _MOST_ELEMENTS or len(opened) > _MOST_DEPTH:
            raise ValueError("too many elements")
        stated = attributes(xmp, tag) if tag.inside[0] < tag.inside[1] else ()
        values = {usual_name(each.name, prefixes): each.value for each in stated}
        name = usual_name(tag.name, prefixes)
        element = Element(name, tag.name, tag.start, (tag.end, tag.end), tag.end, values)
        opened[-1].children.append(element)
        if not tag.empty:
            opened.append(element)
    if len(opened) > 1:
        raise ValueError("an element without an end")
    return root


def _close(opened: list[Element], tag: Tag) -> None:
    element = opened.pop()
    if element.written != tag.name or not opened:
        raise ValueError("an end without an element")
    element.inside, element.end = (element.inside[1], tag.start), tag.end


def text_of(xmp: bytes, place: tuple[int, int]) -> str:
    """Return the text of an element without children, or the value of an attribute.

    Comments are left out. Entities that XML itself names and numbers of characters are replaced, once.
    """
    raw = xmp[place[0] : min(place[1], place[0] + _LONGEST_TEXT)]
    if b"<" in raw:
        raw = _NOT_TEXT.sub(b"", raw)
        raw = _CDATA.sub(lambda found: found[1].replace(b"&", b"&amp;"), raw)
    text = raw.decode("utf-8", "replace")
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(entity: re.Match[str]) -> str:
    if entity[3]:
        return _NAMED[entity[3]]
    code = int(entity[1]) if entity[1] else int(entity[2], 16)
    valid = 0 < code < 0xD800 or 0xDFFF < code < 0x110000
    return chr(code) if valid else _REPLACEMENT


def fields(xmp: bytes, element: Element) -> dict[bytes, tuple[int, int]]:
    """Return the properties of a resource, be they attributes or elements, by their usual names.

    A description in the resource counts as the resource itself. Of a name that comes twice the first counts.

    Returns:
        Name -> where the value starts and ends; of a property that holds elements, the place of all of them.
    """
    found = dict(element.values)
    for child in element.children:
        if child.name == b"rdf:Description":
            for name, place in fields(xmp, child).items():
                found.setdefault(name, place)
        else:
            found.setdefault(child.name, child.inside)
    return found


def resource_child(element: Element, name: bytes) -> Element | None:
    """Return a property of a resource as an element, also where it stands in a description."""
    for child in element.children:
        if child.name == name:
            return child
        if child.name == b"rdf:Description" and (found := child.child(name)):
            return found
    return None
