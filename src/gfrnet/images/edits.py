"""Change XMP in place: every byte that is not changed stays as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from gfrnet.images.elements import Element

_BLANKS, _MOST_BLANKS = b" \t\r\n", 200


@dataclass
class Edits:
    """Gather changes of XMP, to be made all at once.

    Attributes:
        xmp: The XMP, as UTF-8.
    """

    xmp: bytes
    _made: list[tuple[int, int, bytes]] = field(default_factory=list)

    def replace(self, element: Element, text: bytes) -> None:
        """Put a text in the place of an element."""
        self._made.append((element.start, element.end, text))

    def drop(self, element: Element) -> None:
        """Leave out an element, with the blanks before it."""
        before = self.xmp[max(0, element.start - _MOST_BLANKS) : element.start]
        start = element.start - len(before) + len(before.rstrip(_BLANKS))
        self._made.append((start, element.end, b""))

    def put_first(self, element: Element, texts: Iterable[bytes]) -> None:
        """Put texts at the start of an element's content."""
        self._put(element, element.inside[0], b"".join(texts))

    def put_last(self, element: Element, texts: Iterable[bytes]) -> None:
        """Put texts at the end of an element's content."""
        self._put(element, element.inside[1], b"".join(texts))

    def _put(self, element: Element, place: int, text: bytes) -> None:
        if not text:
            return
        if self.xmp.endswith(b"/>", element.start, element.end):
            text = b">" + text + b"</" + element.written + b">"
            self._made.append((element.end - 2, element.end, text))
        else:
            self._made.append((place, place, text))

    def made(self) -> bytes:
        """Return the changed XMP."""
        pieces, at = [], 0
        for start, end, text in sorted(self._made, key=lambda each: each[:2]):
            pieces += [self.xmp[at:start], text]
            at = max(at, end)
        return b"".join([*pieces, self.xmp[at:]])
