from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from gfrnet.images import Frame, Photo, RegionSource, people_beside, people_in, read, read_sidecars
from gfrnet.images.convert import oriented
from gfrnet.images.png import encode_png
from xmps import Region, as_digikam, as_exiftool, as_microsoft, document

HEIGHT, WIDTH = 40, 60
OMA: Region = ("Oma", 0.35, 0.625, 0.3, 0.25)
"""A face 20 to 50 % across and 50 to 75 % down the stored picture."""

FORMS: dict[str, Callable[[list[Region], tuple[int, int]], str]] = {
    "digikam": as_digikam,
    "exiftool": as_exiftool,
    "microsoft": lambda regions, size: as_microsoft(regions),
}


def marked() -> np.ndarray:
    """Make a dark picture whose face is bright."""
    samples = np.full((HEIGHT, WIDTH, 3), 20, np.uint8)
    samples[20:30, 12:30] = 250
    return samples


def bright(pixels: np.ndarray) -> tuple[float, float, float, float]:
    """Return the box of what is bright."""
    rows, columns = np.nonzero(pixels[..., 0] > 130)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def save(path: Path, xmp: str | None, orientation: int = 1) -> Path:
    tags = Image.Exif()
    tags[0x0112] = orientation
    picture = Image.fromarray(marked())
    options = {"xmp": xmp.encode()} if xmp else {}
    if path.suffix == ".tif":
        if xmp:
            tags[700] = xmp.encode()
        picture.save(path, exif=tags)
    elif path.suffix == ".heic":
        pillow_heif.from_pillow(picture).save(path, quality=-1, exif=tags.tobytes(), **options)
    elif path.suffix == ".png":
        # Pillow writes no XMP into PNG.
        path.write_bytes(encode_png(marked(), exif=tags.tobytes(), xmp=xmp.encode() if xmp else None))
    else:
        picture.save(path, exif=tags, quality=100, **options)
    return path


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_face_lies_on_its_pixels_however_the_photo_lies(
    form: str, orientation: int, tmp_path: Path
) -> None:
    xmp = document(FORMS[form]([OMA], (WIDTH, HEIGHT)))
    photo = read(save(tmp_path / "p.jpg", xmp, orientation))
    (embedded,) = people_in(photo).regions
    assert (embedded.name, embedded.source, embedded.ours) == ("Oma", RegionSource.EMBEDDED, False)
    assert embedded.box.as_tuple() == pytest.approx(bright(oriented(marked(), orientation)))
    (tmp_path / "p.jpg.xmp").write_text(xmp)
    (beside,) = people_beside(read_sidecars(tmp_path / "p.jpg"), Frame.of(photo)).regions
    assert beside.source is RegionSource.SIDECAR
    assert beside.box.as_tuple() == pytest.approx(embedded.box.as_tuple())


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".heic", ".avif"])
def test_every_format_with_xmp_tells_its_faces(suffix: str, tmp_path: Path) -> None:
    photo = read(save(tmp_path / f"p{suffix}", document(as_digikam([OMA], (WIDTH, HEIGHT))), 6))
    (region,) = people_in(photo).regions
    assert region.name == "Oma"
    assert region.box.as_tuple() == pytest.approx(bright(photo.pixels), abs=1)


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("with_microsoft", [False, True])
def test_regions_that_apply_to_the_upright_photo_stay(
    orientation: int, with_microsoft: bool, tmp_path: Path
) -> None:
    x, y = (
        edge / side
        for edge, side in zip(centre(oriented(marked(), orientation)), (HEIGHT, WIDTH), strict=True)
    )
    upright: Region = ("Oma", x, y, OMA[4], OMA[3])
    xmp = document(
        as_exiftool([upright], (HEIGHT, WIDTH)) + (as_microsoft([upright]) if with_microsoft else "")
    )
    photo = read(save(tmp_path / "p.jpg", xmp, orientation))
    (tmp_path / "p.jpg.xmp").write_text(xmp)
    for sidecars in ((), None):
        (region,) = people_in(photo, sidecars).regions
        assert region.box.as_tuple() == pytest.approx(bright(photo.pixels))


def centre(pixels: np.ndarray) -> tuple[float, float]:
    left, top, right, bottom = bright(pixels)
    return (left + right) / 2, (top + bottom) / 2


def beside(xmp: str | bytes, tmp_path: Path, name: str = "p.jpg.xmp") -> list[tuple[str, tuple[float, ...]]]:
    """Return names and boxes of a sidecar of a photo of 60 x 40."""
    (tmp_path / name).write_bytes(xmp.encode() if isinstance(xmp, str) else xmp)
    found = people_beside(read_sidecars(tmp_path / "p.jpg"), Frame(WIDTH, HEIGHT))
    return [(region.name, region.box.as_tuple()) for region in found.regions]


def test_any_prefix_and_any_mark_of_text_will_do(tmp_path: Path) -> None:
    xmp = document(as_digikam([OMA], (600, 400)))
    for prefix in ("rdf", "mwg-rs", "stArea", "stDim"):
        xmp = xmp.replace(f"{prefix}:", f"q{prefix[:3]}_:").replace(
            f"xmlns:{prefix}=", f"xmlns:q{prefix[:3]}_="
        )
    (found,) = beside(xmp, tmp_path)
    assert found == ("Oma", pytest.approx((12, 20, 30, 30)))
    without_packet = xmp[xmp.index("<x:xmpmeta") : xmp.index("<?xpacket end")]
    for text in (
        b"\xef\xbb\xbf" + without_packet.encode(),
        without_packet.encode("utf-16"),
        without_packet.encode("utf-16-be"),
        b"\xfe\xff" + without_packet.encode("utf-16-be"),
        without_packet.encode("utf-32"),
        without_packet.encode() + b"\0 \0",
    ):
        assert beside(text, tmp_path) == [found]


def test_utf_16_in_a_lying_photo_is_turned(tmp_path: Path) -> None:
    save(tmp_path / "p.tif", None)
    tags = Image.Exif()
    tags[0x0112], tags[700] = 6, document(as_digikam([OMA], (WIDTH, HEIGHT))).encode("utf-16")
    Image.fromarray(marked()).save(tmp_path / "p.tif", exif=tags)
    photo = read(tmp_path / "p.tif")
    (region,) = people_in(photo).regions
    assert region.box.as_tuple() == pytest.approx(bright(photo.pixels))


def test_faces_without_a_name_come_and_other_regions_do_not(tmp_path: Path) -> None:
    face, pet = (
        as_digikam([("", 0.5, 0.5, 0.1, 0.1)], None),
        as_digikam([("Rex", 0.2, 0.2, 0.1, 0.1)], None, "Pet"),
    )
    assert [name for name, _ in beside(document(face + pet), tmp_path)] == [""]
    untyped = as_digikam([OMA, ("", 0.8, 0.2, 0.1, 0.1)], None, "")
    assert [name for name, _ in beside(document(untyped), tmp_path)] == ["Oma"]
    circle = as_digikam([OMA], None).replace("stArea:h", "stArea:d")
    assert beside(document(circle), tmp_path) == []
    pixels = as_digikam([OMA], None).replace("normalized", "pixel")
    assert beside(document(pixels), tmp_path) == []


def test_nested_things_in_a_region_do_not_confuse(tmp_path: Path) -> None:
    words = "<dc:subject><rdf:Bag><rdf:li>x</rdf:li></rdf:Bag></dc:subject>"
    inner = f"<mwg-rs:Extensions>{words}</mwg-rs:Extensions>"
    xmp = as_digikam([OMA, ("Opa", 0.8, 0.5, 0.2, 0.2)], None).replace(
        "</rdf:Description>", inner + "</rdf:Description>"
    )
    assert [name for name, _ in beside(document(xmp), tmp_path)] == ["Oma", "Opa"]


def test_a_face_at_the_edge_is_cut_and_one_outside_left_out(tmp_path: Path) -> None:
    regions: list[Region] = [
        ("In", 0.05, 0.5, 0.2, 0.2),
        ("Out", -0.01, 0.2, 0.2, 0.2),
        ("Far", 7, 7, 0.1, 0.1),
    ]
    assert beside(document(as_digikam(regions, None)), tmp_path) == [("In", pytest.approx((0, 16, 9, 24)))]


def test_of_a_cut_photo_no_face_is_taken_with_a_word(tmp_path: Path) -> None:
    (tmp_path / "p.jpg.xmp").write_text(document(as_digikam([OMA], (80, 40)) + as_microsoft([OMA])))
    found = people_beside(read_sidecars(tmp_path / "p.jpg"), Frame(WIDTH, HEIGHT))
    assert found.regions == ()
    assert found.remarks == (
        "p.jpg.xmp states faces of a picture of another shape, as if it was cut since. They are left out.",
    )
    assert len(beside(document(as_digikam([OMA], (1200, 811))), tmp_path)) == 1
    assert len(beside(document(as_digikam([OMA], (0, 0))), tmp_path)) == 1


def test_the_sidecars_go_before_the_photo_and_each_face_comes_once(tmp_path: Path) -> None:
    photo = read(save(tmp_path / "p.jpg", document(as_digikam([OMA, ("Opa", 0.8, 0.5, 0.2, 0.2)], None))))
    (tmp_path / "p.xmp").write_text(document(as_microsoft([("Tante", 0.1, 0.1, 0.1, 0.1)])))
    near: Region = ("Oma Anna", 0.36, 0.62, 0.3, 0.25)
    (tmp_path / "p.jpg.xmp").write_text(
        document(as_digikam([("", 0.8, 0.5, 0.2, 0.2), near], None) + as_microsoft([near]))
    )
    found = people_in(photo)
    assert [(region.name, region.source.value) for region in found.regions] == [
        ("Oma Anna", "sidecar"),
        ("Tante", "sidecar"),
        ("Opa", "embedded"),
    ]
    assert found.remarks == (
        "One face has two names in the files of the photo. The sidecar goes before the photo.",
    )


@pytest.mark.parametrize("name", ["p.jpg.xmp", "p.xmp", "p.jpg.XMP", "p.XMP"])
def test_sidecars_of_every_usual_name_are_found(name: str, tmp_path: Path) -> None:
    assert beside(document(as_digikam([OMA], None)), tmp_path, name)


def test_a_photo_is_no_sidecar_of_its_own(tmp_path: Path) -> None:
    assert read_sidecars(save(tmp_path / "p.jpg", None).rename(tmp_path / "p.xmp")) == ()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_a_sidecar_that_cannot_be_read_gives_a_word(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "p.xmp")
    with (tmp_path / "p.jpg.xmp").open("wb") as file:
        file.truncate(2**25)
    found = people_beside(read_sidecars(tmp_path / "p.jpg"), Frame(WIDTH, HEIGHT))
    assert found.regions == ()
    assert "p.jpg.xmp cannot be read (it has more than 17 MB)" in found.remarks[0]
    (tmp_path / "p.jpg.xmp").write_bytes(b"\xff\xfe<\0a")
    assert "it is no text" in people_beside(read_sidecars(tmp_path / "p.jpg"), Frame(9, 9)).remarks[0]


def test_a_photo_in_memory_has_only_its_own_xmp() -> None:
    photo = Photo(marked(), xmp=document(as_digikam([OMA], None)).encode())
    assert [region.name for region in people_in(photo).regions] == ["Oma"]
    assert people_in(replace(photo, xmp=None)).regions == ()
