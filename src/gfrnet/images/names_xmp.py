"""Put names and the places of faces into XMP, and change nothing else in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from gfrnet.images.edits import Edits
from gfrnet.images.elements import Element, text_of, tree
from gfrnet.images.face_lists import MARKED_AREA, MARKED_NAME, FaceList, mwg_lists
from gfrnet.images.frame import Frame, Shares
from gfrnet.images.people_regions import SAME_FACE, PersonRegion, common_shares, placed_faces
from gfrnet.printable import as_name
from gfrnet.types import Box

EMPTY = (
    '<?xpacket begin="\N{ZERO WIDTH NO-BREAK SPACE}" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="gfrnet">\n'
    ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    " </rdf:RDF>\n</x:xmpmeta>\n"
    '<?xpacket end="w"?>\n'
).encode()
"""XMP that states nothing."""

_MWG = ' xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"'
_AREA = ' xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"'
_SIZE = ' xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"'
_OURS = ' xmlns:gfrnet="urn:gfrnet:names:1/"'

_LISTS = (
    (b"dc:subject", b"gfrnet:AddedSubjects", ' xmlns:dc="http://purl.org/dc/elements/1.1/"'),
    (
        b"Iptc4xmpExt:PersonInImage",
        b"gfrnet:AddedPersons",
        ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"',
    ),
)
"""Lists of names, the list in which gfrnet notes which of them it added, and the namespace."""


class UnfitRegionsError(ValueError):
    """Report that regions of other programs belong to a picture of another shape."""


@dataclass(frozen=True)
class Named:
    """Hold XMP with names.

    Attributes:
        xmp: The XMP, as UTF-8.
        written: Faces that gfrnet wrote into it.
        known: Faces that another program or a person had named so already.
        contradicted: Faces that another program or a person named otherwise. Theirs stay, and these are left
            out.
    """

    xmp: bytes
    written: tuple[PersonRegion, ...]
    known: tuple[PersonRegion, ...]
    contradicted: tuple[PersonRegion, ...]


def with_names(xmp: bytes, people: Iterable[PersonRegion], frame: Frame) -> Named:
    """Return XMP that states who is where in a photo, in the place of what gfrnet wrote there before.

    Regions that gfrnet writes carry its mark. All others stay byte for byte, and so does everything else.

    Args:
        xmp: The XMP, as UTF-8.
        people: The faces, with boxes in the upright photo. Those without a name are left out.
        frame: Size and turn of the photo.

    Raises:
        UnfitRegionsError: It holds regions of a picture of another shape.
        ValueError: It is damaged, or no XMP.
    """
    root = tree(xmp)
    rdf = next(root.outermost(b"rdf:RDF"), None)
    if rdf is None:
        raise ValueError("no XMP")
    written, known, contradicted = _sorted_out(xmp, root, people, frame)
    edits, prefix = Edits(xmp), rdf.written.rpartition(b":")[0].decode()
    fresh = _put_regions(edits, list(mwg_lists(xmp, root)), written, frame, prefix)
    names = list(dict.fromkeys(person.name for person in (*written, *known)))
    for listed, noted, namespace in _LISTS:
        fresh += _put_names(edits, rdf, names, (listed, noted), (namespace, prefix))
    if fresh:
        _put_block(edits, rdf, "".join(fresh), prefix)
    return Named(edits.made(), tuple(written), tuple(known), tuple(contradicted))


def _put_block(edits: Edits, rdf: Element, content: str, prefix: str) -> None:
    """Put properties into a description that holds nothing; else into a new one."""
    about = _about(edits.xmp, rdf)
    block = f'<{prefix}:Description {prefix}:about="{about}">\n{content} </{prefix}:Description>'
    for each in rdf.children:
        if each.name == b"rdf:Description" and not each.children and set(each.values) <= {b"rdf:about"}:
            edits.replace(each, block.encode())
            return
    edits.put_last(rdf, [f"{block}\n ".encode()])


def _sorted_out(
    xmp: bytes, root: Element, people: Iterable[PersonRegion], frame: Frame
) -> tuple[list[PersonRegion], list[PersonRegion], list[PersonRegion]]:
    """Return the faces to write, those that others named so already, and those that they named otherwise."""
    faces = [(face, box) for face, box in placed_faces(xmp, root, frame) if not face.ours and face.name]
    named = [(face, box) for face, box in faces if box is not None]
    boxes = np.array([box.as_tuple() for _, box in named]).reshape(-1, 4)
    written: list[PersonRegion] = []
    known: list[PersonRegion] = []
    contradicted: list[PersonRegion] = []
    for person in people:
        name = as_name(person.name)
        shared = common_shares(np.array(person.box.as_tuple()), boxes)
        same = [named[at][0] for at in np.flatnonzero(shared >= SAME_FACE)]
        if name and _overlaps(person.box, frame):
            alike = [face for face in same if face.name.casefold() == name.casefold()]
            # Not every program reads the lists of Microsoft.
            elsewhere = all(face.microsoft for face in alike)
            place = contradicted if same and not alike else written if elsewhere else known
            place.append(PersonRegion(person.box, name, ours=True))
    return written, known, contradicted


def _overlaps(box: Box, frame: Frame) -> bool:
    return box.left < frame.width and box.top < frame.height and box.right > 0 and box.bottom > 0


def _put_regions(
    edits: Edits, lists: Sequence[FaceList], people: Sequence[PersonRegion], frame: Frame, prefix: str
) -> list[str]:
    """Put regions into the first list that holds others; else return a list of them, as text."""
    shared = [each for each in lists if len(each.ours) < len(each.items)]
    waiting = bool(people)
    for each in lists:
        if each not in shared:
            text = _list(people, frame, prefix).strip() if waiting and not shared else ""
            _swap(edits, each.element, text)
            waiting = waiting and not text
            continue
        for item in each.ours:
            edits.drop(item)
    if not waiting:
        return []
    if not shared:
        return [_list(people, frame, prefix)]
    turn = frame.orientation_of(shared[0].size)
    if turn is None:
        raise UnfitRegionsError("regions of a picture of another shape")
    if shared[0].bag is not None:
        items = (_item(each, frame.shares(each.box, turn), prefix, _MWG + _AREA + _OURS) for each in people)
        edits.put_first(shared[0].bag, [("\n     " + item.strip()).encode() for item in items])
    return []


def _swap(edits: Edits, element: Element, text: str) -> None:
    if text:
        edits.replace(element, text.encode())
    else:
        edits.drop(element)


def _list(people: Sequence[PersonRegion], frame: Frame, prefix: str) -> str:
    """Return a list of regions, as text."""
    width, height = frame.stored_size
    items = "".join(_item(each, frame.shares(each.box, frame.orientation), prefix) for each in people)
    return (
        f'  <mwg-rs:Regions{_MWG}{_AREA}{_SIZE}{_OURS} {prefix}:parseType="Resource">\n'
        f'   <mwg-rs:AppliedToDimensions stDim:w="{width}" stDim:h="{height}" stDim:unit="pixel"/>\n'
        f"   <mwg-rs:RegionList>\n    <{prefix}:Bag>\n{items}    </{prefix}:Bag>\n   </mwg-rs:RegionList>\n"
        "  </mwg-rs:Regions>\n"
    )


def _item(person: PersonRegion, shares: Shares, prefix: str, namespaces: str = "") -> str:
    """Return a region, as text: the centre and the size of its area."""
    left, top, right, bottom = shares
    numbers = ((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)
    texts = [f"{number:.6f}" for number in numbers]
    area = " ".join(f'stArea:{name}="{text}"' for name, text in zip("xywh", texts, strict=True))
    name = escape(person.name)
    mark = f'{MARKED_NAME.decode()}="{name}" {MARKED_AREA.decode()}="{" ".join(texts)}"'
    return (
        f"     <{prefix}:li{namespaces}>\n"
        f'      <{prefix}:Description mwg-rs:Name="{name}" mwg-rs:Type="Face">\n'
        f'       <mwg-rs:Area {area} stArea:unit="normalized"/>\n'
        f"       <mwg-rs:Extensions {mark}/>\n"
        f"      </{prefix}:Description>\n     </{prefix}:li>\n"
    )


def _put_names(
    edits: Edits, rdf: Element, names: Sequence[str], lists: tuple[bytes, bytes], spelled: tuple[str, str]
) -> list[str]:
    """Put names into a list, and take out those that gfrnet had put there before and that are gone.

    Args:
        edits: Where to put the changes.
        rdf: The element that holds all.
        names: The names.
        lists: Names of the list, and of the one in which gfrnet notes what it added.
        spelled: Namespace of the list, and the prefix of RDF.

    Returns:
        Lists that are missing, as text.
    """
    namespace, prefix = spelled
    listed, noted = (_property(rdf, name) for name in lists)
    present, added = _items(edits.xmp, listed), {text for _, text in _items(edits.xmp, noted)}
    texts = [text for _, text in present]
    bag = _array(listed)
    if listed is not None and bag is None:
        return []
    gone = [item for item, text in present if text in added and text not in names]
    missing = [name for name in names if name not in texts]
    noting = [name for name in names if name in added or name not in texts]
    fresh = []
    if bag is None:
        fresh += [_names(lists[0], missing, namespace, prefix)] if missing else []
    elif len(gone) == len(present) and listed is not None:
        _swap(edits, listed, _names(lists[0], missing, namespace, prefix).strip() if missing else "")
    else:
        for item in gone:
            edits.drop(item)
        own = bag.written.rpartition(b":")[0].decode()
        edits.put_last(bag, [f"<{own}:li>{escape(name)}</{own}:li>".encode() for name in missing])
    note = _names(lists[1], noting, _OURS, prefix) if noting else ""
    if noted is not None:
        _swap(edits, noted, note.strip())
        return fresh
    return [*fresh, note] if note else fresh


def _names(name: bytes, names: Sequence[str], namespace: str, prefix: str) -> str:
    """Return a list of names, as text."""
    tag = name.decode()
    items = "".join(f"    <{prefix}:li>{escape(each)}</{prefix}:li>\n" for each in names)
    return f"  <{tag}{namespace}>\n   <{prefix}:Bag>\n{items}   </{prefix}:Bag>\n  </{tag}>\n"


def _property(rdf: Element, name: bytes) -> Element | None:
    """Return a property of the photo."""
    return next((found for block in rdf.children if (found := block.child(name))), None)


def _array(element: Element | None) -> Element | None:
    arrays = (b"rdf:Bag", b"rdf:Seq", b"rdf:Alt")
    return next((each for each in (element.children if element else ()) if each.name in arrays), None)


def _items(xmp: bytes, element: Element | None) -> list[tuple[Element, str]]:
    """Return the items of a list of names, each with its text."""
    array = _array(element)
    items = (each for each in (array.children if array else ()) if each.name == b"rdf:li")
    return [(each, as_name(text_of(xmp, each.inside))) for each in items]


def _about(xmp: bytes, rdf: Element) -> str:
    """Return what the descriptions of a file say that they are about, which must be the same for all."""
    places = [each.values[b"rdf:about"] for each in rdf.children if b"rdf:about" in each.values]
    return escape(text_of(xmp, places[0])) if places else ""
