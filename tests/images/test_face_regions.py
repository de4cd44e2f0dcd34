from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from PIL import Image

from gfrnet.images import Photo, read, write
from gfrnet.images.convert import oriented
from gfrnet.images.xmp import FILM, GAIN_MAP, portable, remarks

SIZE = (40, 60)
"""Height and width of the stored picture."""

AS_ELEMENTS = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
 xmlns:mwg-rs="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:stArea="http://ns.adobe.com/xmp/sType/Area#"
 xmlns:stDim="http://ns.adobe.com/xap/1.0/sType/Dimensions#"><mwg-rs:Regions rdf:parseType="Resource">
<mwg-rs:AppliedToDimensions rdf:parseType="Resource"><stDim:h>40</stDim:h><stDim:unit>pixel</stDim:unit>
<stDim:w>60</stDim:w></mwg-rs:AppliedToDimensions><mwg-rs:RegionList><rdf:Bag>
<rdf:li><mwg-rs:Area rdf:parseType="Resource"><stArea:h>0.25</stArea:h><stArea:w>0.3</stArea:w>
<stArea:x>0.35</stArea:x><stArea:y>0.625</stArea:y></mwg-rs:Area><mwg-rs:Name>Oma</mwg-rs:Name></rdf:li>
</rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions><stDim:w>7</stDim:w><stDim:h>8</stDim:h>
</rdf:Description></rdf:RDF></x:xmpmeta>"""

AS_ATTRIBUTES = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
 xmlns:r="http://www.metadataworkinggroup.com/schemas/regions/"
 xmlns:a='http://ns.adobe.com/xmp/sType/Area#' xmlns:d="http://ns.adobe.com/xap/1.0/sType/Dimensions#">
<r:Regions><r:AppliedToDimensions d:w="60" d:h="40" d:unit="pixel"/><r:RegionList><rdf:Bag><rdf:li>
<r:Area a:x='0.35' a:y="0.625" a:w="0.3" a:h="0.25" a:unit="normalized"/></rdf:li></rdf:Bag></r:RegionList>
</r:Regions></rdf:Description></rdf:RDF></x:xmpmeta>"""

MICROSOFT = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description
 xmlns:MPReg="http://ns.microsoft.com/photo/1.2/t/Region#"><rdf:li
 MPReg:Rectangle="0.2, 0.5, 0.3, 0.25" MPReg:PersonDisplayName="Oma"/></rdf:Description></rdf:RDF>
</x:xmpmeta>"""


def marked() -> np.ndarray:
    """Make a dark picture whose region, 20 to 50 % across and 50 to 75 % down, is bright."""
    samples = np.full((*SIZE, 3), 20, np.uint8)
    samples[20:30, 12:30] = 250
    return samples


def values(xmp: bytes, *names: str) -> list[float]:
    """Return values of attributes or elements, whichever there are."""
    text = xmp.decode()
    found = []
    for name in names:
        sign = next(sign for sign in (f"<{name}>", f'{name}="', f"{name}='") if sign in text)
        end = {">": "<", '"': '"', "'": "'"}[sign[-1]]
        found.append(float(text.split(sign, 1)[1].split(end, 1)[0]))
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("xmp", "area", "size"), [(AS_ELEMENTS, "stArea", "stDim"), (AS_ATTRIBUTES, "a", "d")]
)
def test_a_face_region_of_mwg_lies_on_the_same_pixels_after_turning(
    xmp: str, area: str, size: str, orientation: int, tmp_path: Path
) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    Image.fromarray(marked()).save(tmp_path / "p.webp", lossless=True, exif=tags, xmp=xmp.encode())
    photo = read(tmp_path / "p.webp")
    assert photo.xmp is not None
    x, y, w, h = values(photo.xmp, *(f"{area}:{name}" for name in "xywh"))
    left, top = (x - w / 2) * photo.width, (y - h / 2) * photo.height
    across, down = w * photo.width, h * photo.height
    bright = np.argwhere(photo.pixels[..., 0] > 200)
    assert (top, left) == pytest.approx(tuple(bright.min(axis=0)))
    assert (top + down, left + across) == pytest.approx(tuple(bright.max(axis=0) + 1))
    assert values(photo.xmp, f"{size}:w", f"{size}:h") == [photo.width, photo.height]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_a_region_of_microsoft_is_turned(file_format: str, orientation: int, tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    if file_format == "TIFF":
        tags[700] = MICROSOFT.encode()
        Image.fromarray(marked()).save(tmp_path / "p", file_format, exif=tags)
    else:
        Image.fromarray(marked()).save(tmp_path / "p", file_format, exif=tags, xmp=MICROSOFT.encode())
    photo = read(tmp_path / "p")
    assert photo.xmp is not None
    rectangle = photo.xmp.decode().split('Rectangle="')[1].split('"')[0]
    left, top, across, down = (float(part) for part in rectangle.split(","))
    bright = np.argwhere(oriented(marked(), orientation)[..., 0] > 200)
    (first_row, first_column), (last_row, last_column) = bright.min(axis=0), bright.max(axis=0) + 1
    assert top * photo.height == pytest.approx(first_row)
    assert left * photo.width == pytest.approx(first_column)
    assert (top + down) * photo.height == pytest.approx(last_row)
    assert (left + across) * photo.width == pytest.approx(last_column)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".avif"])
def test_an_enlarged_photo_states_its_own_size_beside_its_regions(suffix: str, tmp_path: Path) -> None:
    photo = Photo(marked(), xmp=AS_ELEMENTS.encode()).enlarged(3)
    back = read(write(photo, tmp_path / f"p{suffix}")).xmp or b""
    assert b"<stDim:h>120</stDim:h>" in back
    assert b"<stDim:w>180</stDim:w>" in back
    assert b"<stDim:w>7</stDim:w><stDim:h>8</stDim:h>" in back
    assert values(back, "stArea:x", "stArea:w") == [0.35, 0.3]
    broken = b"<a stArea:x='1"
    write(Photo(marked(), xmp=broken), tmp_path / "q.png")
    assert broken in (tmp_path / "q.png").read_bytes()


def test_sizes_outside_the_regions_and_numbers_that_are_none_stay() -> None:
    turned = portable(AS_ELEMENTS.encode(), 6)
    assert turned is not None
    assert b"<stDim:w>7</stDim:w><stDim:h>8</stDim:h>" in turned
    for number in (b"1e999999999", b"nan", b"", b".", b"9" * 100, b"\xff"):
        xmp = b"<r stArea:x='" + number + b"' stArea:y='0.5' MPReg:Rectangle='" + number + b", 1, 1, 1'/>"
        assert portable(xmp, 6) == xmp


def test_a_circle_before_a_rectangle_keeps_its_own_numbers() -> None:
    circle = b"<a stArea:x='0.1' stArea:y='0.2' stArea:d='0.3'/>"
    other = b"<a stArea:x='0.4' stArea:y='0.5' stArea:w='1' stArea:h='2'/>"
    turned = circle.replace(b"0.1", b"0.9").replace(b"0.2", b"0.8") + other.replace(b"0.4", b"0.6")
    assert portable(circle + other, 3) == turned


ULTRA_HDR = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description rdf:about=""'
    b' xmlns:Container="http://ns.google.com/photos/1.0/container/"'
    b' xmlns:Item="http://ns.google.com/photos/1.0/container/item/"'
    b' xmlns:hdrgm="http://ns.adobe.com/hdr-gain-map/1.0/" hdrgm:Version="1.0" xmp:Rating="5">'
    b"<dc:subject>Oma</dc:subject><Container:Directory><rdf:Seq><rdf:li><Container:Item"
    b' Item:Semantic="GainMap"/></rdf:li></rdf:Seq></Container:Directory></rdf:Description></rdf:RDF>'
    b"</x:xmpmeta>"
)


def test_of_a_photo_with_a_gain_map_only_the_ordinary_xmp_stays_with_a_word(tmp_path: Path) -> None:
    Image.fromarray(marked()).save(tmp_path / "p.jpg", xmp=ULTRA_HDR)
    photo = read(tmp_path / "p.jpg")
    assert photo.xmp is not None
    assert b'xmp:Rating="5"><dc:subject>Oma</dc:subject></rdf:Description>' in photo.xmp
    assert not any(sign in photo.xmp for sign in (b"Directory", b"hdrgm:Version", b"Semantic"))
    assert photo.remarks == (GAIN_MAP,)
    again = read(write(photo, tmp_path / "again.jpg"))
    assert again.xmp == photo.xmp


def test_xmp_about_films_and_about_more_xmp_goes_with_a_word() -> None:
    film = b"<d GCamera:MotionPhoto='1' GCamera:MotionPhotoVersion='1' GCamera:BurstID='x' xmp:Rating='3'/>"
    assert portable(film) == b"<d GCamera:BurstID='x' xmp:Rating='3'/>"
    assert remarks(film) == (FILM,)
    other = b"<d xmlns:c='http://ns.google.com/photos/1.0/camera/' c:MicroVideo='1' xmp:Rating='3'/>"
    assert portable(other) == b"<d xmlns:c='http://ns.google.com/photos/1.0/camera/' xmp:Rating='3'/>"
    assert remarks(other) == (FILM,)
    assert remarks(b"<d><GCamera:MotionPhoto>1</GCamera:MotionPhoto></d>") == (FILM,)
    assert remarks(film.replace(b"='1'", b"='0'")) == ()
    more = b"<d xmpNote:HasExtendedXMP='ABC' xmp:Rating='3'/>"
    assert portable(more) == b"<d xmp:Rating='3'/>"
    assert "outside the main block" in remarks(more)[0]


@pytest.mark.parametrize(
    "xmp", [b"<a b='1", b"<a tiff:Orientation>", b"<tiff:Orientation>6", b"<!-- x", b"<a <b>>", b"<" * 9]
)
def test_xmp_that_is_no_markup_is_left_out_with_a_word(xmp: bytes, tmp_path: Path) -> None:
    assert portable(xmp) is None
    Image.fromarray(marked()).save(tmp_path / "p.jpg", xmp=xmp)
    assert "XMP is damaged" in read(tmp_path / "p.jpg").remarks[0]
    Image.fromarray(marked()).save(tmp_path / "p.jpg", xmp=b" " * 9)
    assert read(tmp_path / "p.jpg").remarks == ()


def test_comments_and_instructions_are_no_tags() -> None:
    xmp = b"<?xpacket begin='<'?><!-- <tiff:Orientation> --><![CDATA[<x]]><a t='>'/><?xpacket end='w'?>"
    assert portable(xmp, 6) == xmp
    assert remarks(None) == remarks(b"\0 ") == ()


@pytest.mark.parametrize(
    "xmp",
    [
        b"<a b='1'>" * 20_000,
        b"<a " + b"b" * 300_000,
        b"<a " + b"b" * 300_000 + b">",
        b"<a b='" * 40_000,
        b"<\"'" * 150_000,
        b"<a stArea:x='0.1'/>" * 12_000,
        b"<hdrgm:a>" * 20_000,
        b"<a" + b" tiff:Orientation='6'" * 12_000 + b">",
        b"<!--" * 100_000,
    ],
)
@pytest.mark.parametrize("orientation", [1, 6])
def test_turning_takes_linear_time(xmp: bytes, orientation: int) -> None:
    start = perf_counter()
    portable(xmp, orientation)
    remarks(xmp)
    assert perf_counter() - start < 4
