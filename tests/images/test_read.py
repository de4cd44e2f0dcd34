from __future__ import annotations

import os
import struct
import threading
import zlib
from collections.abc import Callable
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms, TiffImagePlugin

from gfrnet.errors import ImageTooLargeError, MissingExtraError, UnreadableImageError
from gfrnet.images import Photo, heic, read
from gfrnet.images.png import encode_png
from gfrnet.images.tiff import encode_tiff
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]
MakeExif = Callable[..., bytes]

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "BMP", "GIF"]


def save(path: Path, image: Image.Image, file_format: str, **options: object) -> Path:
    image.save(path, file_format, **options)
    return path


def mean_error(photo: Photo, expected: AnyArray) -> float:
    assert photo.pixels.shape == expected.shape
    return float(np.abs(photo.rgb8.astype(int) - expected).mean())


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_is_read_by_content_and_not_by_name(
    file_format: str, tmp_path: Path, smooth: Make
) -> None:
    photo = read(save(tmp_path / "wrong name.txt", Image.fromarray(smooth()), file_format))
    assert photo.format == file_format
    assert photo.path == tmp_path / "wrong name.txt"
    assert (photo.alpha, photo.grey, photo.exif) == (None, False, None)
    assert photo.pixels.flags.writeable
    assert mean_error(photo, smooth()) < 6


def test_heic_and_avif_are_distinguished_by_all_their_brands(
    tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "p", Image.fromarray(smooth()), "AVIF")
    data = path.read_bytes()
    length = int.from_bytes(data[:4], "big")
    assert b"avif" in data[16:length]
    path.write_bytes(data.replace(b"ftypavif", b"ftypmif1", 1))
    assert read(path).format == "AVIF"
    monkeypatch.setattr(heic, "is_installed", lambda: False)
    for major in (b"heic", b"mif1"):
        path.write_bytes(b"\0\0\0\x18ftyp" + major + b"\0\0\0\0mif1heic" + data[length:])
        with pytest.raises(MissingExtraError, match=r"is a HEIC, which needs the extra heic\. .*JPEG or PNG"):
            read(path)


@pytest.mark.parametrize("name", ["Großmutter 1952.png", "奶奶.png", "a b'c\".png", "👵.png"])
def test_names_of_any_language(name: str, tmp_path: Path, noise: Make) -> None:
    for dtype in (np.uint8, np.uint16):
        (tmp_path / name).write_bytes(encode_png(noise(4, 6, 3, dtype=dtype)))
        assert (read(str(tmp_path / name)).pixels == noise(4, 6, 3, dtype=dtype)).all()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_every_orientation_is_applied_and_reset(
    file_format: str, orientation: int, tmp_path: Path, smooth: Make, camera_exif: MakeExif
) -> None:
    turned = Image.fromarray(smooth()).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    options = {"exif": camera_exif(orientation)}
    photo = read(save(tmp_path / "p", turned, file_format, **options))
    expected = np.asarray(upright(turned, orientation))
    assert mean_error(photo, expected) < 3
    tags = Image.Exif()
    tags.load(photo.exif)
    assert tags.get(0x0112, 1) == 1
    assert tags[0x010F] == "Kamera"
    assert tags.get_ifd(0x8769)[0x9003] == "2001:02:03 04:05:06"


def upright(image: Image.Image, orientation: int) -> Image.Image:
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_of_a_16_bit_tiff(orientation: int, tmp_path: Path, noise: Make) -> None:
    tags = Image.Exif()
    tags[0x0112] = orientation
    for channels in (1, 3, 4):
        samples = noise(5, 7, channels, dtype=np.uint16)
        (tmp_path / "p.tif").write_bytes(encode_tiff(samples, tags.tobytes()))
        photo = read(tmp_path / "p.tif")
        for channel in range(min(channels, 3)):
            low = Image.fromarray((samples[..., channel] & 255).astype(np.uint8))
            assert ((photo.pixels[..., channel] & 255) == np.asarray(upright(low, orientation))).all()


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "AVIF", "TIFF"])
def test_the_profile_is_kept(file_format: str, tmp_path: Path, smooth: Make) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    photo = read(save(tmp_path / "p", Image.fromarray(smooth()), file_format, icc_profile=profile))
    assert photo.icc == profile


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "AVIF", "TIFF"])
def test_alpha_is_carried(file_format: str, tmp_path: Path, smooth: Make) -> None:
    samples = np.dstack((smooth(), smooth()[..., 0]))
    photo = read(save(tmp_path / "p", Image.fromarray(samples), file_format, quality=100))
    assert photo.alpha is not None
    assert np.abs(photo.alpha.astype(int) - samples[..., 3]).mean() < 1


def test_transparency_of_a_palette(tmp_path: Path) -> None:
    image = Image.new("P", (4, 2))
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.putpixel((1, 0), 1)
    for file_format in ("PNG", "GIF"):
        photo = read(save(tmp_path / "p", image, file_format, transparency=1))
        assert photo.alpha is not None
        assert photo.alpha[0].tolist() == [255, 0, 255, 255]
        assert photo.pixels[0, 0].tolist() == [255, 0, 0]


def test_one_transparent_colour_at_8_and_16_bit(tmp_path: Path, noise: Make) -> None:
    for dtype in (np.uint8, np.uint16):
        for channels in (1, 3):
            samples = noise(4, 6, channels, dtype=dtype)
            data = encode_png(samples)
            key = struct.pack(f">{channels}H", *samples[2, 3].tolist())
            chunk = struct.pack(">I", len(key)) + b"tRNS" + key + struct.pack(">I", zlib.crc32(b"tRNS" + key))
            (tmp_path / "p.png").write_bytes(data[:33] + chunk + data[33:])
            photo = read(tmp_path / "p.png")
            assert photo.alpha is not None
            assert photo.alpha.dtype == dtype
            assert photo.alpha[2, 3] == 0
            hidden = (samples == samples[2, 3]).all(axis=2)
            assert ((photo.alpha == 0) == hidden).all()
            assert (photo.pixels == samples).all()


@pytest.mark.parametrize("encode", [encode_png, encode_tiff])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_16_bit_is_read_to_the_last_bit(
    channels: int, encode: Callable[[AnyArray], bytes], tmp_path: Path
) -> None:
    samples = np.random.default_rng(3).integers(0, 65536, (33, 20, channels)).astype(np.uint16)
    (tmp_path / "p").write_bytes(encode(samples))
    photo = read(tmp_path / "p")
    assert photo.pixels.dtype == np.uint16
    assert (photo.pixels == samples[..., :3]).all()
    assert photo.grey == (channels == 1)
    if channels == 4:
        assert photo.alpha is not None
        assert (photo.alpha == samples[..., 3]).all()


def test_16_bit_grey_with_white_as_zero_and_big_endian(tmp_path: Path, noise: Make) -> None:
    samples = noise(5, 7, dtype=np.uint16)
    for order, photometric, expected in (("II", 0, 65535 - samples), ("MM", 1, samples)):
        directory = TiffImagePlugin.ImageFileDirectory_v2(prefix=order.encode())
        data = samples.astype("<u2" if order == "II" else ">u2").tobytes()
        values = {256: 7, 257: 5, 258: 16, 259: 1, 262: photometric, 273: 0, 277: 1, 278: 5, 279: len(data)}
        for tag, value in values.items():
            directory[tag] = value
        file = BytesIO()
        directory.save(file)
        (tmp_path / "p.tif").write_bytes(file.getvalue() + data)
        assert (read(tmp_path / "p.tif").pixels == expected[..., None]).all()


def test_16_bit_premultiplied_alpha_is_undone(tmp_path: Path) -> None:
    samples = np.full((4, 4, 4), (30000, 20000, 10000, 32768), np.uint16)
    data = encode_tiff(samples)
    entry = struct.pack("<HHI", 338, 3, 1)
    (tmp_path / "p.tif").write_bytes(data.replace(entry + b"\x02\0", entry + b"\x01\0"))
    photo = read(tmp_path / "p.tif")
    assert np.abs(photo.pixels[0, 0].astype(int) - (59999, 39999, 20000)).max() <= 1


@pytest.mark.parametrize("mode", ["I", "F"])
def test_32_bit_samples_are_refused(mode: str, tmp_path: Path) -> None:
    path = save(tmp_path / "p.tif", Image.new(mode, (4, 4)), "TIFF")
    with pytest.raises(UnreadableImageError, match=r"32 bit.*Convert it to 8 or 16 bit"):
        read(path)


@pytest.mark.parametrize("file_format", FORMATS)
def test_grey_stays_grey(file_format: str, tmp_path: Path, smooth: Make) -> None:
    photo = read(save(tmp_path / "p", Image.fromarray(smooth()[..., 0]), file_format))
    assert photo.grey
    assert (photo.pixels[..., :1] == photo.pixels).all()
    assert mean_error(photo, smooth()[..., [0, 0, 0]]) < 2


def test_grey_with_alpha_and_black_and_white(tmp_path: Path, noise: Make) -> None:
    photo = read(save(tmp_path / "la.png", Image.fromarray(noise(4, 6, 2)), "PNG"))
    assert photo.grey
    assert photo.alpha is not None
    assert (photo.alpha == noise(4, 6, 2)[..., 1]).all()
    bits = Image.fromarray(noise(8, 16) > 128)
    photo = read(save(tmp_path / "1.tif", bits, "TIFF", compression="group4"))
    assert photo.grey
    assert set(np.unique(photo.pixels)) == {0, 255}


def test_a_single_coloured_pixel_is_not_grey(tmp_path: Path) -> None:
    pixels = np.full((40, 40, 3), 90, np.uint8)
    pixels[17, 5, 0] = 95
    assert not read(save(tmp_path / "p.png", Image.fromarray(pixels), "PNG")).grey


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_without_a_profile_becomes_rgb(file_format: str, tmp_path: Path, smooth: Make) -> None:
    photo = read(save(tmp_path / "p", Image.fromarray(smooth()).convert("CMYK"), file_format))
    assert mean_error(photo, smooth()) < 3
    assert photo.icc is None


def cmyk_profile() -> bytes:
    """Return a small ICC profile: a table with one colour in Lab for every overprint of full inks."""
    colours = bytes(
        value
        for c, m, y, k in product((0, 1), repeat=4)
        for value in (round(255 * (1 - k) * (1 - (c + m + y) / 5)), 128 + 60 * (m - c), 128 + 60 * y)
    )
    ramp, unit = bytes(range(256)), 65536
    table = struct.pack(">4s4x4B9i", b"mft1", 4, 3, 2, 0, unit, 0, 0, 0, unit, 0, 0, 0, unit)
    table += 4 * ramp + colours + 3 * ramp
    white = struct.pack(">4s4x3i", b"XYZ ", 63190, unit, 54061)
    tags = struct.pack(">I4sII4sII", 2, b"A2B0", 156, len(table), b"wtpt", 156 + len(table), len(white))
    size = 156 + len(table) + len(white)
    kind = (b"lcms", 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp")
    header = struct.pack(">I4sI4s4s4s12x4s28x3i48x", size, *kind, 63190, unit, 54061)
    return header + tags + table + white


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_goes_through_its_profile(file_format: str, tmp_path: Path) -> None:
    # By the plain formula, cyan is (0, 255, 255) and white (255, 255, 255).
    for inks, expected in (((255, 0, 0, 0), (0, 227, 196)), ((0, 0, 0, 0), (255, 255, 255))):
        image = Image.new("CMYK", (16, 16), inks)
        photo = read(save(tmp_path / "p", image, file_format, icc_profile=cmyk_profile()))
        assert np.abs(photo.pixels[8, 8].astype(int) - expected).max() <= 3
        assert photo.icc is None


def test_cmyk_with_a_profile_of_another_kind_is_still_read(tmp_path: Path, smooth: Make) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image.fromarray(smooth()).convert("CMYK")
    photo = read(save(tmp_path / "p", image, "JPEG", icc_profile=profile))
    assert mean_error(photo, smooth()) < 3


def test_lab_becomes_srgb(tmp_path: Path) -> None:
    image = Image.merge("LAB", [Image.new("L", (4, 4), value) for value in (137, 128, 128)])
    photo = read(save(tmp_path / "p.tif", image, "TIFF"))
    assert np.abs(photo.pixels[0, 0].astype(int) - 128).max() <= 3


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF", "AVIF"])
def test_the_first_of_several_pictures_is_taken(file_format: str, tmp_path: Path) -> None:
    pages = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    photo = read(save(tmp_path / "p", pages[0], file_format, save_all=True, append_images=pages[1:]))
    assert np.abs(photo.pixels[8, 8].astype(int) - (255, 0, 0)).max() <= 4
    assert photo.first_of_several
    assert not read(save(tmp_path / "alone", pages[0], file_format)).first_of_several


def test_one_pixel(tmp_path: Path) -> None:
    photo = read(save(tmp_path / "p.png", Image.new("RGB", (1, 1), "red"), "PNG"))
    assert photo.pixels.tolist() == [[[255, 0, 0]]]


@pytest.mark.parametrize("file_format", ["WEBP", "TIFF", "AVIF", "BMP", "GIF"])
@pytest.mark.parametrize("part", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_refused(file_format: str, part: float, tmp_path: Path, noise: Make) -> None:
    path = save(tmp_path / "p", Image.fromarray(noise(60, 60, 3)), file_format)
    data = path.read_bytes()
    path.write_bytes(data[: int(part * len(data))])
    with pytest.raises(UnreadableImageError, match=r"p is damaged or incomplete.*again"):
        read(path)


def test_a_truncated_16_bit_tiff_is_refused(tmp_path: Path, noise: Make) -> None:
    data = encode_tiff(noise(60, 60, 3, dtype=np.uint16))
    (tmp_path / "p").write_bytes(data[: int(0.7 * len(data))])
    with pytest.raises(UnreadableImageError, match="damaged"):
        read(tmp_path / "p")


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_damaged_file_is_read_or_refused_but_never_crashes(
    file_format: str, tmp_path: Path, smooth: Make, camera_exif: MakeExif
) -> None:
    path = save(tmp_path / "p", Image.fromarray(smooth(16, 16)), file_format, exif=camera_exif())
    data, rng = path.read_bytes(), np.random.default_rng(5)
    for _ in range(10):
        damaged = bytearray(data)
        for position in rng.integers(0, len(data), 4):
            damaged[position] = rng.integers(256)
        path.write_bytes(damaged)
        try:
            assert read(path).pixels.dtype == np.uint8
        except (UnreadableImageError, ImageTooLargeError):
            continue


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"", "is empty"), (b"Dear grandmother,\n", "not a picture"), (b"\xff\xd8\xff", "damaged")],
)
def test_what_is_no_picture_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "letter.jpg").write_bytes(content)
    with pytest.raises(UnreadableImageError, match=f"letter.jpg.*{message}"):
        read(tmp_path / "letter.jpg")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"does not exist. Check the name"):
        read(tmp_path / "none.jpg")
    with pytest.raises(UnreadableImageError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(UnreadableImageError, match="cannot be opened"):
        read(tmp_path / ("long" * 100))


def test_a_file_without_permission_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The superuser, who runs tests in containers, may read everything.
    def deny(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "p.jpg").write_bytes(b"x")
    monkeypatch.setattr(os, "open", deny)
    with pytest.raises(UnreadableImageError, match="may not be read"):
        read(tmp_path / "p.jpg")


def test_too_many_pixels_are_refused_before_decoding(tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", b"no picture at all"), (b"IEND", b"")]
    data = b"\x89PNG\r\n\x1a\n"
    for name, content in chunks:
        data += (
            struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        )
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(ImageTooLargeError, match=r"60000 x 60000.*10800 MB.*limit of 300"):
        read(tmp_path / "bomb.png")


def test_the_limit_is_the_callers_and_pillows_own_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(tmp_path / "p.png", Image.new("L", (200, 100)), "PNG")
    with pytest.raises(
        ImageTooLargeError,
        match=r"0 MB .*limit of 0.01\. Make it smaller first, cut",
    ):
        read(path, max_megabytes=0.01)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    assert read(path, max_megabytes=0.07).width == 200


def test_a_panorama_of_20000_pixels_is_read(tmp_path: Path) -> None:
    path = save(tmp_path / "p.png", Image.new("RGB", (20000, 30), "red"), "PNG")
    assert read(path).pixels.shape == (30, 20000, 3)


def test_many_threads_read_at_once(tmp_path: Path, smooth: Make) -> None:
    paths = [save(tmp_path / f"p.{f}", Image.fromarray(smooth()), f) for f in FORMATS]
    expected = [read(path).pixels for path in paths]
    wrong: list[Path] = []

    def work() -> None:
        wrong.extend(p for p, e in zip(paths, expected, strict=True) if (read(p).pixels != e).any())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
