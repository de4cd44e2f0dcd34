from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gfrnet.images import Photo, Text, losses, read, write
from gfrnet.images import iptc as records
from gfrnet.images.chunks import chunk, plain, text_chunk, text_of
from gfrnet.images.png import encode_png
from gfrnet.images.tiff import encode_tiff
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]

IPTC = b"\x1c\x02\x78\x00\x03Oma\x1c\x02\x5a\x00\x06Berlin"
COLOURS = ((b"cICP", b"\x0c\x0d\0\x01"), (b"gAMA", struct.pack(">I", 55555)), (b"cHRM", bytes(range(32))))


def segment(marker: int, data: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data


def jpeg(*segments: bytes) -> bytes:
    file = BytesIO()
    Image.new("RGB", (30, 20), "red").save(file, "JPEG")
    return b"\xff\xd8" + b"".join(segments) + file.getvalue()[2:]


def app13(iptc: bytes) -> bytes:
    other = b"8BIM" + struct.pack(">H", 0x03F3) + b"\x03odd" + struct.pack(">I", 3) + b"xyz\0"
    own = b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)
    return segment(0xED, b"Photoshop 3.0\0" + other + own)


@pytest.mark.parametrize("iptc", [IPTC, IPTC + b"\0"])
def test_iptc_travels_from_jpeg_through_every_format_that_holds_it(iptc: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(jpeg(app13(iptc)))
    photo = read(tmp_path / "p.jpg")
    assert photo.iptc == iptc
    for suffix in (".jpg", ".png", ".tif"):
        assert losses(photo, tmp_path / f"q{suffix}") == ()
        photo = read(write(photo, tmp_path / f"q{suffix}"))
        assert photo.iptc == iptc
    with Image.open(tmp_path / "q.jpg") as image:
        assert image.info["photoshop"][0x0404] == iptc


def test_iptc_of_a_tiff_is_read_from_its_three_places(
    tmp_path: Path, noise: Make, recwarn: pytest.WarningsRecorder
) -> None:
    padded = IPTC + bytes(-len(IPTC) % 4)
    as_bytes = struct.pack("<HHI", 33723, 7, len(padded))
    as_numbers = struct.pack("<HHI", 33723, 4, len(padded) // 4)
    plain_tiff = encode_tiff(noise(5, 7, 3), iptc=padded)
    assert as_bytes in plain_tiff
    for data in (plain_tiff, plain_tiff.replace(as_bytes, as_numbers)):
        (tmp_path / "p.tif").write_bytes(data)
        assert read(tmp_path / "p.tif").iptc == padded
    resources = records.as_resources(IPTC).removeprefix(b"Photoshop 3.0\0")
    data = encode_tiff(noise(5, 7, 3), iptc=resources)
    as_bytes, as_resources = (struct.pack("<HHI", tag, 7, len(resources)) for tag in (33723, 34377))
    (tmp_path / "p.tif").write_bytes(data.replace(as_bytes, as_resources))
    assert read(tmp_path / "p.tif").iptc == IPTC
    assert not recwarn.list


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"8BIM",
        b"8BIM\4\4\0\0\xff\xff\xff\xffshort",
        b"8BIM\3\xf3\xff",
        b"8BIM" * 9,
        b"x" * 99,
    ],
)
def test_damaged_resources_do_no_harm(block: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(jpeg(segment(0xED, b"Photoshop 3.0\0" + block)))
    assert read(tmp_path / "p.jpg").iptc in (None, b"short")
    assert records.from_raw_profile(block.decode("latin-1")) is None


@pytest.mark.parametrize("comment", [b"Oma in Berlin", "Großmutter".encode(), "Großmutter".encode("latin-1")])
def test_comments_of_jpeg_keep_their_bytes_and_become_text_of_png(comment: bytes, tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(jpeg(segment(0xFE, comment), segment(0xFE, b"2nd")))
    photo = read(tmp_path / "p.jpg")
    with Image.open(write(photo, tmp_path / "q.jpg")) as image:
        assert [data for name, data in image.applist if name == "COM"] == [comment, b"2nd"]
    found = read(write(photo, tmp_path / "q.png")).text
    assert [text.value for text in found] == [plain(comment.decode("utf-8", "surrogateescape")), "2nd"]
    assert read(write(read(tmp_path / "q.png"), tmp_path / "r.jpg")).text[1] == Text("Comment", "2nd")


def test_the_comment_of_a_gif_is_kept(tmp_path: Path) -> None:
    Image.new("P", (4, 4)).save(tmp_path / "p.gif", comment=b"Oma")
    assert read(tmp_path / "p.gif").text == (Text("Comment", "Oma"),)


TEXTS = (
    Text("Title", "Oma"),
    Text("Author", "Zeiß"),
    Text("Description", "奶奶 " * 3, "zh", "描述"),
    Text("Comment", "long " * 900),
    Text("Comment", "奶奶" * 900),
    Text("Author", "another"),
)


def test_every_text_of_a_png_comes_back(tmp_path: Path, noise: Make) -> None:
    before = encode_png(noise(5, 7, 3), further=b"".join(map(text_chunk, TEXTS[:3])))
    after = b"".join(map(text_chunk, TEXTS[3:]))
    (tmp_path / "p.png").write_bytes(before[:-12] + after + before[-12:])
    photo = read(tmp_path / "p.png")
    assert photo.text == TEXTS
    assert read(write(photo, tmp_path / "q.png")).text == TEXTS
    with Image.open(tmp_path / "q.png") as image:
        image.load()
        assert image.text["Title"] == "Oma"
        assert image.text["Description"].lang == "zh"


def test_text_of_other_programs_is_read(tmp_path: Path, noise: Make) -> None:
    text = PngInfo()
    text.add_text("Title", "Oma", zip=True)
    text.add_itxt("Author", "Zeiß", "de", "Autor", zip=True)
    text.add_itxt("XML:com.adobe.xmp", "<a/>")
    text.add_text("Raw profile type iptc", f"\niptc\n{len(IPTC):8d}\n{IPTC.hex()}\n")
    Image.fromarray(noise(5, 7, 3)).save(tmp_path / "p.png", pnginfo=text)
    photo = read(tmp_path / "p.png")
    assert photo.text == (Text("Title", "Oma"), Text("Author", "Zeiß", "de", "Autor"))
    assert (photo.xmp, photo.iptc) == (b"<a/>", IPTC)


def test_metadata_that_old_programs_put_into_text_are_found(
    tmp_path: Path, noise: Make, camera_exif: Callable[..., bytes]
) -> None:
    blocks = {
        "xmp": b"<a tiff:Orientation='6' b='1'/>",
        "icc": b"profile",
        "8bim": records.as_resources(IPTC).removeprefix(b"Photoshop 3.0\0"),
        "APP1": camera_exif(6),
        "generic": b"x",
    }
    text = PngInfo()
    for kind, block in blocks.items():
        text.add_text(f"Raw profile type {kind}", f"\n{kind}\n{len(block):8d}\n{block.hex()}\n", zip=True)
    Image.fromarray(noise(5, 7, 3)).save(tmp_path / "p.png", pnginfo=text)
    photo = read(tmp_path / "p.png")
    assert (photo.xmp, photo.icc, photo.iptc) == (b"<a b='1'/>", b"profile", IPTC)
    assert photo.pixels.shape == (7, 5, 3)
    assert b"Kamera" in (photo.exif or b"")
    assert [each.keyword for each in photo.text] == ["Raw profile type generic"]
    text = PngInfo()
    block = b"http://ns.adobe.com/xap/1.0/\0<a/>"
    text.add_text("Raw profile type APP1", f"\ngeneric profile\n{len(block):8d}\n{block.hex()}\n")
    Image.fromarray(noise(5, 7, 3)).save(tmp_path / "p.png", pnginfo=text)
    assert read(tmp_path / "p.png").xmp == b"<a/>"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (b"tEXt", b"no zero"),
        (b"tEXt", b"\0x"),
        (b"tEXt", b"k" * 80 + b"\0x"),
        (b"zTXt", b"k\0\0no stream"),
        (b"zTXt", b"k\0\0" + zlib.compress(bytes(2**21))),
        (b"zTXt", b"k\0\0" + zlib.compress(b"text")[:-6]),
        (b"iTXt", b"k\0"),
        (b"iTXt", b"k\0\0\0de\0"),
        (b"iTXt", b"k\0\0\0\0\0\xff"),
    ],
)
def test_damaged_text_is_left_out(name: bytes, data: bytes, tmp_path: Path, noise: Make) -> None:
    assert text_of(name, data) is None
    if len(data) > 1000:
        return  # Pillow refuses the file
    whole = encode_png(noise(5, 7, 3))
    (tmp_path / "p.png").write_bytes(whole[:-12] + chunk(name, data) + whole[-12:])
    assert read(tmp_path / "p.png").text == ()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_colour_chunks_come_back(dtype: type, tmp_path: Path, noise: Make) -> None:
    further = b"".join(chunk(*each) for each in COLOURS)
    (tmp_path / "p.png").write_bytes(encode_png(noise(5, 7, 3, dtype=dtype), further=further))
    photo = read(tmp_path / "p.png")
    assert photo.png_colour == COLOURS
    assert read(write(photo, tmp_path / "q.png")).png_colour == COLOURS
    data = (tmp_path / "q.png").read_bytes()
    assert data.index(b"cICP") < data.index(b"IDAT")
    assert "its colours (cICP, gAMA, cHRM)" in losses(photo, tmp_path / "q.jpg")[0]


def test_what_a_format_cannot_hold_gets_one_sentence(smooth: Make) -> None:
    photo = Photo(smooth().astype(np.uint16), iptc=IPTC, text=TEXTS)
    assert (
        losses(photo, Path("p.png"))
        == losses(photo, Path("p.xyz"))
        == losses(Photo(smooth()), Path("p.jpg"))
        == ()
    )
    (sentence,) = losses(photo, Path("p.webp"))
    assert sentence == (
        "Its result as WEBP cannot hold its 16 bits, which are rounded to 8; its IPTC; the text 'Title'; "
        "the text 'Author'; the text 'Description'; 3 more texts. A .png would."
    )
    assert "IPTC" not in losses(photo, Path("p.jpg"))[0]
    long = Photo(smooth(), iptc=bytes(70000), text=(Text("Comment", "x" * 70000),))
    assert "IPTC; the text 'Comment'" in losses(long, Path("p.jpg"))[0]
    assert losses(long, Path("p.png")) == ()


def test_further_pictures_of_a_jpeg_get_a_word(tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_bytes(jpeg(segment(0xE2, b"MPF\0II*\0" + bytes(40))))
    assert "Further pictures" in read(tmp_path / "p.jpg").remarks[0]
    (tmp_path / "p.jpg").write_bytes(jpeg(segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0\0\0\0\0")))
    assert "gain map" in read(tmp_path / "p.jpg").remarks[0]
    (tmp_path / "p.jpg").write_bytes(jpeg())
    assert read(tmp_path / "p.jpg").remarks == ()


@pytest.mark.parametrize("kind", ["plain", "exif", "alpha", "frames"])
def test_a_lossless_webp_comes_back_without_loss(kind: str, tmp_path: Path, noise: Make) -> None:
    nearly_grey = np.repeat(noise(20, 30, 1) // 2, 3, axis=2)
    nearly_grey[..., 0] += 1
    for pixels in (noise(20, 30, 3), nearly_grey):
        samples = np.dstack((pixels, noise(20, 30))) if kind == "alpha" else pixels
        options: dict[str, dict[str, object]] = {
            "exif": {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0\0\0\0\0"},
            "alpha": {"exact": True},
            "frames": {"save_all": True, "append_images": [Image.fromarray(samples[::-1])]},
        }
        Image.fromarray(samples).save(tmp_path / "p.webp", lossless=True, **options.get(kind, {}))
        photo = read(tmp_path / "p.webp")
        assert photo.lossless
        again = read(write(photo, tmp_path / "q.webp"))
        assert again.lossless
        np.testing.assert_array_equal(again.pixels, pixels)
    Image.fromarray(noise(20, 30, 3)).save(tmp_path / "p.webp", quality=95)
    assert not read(tmp_path / "p.webp").lossless


def test_iptc_of_a_tiff_is_written_as_bytes(noise: Make) -> None:
    with Image.open(BytesIO(encode_tiff(noise(5, 7, 3), iptc=IPTC))) as image:
        assert image.tag_v2[33723] == IPTC
