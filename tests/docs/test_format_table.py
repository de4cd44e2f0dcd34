"""Test every cell of the table of formats, which is read from the page itself."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from gfrnet.batch import name_outputs
from gfrnet.errors import MissingExtraError, WriteError
from gfrnet.images import READABLE_SUFFIXES, WRITABLE_SUFFIXES, Photo, Text, heic, read, write
from gfrnet.images.encode import check_format
from gfrnet.types import AnyArray

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "formats.md"
SUFFIXES = {"JPEG": ".jpg", "WebP": ".webp", "TIFF": ".tif"}
IPTC = b"\x1c\x02\x78\x00\x03Oma"
XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>Oma</rdf:RDF></x:xmpmeta>"
TEXTS = (Text("Comment", "from Berlin"), Text("Title", "Oma"))


def table(first: str) -> list[dict[str, str]]:
    """Return the rows of the table whose first column has this title."""
    lines = PAGE.read_text("utf-8").split(f"| {first} |", 1)[1].split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    titles = [first, *cells[0]]
    return [dict(zip(titles, row, strict=True)) for row in cells[2:]]


ROWS = {row["format"]: row for row in table("format")}


@cache
def profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def exif() -> bytes:
    tags = Image.Exif()
    tags[0x010F] = "Kamera"
    return tags.tobytes()


def pixels(channels: int, dtype: type = np.uint8) -> AnyArray:
    y, x = np.mgrid[0:1:40j, 0:1:60j]
    unit = np.dstack([(x + number * y) / (1 + number) for number in range(channels)])
    return np.rint(unit * np.iinfo(dtype).max).astype(dtype)


def bmp_with_alpha(samples: AnyArray) -> bytes:
    """Write a BMP with the fourth version of its header, which states masks."""
    height, width, _ = samples.shape
    data = samples[::-1, :, [2, 1, 0, 3]].tobytes()
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    head = struct.pack("<IiiHHIIiiII", 108, width, height, 1, 32, 3, len(data), 2835, 2835, 0, 0)
    rest = masks + b"BGRs" + bytes(48)
    return struct.pack("<2sIHHI", b"BM", 122 + len(data), 0, 0, 122) + head + rest + data


def full(folder: Path, name: str, alpha: bool) -> Path:
    """Write a file of a format that holds all that its writers can put into it."""
    path = folder / f"p{SUFFIXES.get(name, '.' + name.lower())}"
    if path.suffix in WRITABLE_SUFFIXES:
        shape = pixels(4)
        photo = Photo(
            shape[..., :3],
            shape[..., 3] if alpha else None,
            exif=exif(),
            xmp=XMP,
            iptc=IPTC,
            icc=profile(),
            text=TEXTS,
        )
        return write(photo, path)
    samples = pixels(4 if alpha else 3)
    if name == "BMP" and alpha:
        path.write_bytes(bmp_with_alpha(samples))
        return path
    if name == "GIF" and alpha:
        samples[..., 3] = np.where(samples[..., 3] > 127, 255, 0)
    image = Image.fromarray(samples)
    if name == "HEIC":
        pytest.importorskip("pillow_heif").register_heif_opener()
        image.save(path, "HEIF", exif=exif(), xmp=XMP, icc_profile=profile())
    else:
        image.save(path, name, exif=exif(), xmp=XMP, icc_profile=profile(), comment=b"from Berlin")
    return path


def result(path: Path) -> Photo:
    """Return what is read from the result, as a batch names it."""
    (task,) = name_outputs([path], path.parent / "out")
    return read(write(read(path), task.output))


def kept(found: object) -> str:
    return "kept" if found else "no"


def is_read(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> str:
    if name != "HEIC":
        path = full(folder, name, alpha=False)
        assert path.suffix in READABLE_SUFFIXES
        assert read(path).width == 60
        return "yes"
    monkeypatch.setattr(heic, "is_installed", lambda: False)
    (folder / "p.heic").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic")
    with pytest.raises(MissingExtraError, match="the extra heic"):
        read(folder / "p.heic")
    monkeypatch.undo()
    assert read(full(folder, name, alpha=False)).width == 60
    return "with the extra `heic`"


def is_written(folder: Path, name: str) -> str:
    kinds = set()
    for alpha in (False, True):
        if not (alpha and name == "JPEG"):
            (task,) = name_outputs([full(folder, name, alpha)], folder / "out")
            kinds.add({".jpg": "JPEG", ".png": "PNG"}.get(task.output.suffix, task.output.suffix))
            assert read(write(read(task.photo), task.output)).width == 60
    own = SUFFIXES.get(name, f".{name.lower()}") in WRITABLE_SUFFIXES
    return "yes" if own else f"as {' or '.join(sorted(kinds))}"


def depths(folder: Path, name: str) -> str:
    found = ["8"] if result(full(folder, name, alpha=False)).pixels.dtype == np.uint8 else []
    if name == "HEIC":
        return ", ".join([*found, *(str(depth) for depth in (10, 12) if heic_is_deep(folder, depth))])
    path = folder / f"deep{SUFFIXES.get(name, '.' + name.lower())}"
    if path.suffix in WRITABLE_SUFFIXES:
        back = result(write(Photo(pixels(3, np.uint16)), path)).pixels
        found += ["16"] if back.dtype == np.uint16 and (back == pixels(3, np.uint16)).all() else []
    return ", ".join(found)


def heic_is_deep(folder: Path, depth: int) -> bool:
    package = pytest.importorskip("pillow_heif")
    package.options.SAVE_HDR_TO_12_BIT = depth == 12
    try:
        package.from_bytes("RGB;16", (60, 40), pixels(3, np.uint16).tobytes()).save(folder / "deep.heic")
    finally:
        package.options.SAVE_HDR_TO_12_BIT = False
    assert package.open_heif(folder / "deep.heic").info["bit_depth"] == depth
    return bool(result(folder / "deep.heic").pixels.dtype == np.uint16)


def alpha_is_kept(folder: Path, name: str) -> str:
    if name == "JPEG":
        with pytest.raises(WriteError, match="cannot hold transparency"):
            check_format(Photo(pixels(3), pixels(1)[..., 0]), folder / "p.jpg", "JPEG")
        return "no"
    found = result(full(folder, name, alpha=True)).alpha
    expected = pixels(4)[..., 3]
    if name == "GIF":
        expected = np.where(expected > 127, 255, 0)
    return kept(found is not None and np.abs(found.astype(int) - expected).mean() < 30)


def texts(folder: Path, name: str) -> str:
    found = result(full(folder, name, alpha=False)).text
    return {0: "no", 1: "comments", 2: "all"}[len(found)]


def metadata(field: str) -> Callable[[Path, str], str]:
    def found(folder: Path, name: str) -> str:
        value = getattr(result(full(folder, name, alpha=False)), field)
        if value:
            sign = {"exif": b"Kamera", "xmp": b"Oma", "iptc": IPTC, "icc": profile()}[field]
            assert sign in value
        return kept(value)

    return found


CHECKS: dict[str, Callable[[Path, str], str]] = {
    "written": is_written,
    "EXIF": metadata("exif"),
    "XMP": metadata("xmp"),
    "IPTC": metadata("iptc"),
    "ICC": metadata("icc"),
    "depth": depths,
    "alpha": alpha_is_kept,
    "text": texts,
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("column", ["read", *CHECKS])
def test_every_cell_of_the_table_is_true(
    name: str, column: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "HEIC":
        pytest.importorskip("pillow_heif")
    check = CHECKS.get(column)
    found = check(tmp_path, name) if check else is_read(tmp_path, name, monkeypatch)
    assert found == ROWS[name][column]


def test_the_table_has_every_format_and_column() -> None:
    assert {*ROWS["PNG"]} == {"format", "read", *CHECKS}
    known = {SUFFIXES.get(name, f".{name.lower()}") for name in ROWS}
    others = {".jpeg", ".jfif", ".tiff", ".heif", ".hif"}
    assert {*READABLE_SUFFIXES, ".heic"} - others == known
    assert {row["written"] == "yes" for name, row in ROWS.items() if name in ("BMP", "GIF")} == {False}


@pytest.mark.parametrize("row", table("format | largest side of a result, pixels"), ids=lambda row: "row")
def test_limits_are_those_of_the_program(row: dict[str, str]) -> None:
    name, limit = row.values()
    side = int(limit.split(",")[0])
    check_format(Photo(np.zeros((1, side, 3), np.uint8)), Path("p"), name.upper())
    with pytest.raises(WriteError, match=f"at most {side} pixels"):
        check_format(Photo(np.zeros((1, side + 1, 3), np.uint8)), Path("p"), name.upper())


def test_the_largest_avif_that_is_written_is_read(tmp_path: Path) -> None:
    photo = Photo(np.zeros((1, 32768, 3), np.uint8))
    assert read(write(photo, tmp_path / "p.avif")).width == 32768
    with pytest.raises(WriteError, match="at most 268 megapixels"):
        check_format(Photo(np.broadcast_to(np.zeros(3, np.uint8), (20000, 14000, 3))), Path("p"), "AVIF")


def test_comments_of_jpeg_are_written_as_pillow_reads_them(tmp_path: Path) -> None:
    data = write(Photo(pixels(3), text=TEXTS[:1]), tmp_path / "p.jpg").read_bytes()
    with Image.open(BytesIO(data)) as image:
        assert image.info["comment"] == b"from Berlin"
