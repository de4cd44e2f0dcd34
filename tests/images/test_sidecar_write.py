from __future__ import annotations

import os
import stat
from itertools import count
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gfrnet.errors import WriteError
from gfrnet.images import Frame, PersonRegion, WrittenSidecar, people_beside, read_sidecars, write_sidecar
from gfrnet.types import Box
from xmps import NAMESPACES, Region, as_digikam, as_microsoft, document

FRAME = Frame(400, 600)
ANNA = PersonRegion(Box(40, 60, 120, 180), 'Anna "Bo" & <Co>')
ARPAD = PersonRegion(Box(200, 300, 280, 420), "\u00c1rp\u00e1d \u05d3\u05d5\u05d3")
BEN: Region = ("Ben", 0.2, 0.2, 0.2, 0.2)
"""Ben is where Anna is."""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "p.jpg"
    path.write_bytes(b"a photo that nobody reads")
    return path


def sidecar_of(photo: Path) -> Path:
    return photo.with_name("p.jpg.xmp")


def people_of(photo: Path, frame: Frame = FRAME) -> list[tuple[str, bool]]:
    return [(region.name, region.ours) for region in people_beside(read_sidecars(photo), frame).regions]


def parsed(xmp: bytes) -> dict[str, object]:
    """Return names, areas, size and words of a sidecar by another parser."""
    root = ElementTree.fromstring(xmp.decode().lstrip("\ufeff"))
    qname = {prefix: f"{{{uri}}}" for prefix, uri in NAMESPACES.items()}
    items = root.findall(".//mwg-rs:RegionList/rdf:Bag/rdf:li/rdf:Description", NAMESPACES)
    areas = [item.find("mwg-rs:Area", NAMESPACES) for item in items]
    size = root.find(".//mwg-rs:AppliedToDimensions", NAMESPACES)
    return {
        "names": [item.get(qname["mwg-rs"] + "Name") for item in items],
        "areas": [
            [float(area.get(qname["stArea"] + key)) for key in "xywh"] for area in areas if area is not None
        ],
        "size": size is not None and [int(size.get(qname["stDim"] + key, 0)) for key in "wh"],
        "words": [item.text for item in root.findall(".//dc:subject/rdf:Bag/rdf:li", NAMESPACES)],
        "people": [
            item.text for item in root.findall(".//Iptc4xmpExt:PersonInImage/rdf:Bag/rdf:li", NAMESPACES)
        ],
    }


def test_another_parser_reads_what_is_written(photo: Path) -> None:
    result = write_sidecar(photo, [ANNA, ARPAD], FRAME)
    assert result == WrittenSidecar(sidecar_of(photo), True, result.written, (), ())
    names = [ANNA.name, ARPAD.name]
    assert parsed(sidecar_of(photo).read_bytes()) == {
        "names": names,
        "areas": [
            pytest.approx([0.2, 0.2, 0.2, 0.2], abs=1e-6),
            pytest.approx([0.6, 0.6, 0.2, 0.2], abs=1e-6),
        ],
        "size": [400, 600],
        "words": names,
        "people": names,
    }
    assert people_of(photo) == [(name, True) for name in names]
    assert photo.read_bytes() == b"a photo that nobody reads"
    assert sorted(each.name for each in photo.parent.iterdir()) == ["p.jpg", "p.jpg.xmp"]


def test_exiv2_which_digikam_and_others_read_with_reads_the_same(photo: Path) -> None:
    exiv2 = pytest.importorskip("exiv2")
    write_sidecar(photo, [ANNA, ARPAD], FRAME)
    for _ in range(2):
        file = exiv2.ImageFactory.open(str(sidecar_of(photo)))
        file.readMetadata()
        data = {each.key(): each.toString() for each in file.xmpData()}
        regions = "Xmp.mwg-rs.Regions/mwg-rs:"
        assert data[regions + "AppliedToDimensions/stDim:w"] == "400"
        assert data[regions + "RegionList[1]/mwg-rs:Name"] == ANNA.name
        assert data[regions + "RegionList[2]/mwg-rs:Type"] == "Face"
        assert float(data[regions + "RegionList[2]/mwg-rs:Area/stArea:y"]) == pytest.approx(0.6)
        assert data["Xmp.iptcExt.PersonInImage"] == f"{ANNA.name}, {ARPAD.name}"
        # It writes all anew, and the marks stay.
        file.writeMetadata()
        assert people_of(photo) == [(ANNA.name, True), (ARPAD.name, True)]
    assert write_sidecar(photo, [ARPAD], FRAME).changed
    assert parsed(sidecar_of(photo).read_bytes())["names"] == [ARPAD.name]
    assert parsed(sidecar_of(photo).read_bytes())["words"] == [ARPAD.name]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_boxes_come_back_however_the_photo_lies(orientation: int, photo: Path) -> None:
    frame = Frame(400, 600, orientation)
    write_sidecar(photo, [ANNA, ARPAD], frame)
    found = people_beside(read_sidecars(photo), frame).regions
    for region, person in zip(found, (ANNA, ARPAD), strict=True):
        assert region.box.as_tuple() == pytest.approx(person.box.as_tuple(), abs=0.01)
    stored = [400, 600] if orientation < 5 else [600, 400]
    assert parsed(sidecar_of(photo).read_bytes())["size"] == stored


def test_writing_the_same_again_changes_nothing(photo: Path) -> None:
    write_sidecar(photo, [ANNA, ARPAD], FRAME)
    before = sidecar_of(photo).read_bytes(), sidecar_of(photo).stat().st_mtime_ns
    assert not write_sidecar(photo, [ANNA, ARPAD], FRAME).changed
    assert (sidecar_of(photo).read_bytes(), sidecar_of(photo).stat().st_mtime_ns) == before


def test_a_name_that_is_taken_back_goes_and_may_return(photo: Path) -> None:
    write_sidecar(photo, [ANNA, ARPAD], FRAME)
    whole = sidecar_of(photo).read_bytes()
    write_sidecar(photo, [], FRAME)
    empty = sidecar_of(photo).read_bytes()
    assert parsed(empty) == {"names": [], "areas": [], "size": False, "words": [], "people": []}
    assert b"gfrnet:" not in empty
    write_sidecar(photo, [ANNA, ARPAD], FRAME)
    assert sidecar_of(photo).read_bytes() == whole
    write_sidecar(photo, [], FRAME)
    assert sidecar_of(photo).read_bytes() == empty


def test_without_a_name_no_sidecar_is_made(photo: Path) -> None:
    outside = PersonRegion(Box(500, 0, 600, 100), "Out")
    assert not write_sidecar(photo, [PersonRegion(ANNA.box, " \n"), outside], FRAME).changed
    assert not sidecar_of(photo).exists()


WORDS = "<dc:subject><rdf:Bag><rdf:li>garden</rdf:li><rdf:li>Ben</rdf:li></rdf:Bag></dc:subject>"


def test_everything_of_others_stays_byte_for_byte(photo: Path) -> None:
    pet = as_digikam([("Rex", 0.9, 0.9, 0.1, 0.1)], (400, 600), "Pet")
    theirs = document(pet + WORDS + "<!-- x --><xmp:Rating>5</xmp:Rating>", "digiKam:PickLabel='2'").encode()
    sidecar_of(photo).write_bytes(theirs)
    write_sidecar(photo, [ANNA, PersonRegion(ARPAD.box, "Ben")], FRAME)
    ours = sidecar_of(photo).read_bytes()
    assert parsed(ours)["names"] == [ANNA.name, "Ben", "Rex"]
    assert parsed(ours)["words"] == ["garden", "Ben", ANNA.name]
    at = 0
    for piece in (
        theirs.replace(b"<rdf:Bag>", b"<rdf:Bag>|").replace(b"</rdf:Bag>", b"|</rdf:Bag>").split(b"|")
    ):
        at = ours.index(piece.removesuffix(b' </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'), at)
    write_sidecar(photo, [], FRAME)
    left = sidecar_of(photo).read_bytes()
    empty = b'<rdf:Description rdf:about="">\n </rdf:Description>\n '
    assert left.replace(empty, b"") == theirs


def test_what_another_program_or_person_named_is_never_lost(photo: Path) -> None:
    sidecar_of(photo).write_text(document(as_digikam([BEN], (400, 600))))
    before = sidecar_of(photo).read_bytes()
    result = write_sidecar(photo, [ANNA], FRAME)
    assert ([each.name for each in result.contradicted], result.written) == ([ANNA.name], ())
    assert sidecar_of(photo).read_bytes() == before
    result = write_sidecar(photo, [PersonRegion(ANNA.box, "ben"), ARPAD], FRAME)
    assert [each.name for each in result.known] == ["ben"]
    assert people_of(photo) == [(ARPAD.name, True), ("Ben", False)]
    sidecar_of(photo).write_text(document(as_microsoft([BEN])))
    assert write_sidecar(photo, [ANNA], FRAME).contradicted
    # Not every program reads the lists of Microsoft.
    assert write_sidecar(photo, [PersonRegion(ANNA.box, "Ben")], FRAME).written


def test_a_region_of_ours_that_a_person_changed_is_theirs(photo: Path) -> None:
    write_sidecar(photo, [ARPAD, PersonRegion(ANNA.box, "Eva")], FRAME)
    text = sidecar_of(photo).read_text()
    sidecar_of(photo).write_text(text.replace('mwg-rs:Name="Eva"', 'mwg-rs:Name="Ida"'))
    result = write_sidecar(photo, [PersonRegion(ANNA.box, "Eva")], FRAME)
    assert [each.name for each in result.contradicted] == ["Eva"]
    assert people_of(photo) == [("Ida", False)]


def test_moved_by_a_person_it_is_theirs_and_written_shorter_it_is_ours(photo: Path) -> None:
    write_sidecar(photo, [ANNA], FRAME)
    text = sidecar_of(photo).read_text()
    sidecar_of(photo).write_text(text.replace('stArea:x="0.200000"', "stArea:x='0.2001'"))
    assert people_of(photo) == [(ANNA.name, True)]
    sidecar_of(photo).write_text(text.replace('stArea:x="0.200000"', 'stArea:x="0.21"'))
    assert people_of(photo) == [(ANNA.name, False)]


def test_regions_join_a_list_in_its_own_frame(photo: Path) -> None:
    lying = Frame(400, 600, 6)
    sidecar_of(photo).write_text(document(as_digikam([("Rex", 0.9, 0.9, 0.1, 0.1)], (200, 300))))
    write_sidecar(photo, [ANNA], lying)
    assert parsed(sidecar_of(photo).read_bytes())["areas"][0] == pytest.approx([0.2] * 4)  # type: ignore[index]
    boxes = [region.box.as_tuple() for region in people_beside(read_sidecars(photo), lying).regions]
    assert boxes[0] == pytest.approx(ANNA.box.as_tuple(), abs=0.01)
    sidecar_of(photo).write_text(document(as_digikam([BEN], (300, 300))))
    with pytest.raises(WriteError, match="picture of another shape"):
        write_sidecar(photo, [ANNA], lying)


@pytest.mark.parametrize(
    "empty",
    [
        "<mwg-rs:Regions/>",
        "<mwg-rs:Regions><mwg-rs:RegionList><rdf:Bag/></mwg-rs:RegionList></mwg-rs:Regions>",
    ],
)
def test_empty_lists_are_filled(empty: str, photo: Path) -> None:
    words = "<dc:subject><rdf:Bag/></dc:subject>"
    sidecar_of(photo).write_text(document(empty + words))
    write_sidecar(photo, [ANNA], FRAME)
    found = parsed(sidecar_of(photo).read_bytes())
    assert (found["names"], found["words"], found["size"]) == ([ANNA.name], [ANNA.name], [400, 600])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le"])
def test_a_wide_sidecar_stays_wide(codec: str, photo: Path) -> None:
    sidecar_of(photo).write_bytes(("\ufeff" + document(WORDS)).encode(codec))
    write_sidecar(photo, [ARPAD], FRAME)
    text = sidecar_of(photo).read_bytes().decode(codec)
    assert text.startswith("\ufeff<?xpacket")
    assert parsed(text.encode())["words"] == ["garden", "Ben", ARPAD.name]


@pytest.mark.parametrize(
    "damage", [b" ", b"<a", b"no xmp", b"<x:xmpmeta></x:xmpmeta>", b"<?xpacket", b"\xff\xfe<"]
)
def test_a_damaged_sidecar_is_left_alone(damage: bytes, photo: Path) -> None:
    sidecar_of(photo).write_bytes(damage)
    with pytest.raises(WriteError, match=r"p\.jpg\.xmp is damaged .*rename it"):
        write_sidecar(photo, [ANNA], FRAME)
    assert sidecar_of(photo).read_bytes() == damage


def test_an_empty_sidecar_is_filled(photo: Path) -> None:
    sidecar_of(photo).touch()
    write_sidecar(photo, [ANNA], FRAME)
    assert people_of(photo) == [(ANNA.name, True)]


def test_where_a_folder_is_gone_none_is_made(photo: Path) -> None:
    with pytest.raises(WriteError, match="no folder"):
        write_sidecar(photo.parent / "gone" / "p.jpg", [ANNA], FRAME)
    assert not (photo.parent / "gone").exists()
    sidecar_of(photo).mkdir()
    with pytest.raises(WriteError, match="cannot be read"):
        write_sidecar(photo, [ANNA], FRAME)


def test_the_sidecar_of_lightroom_is_used_unless_a_raw_file_has_the_name_too(photo: Path) -> None:
    short = photo.with_name("p.xmp")
    short.write_text(document(WORDS))
    assert write_sidecar(photo, [ANNA], FRAME).path == short
    photo.with_name("p.CR2").touch()
    before = short.read_bytes()
    assert write_sidecar(photo, [ANNA], FRAME).path == sidecar_of(photo)
    assert short.read_bytes() == before
    photo.with_name("p.CR2").unlink()
    assert write_sidecar(photo, [ARPAD], FRAME).path == sidecar_of(photo)


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such permissions and links")
def test_links_and_permissions_stay_and_the_photo_is_never_written(photo: Path) -> None:
    real = photo.with_name("real")
    real.write_text(document(WORDS))
    real.chmod(0o640)
    sidecar_of(photo).symlink_to(real)
    write_sidecar(photo, [ANNA], FRAME)
    assert sidecar_of(photo).is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert people_of(photo) == [(ANNA.name, True)]
    sidecar_of(photo).unlink()
    photo.write_text(document(WORDS))
    sidecar_of(photo).symlink_to(photo)
    with pytest.raises(WriteError, match="is an input"):
        write_sidecar(photo, [ANNA], FRAME)
    assert photo.read_text() == document(WORDS)


def test_what_another_program_writes_meanwhile_is_not_lost(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gfrnet.images import sidecar_write

    sidecar_of(photo).write_text(document(WORDS))
    content, calls = sidecar_write._content, count()

    def changed_by_another(path: Path) -> bytes | None:
        if next(calls) == 1:
            path.write_text(document(WORDS.replace("garden", "house")))
        return content(path)

    monkeypatch.setattr(sidecar_write, "_content", changed_by_another)
    write_sidecar(photo, [ANNA], FRAME)
    assert parsed(sidecar_of(photo).read_bytes())["words"] == ["house", "Ben", ANNA.name]


def test_a_sidecar_that_changes_all_the_time_is_an_error(
    photo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gfrnet.images import sidecar_write

    numbers = count()
    texts = (document(f"<xmp:Rating>{number}</xmp:Rating>").encode() for number in numbers)
    monkeypatch.setattr(sidecar_write, "_content", lambda path: next(texts))
    with pytest.raises(WriteError, match="another program"):
        write_sidecar(photo, [ANNA], FRAME)


def test_names_cannot_forge_xmp(photo: Path) -> None:
    evil = PersonRegion(ANNA.box, '"/></rdf:li><rdf:li>\x00\ud800]]>&#0;')
    write_sidecar(photo, [evil], FRAME)
    assert parsed(sidecar_of(photo).read_bytes())["names"] == ['"/></rdf:li><rdf:li>]]>&#0;']
    assert people_of(photo) == [('"/></rdf:li><rdf:li>]]>&#0;', True)]
