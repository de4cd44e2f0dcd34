from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gfrnet.images import Frame, Photo, Sidecar, people_beside, people_in, taken
from gfrnet.images.elements import tree
from gfrnet.printable import as_name
from xmps import Region, as_digikam, as_microsoft, document

OMA: Region = ("Oma", 0.35, 0.625, 0.3, 0.25)
FRAME = Frame(60, 40)


def found(xmp: bytes | str) -> tuple[list[str], tuple[str, ...]]:
    """Return the names, and the remarks, of a sidecar."""
    data = xmp.encode() if isinstance(xmp, str) else xmp
    people = people_beside([Sidecar(Path("p.jpg.xmp"), data)], FRAME)
    return [region.name for region in people.regions], people.remarks


def named(written: str) -> str:
    """Return the name that is read of a name as it is written in XMP."""
    return found(document(as_digikam([OMA], None).replace("Oma", written)))[0][0]


def test_entities_of_xml_are_replaced_once_and_no_others() -> None:
    assert named("&lt;Tom &amp; Jerry&gt; &quot;&apos;") == "<Tom & Jerry> \"'"
    assert named("&amp;lt;&#65;&#x42;&#x1F600;") == "&lt;AB\U0001f600"
    assert named("&lol; & &#xD800;&#1114112;&#0;") == "&lol; & " + "\N{REPLACEMENT CHARACTER}" * 3
    cdata = document(
        as_digikam([("", *OMA[1:])], None)
        .replace(' mwg-rs:Name=""', "")
        .replace("<mwg-rs:Area", "<mwg-rs:Name>A<!-- x --><![CDATA[<&amp;>]]>&lt;</mwg-rs:Name><mwg-rs:Area")
    )
    assert found(cdata)[0] == ["A<&amp;><"]


def test_a_billion_laughs_is_a_name_of_five_characters() -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    xmp = f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    start = process_time()
    names, _ = found(xmp + document(as_digikam([OMA], None).replace("Oma", "&l9;&f;")))
    assert names == ["&l9;&f;"]
    assert process_time() - start < 1


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("A\nB\t C&#10;D", "A B C D"),
        ("\u202eamO\u2066\u200f", "amO"),
        ("\x1b[31mred\x07", "[31mred"),
        ("Ju\u0308rgen", "J\u00fcrgen"),
        ("\ufffe\uffffO", "O"),
        ("x" * 100_000, "x" * 200),
        ("\u05d3\u05d5\u05d3 \u738b", "\u05d3\u05d5\u05d3 \u738b"),
    ],
)
def test_names_are_one_line_without_signs_that_cannot_be_seen(written: str, read: str) -> None:
    assert named(written) == read
    assert as_name(read) == read


@pytest.mark.parametrize(
    "number", ["nan", "inf", "-0.3", "0", "1e999999999", "9" * 400, "", ".", "0,5", "0x1", "\u0663", "1e99"]
)
@pytest.mark.parametrize("place", range(4))
def test_numbers_that_make_no_sense_make_no_face(number: str, place: int) -> None:
    mwg = as_digikam([OMA], None).replace(f'"{OMA[1 + place]}"', f'"{number}"')
    microsoft = as_microsoft([OMA])
    parts = microsoft.split('Rectangle="')[1].split('"')[0].split(", ")
    microsoft = microsoft.replace(", ".join(parts), ", ".join([*parts[:place], number, *parts[place + 1 :]]))
    # A left edge at 0, or before it, is that of a face at the edge.
    at_the_edge = place < 2 and number in ("0", "-0.3")
    assert found(document(mwg)) == (["Oma"] if at_the_edge and number == "0" else [], ())
    assert found(document(microsoft)) == (["Oma"] if at_the_edge and number == "0" else [], ())


def test_an_exponent_is_a_number() -> None:
    assert found(document(as_microsoft([OMA]).replace("0.200000000", "2.0e-01")))[0] == ["Oma"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda xmp: xmp[: len(xmp) // 2],
        lambda xmp: xmp.replace("</rdf:Bag>", "</rdf:Bog>"),
        lambda xmp: xmp.replace("</rdf:li>", ""),
        lambda xmp: xmp.replace("<rdf:Bag>", "<rdf:Bag></rdf:Bag></rdf:RDF>"),
        lambda xmp: xmp.replace("stArea:x=", "stArea:x"),
        lambda xmp: xmp.replace("<rdf:Bag>", "<a>" * 200 + "<rdf:Bag>"),
        lambda xmp: xmp.replace("<rdf:Bag>", "<!-- "),
        lambda xmp: "</a>" + xmp,
    ],
)
def test_damaged_xmp_gives_no_face_and_a_word(damage: Callable[[str], str]) -> None:
    xmp = damage(document(as_digikam([OMA], None), 'xmp:CreateDate="2019-05-24"'))
    assert found(xmp) == ([], ("p.jpg.xmp holds damaged XMP. Its names are left out.",))
    photo = Photo(np.zeros((40, 60, 3), np.uint8), xmp=xmp.encode())
    assert people_in(photo).remarks == ("The photo holds damaged XMP. Its names are left out.",)
    assert taken(photo) is None


def test_of_too_many_elements_no_face_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    xmp = document(as_digikam([OMA], None) + "<a/>" * 100)
    assert found(xmp)[0] == ["Oma"]
    monkeypatch.setattr("gfrnet.images.elements._MOST_ELEMENTS", 100)
    assert found(xmp) == ([], ("p.jpg.xmp holds damaged XMP. Its names are left out.",))


def test_of_very_many_faces_the_first_are_read() -> None:
    rng = np.random.default_rng(0)
    places = rng.uniform(0.1, 0.9, (3_000, 2)).round(4)
    many = document(as_digikam([(f"P{n}", x, y, 0.001, 0.001) for n, (x, y) in enumerate(places)], None))
    start = process_time()
    names, remarks = found(many)
    assert process_time() - start < 2
    assert len(names) == 1000
    assert "more than 1000 faces" in remarks[0]


@pytest.mark.parametrize(
    "xmp",
    [
        "stArea:" + "<mwg-rs:Regions>" * 99 + "</mwg-rs:Regions>" * 99,
        "stArea:<a " + "b='' " * 200_000 + "/>",
        "stArea:" + "<" * 500_000,
        "stArea:" + "&" * 1_000_000,
        document(as_digikam([OMA], None).replace("Oma", "&#" * 400_000)),
        document(as_digikam([OMA], None).replace("Oma", "&#x1" * 400_000)),
        document(
            "<mwg-rs:Regions><mwg-rs:RegionList><rdf:Bag><rdf:li><mwg-rs:Name><![CDATA["
            + "<!--" * 300_000
            + "]]></mwg-rs:Name></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions>stArea:"
        ),
        "stArea:" + "<rdf:Description>" * 90 + "</rdf:Description>" * 90,
        "MPReg:" + " " * 2_000_000,
    ],
)
def test_reading_takes_linear_time(xmp: str) -> None:
    start = process_time()
    found(xmp)
    assert process_time() - start < 3


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_of_a_byte_raises(data: st.DataObject) -> None:
    xmp = bytearray(
        document(as_digikam([OMA], (60, 40)) + as_microsoft([OMA]), 'xmp:CreateDate="2019"').encode()
    )
    for _ in range(data.draw(st.integers(1, 8))):
        xmp[data.draw(st.integers(0, len(xmp) - 1))] = data.draw(
            st.sampled_from(list(b"<>/\"'&= \0:a0-.\xff\n"))
        )
    names, _ = found(bytes(xmp))
    assert len(names) <= 2
    taken(Photo(np.zeros((40, 60, 3), np.uint8), xmp=bytes(xmp)))


def test_an_element_knows_its_place() -> None:
    xmp = b"<a><b c='d'>e</b><f/></a>"
    (a,) = tree(xmp).children
    b, f = a.children
    assert [xmp[each.start : each.end] for each in (a, b, f)] == [xmp, b"<b c='d'>e</b>", b"<f/>"]
    assert (xmp[slice(*b.inside)], xmp[slice(*b.values[b"c"])], f.inside) == (b"e", b"d", (f.end, f.end))
