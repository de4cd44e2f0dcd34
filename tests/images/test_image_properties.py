from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest import mock

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageOps

from gfrnet.errors import ImageError, WriteError
from gfrnet.images import (
    Photo,
    decode,
    exif,
    from_signed,
    read,
    to_eight_bit,
    to_signed,
    to_uint8,
    write,
    write_text,
)
from gfrnet.images.convert import oriented
from gfrnet.types import AnyArray

INVERSE = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
"""Which orientation takes another one back."""

ORIENTATIONS = st.integers(1, 8)
NAMES = st.text(
    st.characters(blacklist_characters="/\0", blacklist_categories=["Cs"]), min_size=1, max_size=40
).filter(lambda name: name.strip(".") and len(name.encode()) < 200)
SIGNATURES = st.sampled_from(
    [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"BM", b"GIF89a", b"\0\0\0\x1cftypavif"]
)


def pixels(dtype: type) -> st.SearchStrategy[AnyArray]:
    return arrays.arrays(dtype, arrays.array_shapes(min_dims=1, max_dims=3))


def tags_of(orientation: int, order: str, maker: str) -> bytes:
    tags = Image.Exif()
    tags.endian = order
    tags[0x010F] = maker
    tags[0x0112] = orientation
    return tags.tobytes()


def stored(file_format: str, **options: object) -> bytes:
    file = BytesIO()
    noise = np.random.default_rng(3).integers(0, 256, (9, 14, 3)).astype(np.uint8)
    Image.fromarray(noise).save(file, file_format, **options)
    return file.getvalue()


@given(values=pixels(np.uint8))
def test_8_bit_comes_back_from_signed_values(values: AnyArray) -> None:
    signed = to_signed(values)
    assert np.abs(signed).max() <= 1
    assert np.array_equal(to_uint8(signed), values)


@given(values=pixels(np.uint16))
def test_16_bit_comes_back_from_signed_values(values: AnyArray) -> None:
    signed = to_signed(values)
    assert np.abs(signed).max() <= 1
    assert np.array_equal(np.rint(from_signed(signed, np.uint16)), values)


@given(values=pixels(np.uint8))
def test_8_bit_comes_back_from_16(values: AnyArray) -> None:
    assert np.array_equal(to_eight_bit(values.astype(np.uint16) * 257), values)


@given(orientation=ORIENTATIONS, size=st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_every_orientation_can_be_taken_back(orientation: int, size: tuple[int, int]) -> None:
    samples = np.arange(size[0] * size[1]).reshape(*size, 1)
    turned = oriented(samples, orientation)
    assert turned.shape[:2] == (size[::-1] if orientation >= 5 else size)
    assert np.array_equal(oriented(turned, INVERSE[orientation]), samples)


@given(orientation=ORIENTATIONS, order=st.sampled_from("<>"), maker=st.text("abc xyz", max_size=20))
def test_an_orientation_is_found_and_made_upright(orientation: int, order: str, maker: str) -> None:
    tags = tags_of(orientation, order, maker)
    assert exif.orientation(tags) == orientation
    upright = exif.upright(tags)
    assert exif.orientation(upright) == 1
    assert exif.upright(upright) == upright
    assert exif.orientation(exif.without_orientation(tags)) == 1


@given(orientation=ORIENTATIONS, file_format=st.sampled_from(["PNG", "JPEG", "WEBP"]))
def test_an_oriented_file_is_read_upright_and_written_upright(orientation: int, file_format: str) -> None:
    data = stored(file_format, exif=tags_of(orientation, "<", "maker"), quality=95)
    photo = decode(data, "photo")
    with Image.open(BytesIO(data)) as image:
        expected = np.asarray(ImageOps.exif_transpose(image))
    assert np.array_equal(photo.pixels, expected)
    with TemporaryDirectory() as folder:
        assert np.array_equal(read(write(photo, Path(folder) / "p.png")).pixels, expected)


@given(data=st.binary(max_size=200))
def test_any_bytes_are_exif_or_not_but_never_an_error(data: bytes) -> None:
    for tags in (data, b"Exif\0\0II*\0" + data, b"Exif\0\0MM\0*" + data):
        assert 1 <= exif.orientation(tags) <= 8
        assert exif.orientation(exif.upright(tags)) == 1
        exif.with_size(exif.without_orientation(tags), 10, 20)


@pytest.mark.filterwarnings("ignore")
@given(data=st.binary(max_size=300), signature=SIGNATURES)
def test_any_bytes_are_a_photo_or_a_clear_error(data: bytes, signature: bytes) -> None:
    with suppress(ImageError):
        decode(signature + data, "photo")


@pytest.mark.filterwarnings("ignore")  # Pillow warns of damage that it survives.
@given(
    file_format=st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "GIF", "BMP"]),
    changes=st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), max_size=8),
    kept=st.integers(1, 3000),
)
def test_a_damaged_file_is_a_photo_or_a_clear_error(
    file_format: str, changes: list[tuple[int, int]], kept: int
) -> None:
    data = bytearray(stored(file_format)[:kept])
    for position, value in changes:
        data[position % len(data)] = value
    with suppress(ImageError):
        decode(bytes(data), "photo", max_megabytes=1)


@pytest.mark.filterwarnings("ignore")
@settings(max_examples=20)
@given(tags=st.binary(max_size=60), header=st.sampled_from([b"", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0"]))
def test_a_photo_with_any_exif_is_read_and_written(tags: bytes, header: bytes) -> None:
    photo = decode(stored("PNG", exif=header + tags), "photo")
    with TemporaryDirectory() as folder:
        for suffix in (".png", ".jpg", ".tif"):
            assert read(write(photo, Path(folder) / f"p{suffix}")).pixels.shape == photo.pixels.shape


@settings(max_examples=30)
@given(name=NAMES, suffix=st.sampled_from([".png", ".PNG", ".tif"]))
@example(name="-rf *", suffix=".png")
@example(name="a\nb", suffix=".png")
@example(name=" ", suffix=".png")
def test_a_name_may_have_any_characters(name: str, suffix: str) -> None:
    values = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    with TemporaryDirectory() as folder:
        path = write(Photo(values), Path(folder) / name / (name + suffix))
        assert path == Path(folder, name, name + suffix)
        assert np.array_equal(read(path).pixels, values)
        assert list(path.parent.iterdir()) == [path]
        with pytest.raises(WriteError, match="is an input"):
            write(read(path), path)


@settings(max_examples=20)
@given(old=st.text(), new=st.text(), failing=st.sampled_from(["os.fsync", "pathlib.Path.replace", ""]))
def test_a_text_is_written_whole_or_not_at_all(old: str, new: str, failing: str) -> None:
    with TemporaryDirectory() as folder:
        path = write_text(old, Path(folder) / "report.json")
        if failing:
            with mock.patch(failing, side_effect=OSError(5, "broken")), pytest.raises(WriteError):
                write_text(new, path)
        else:
            write_text(new, path)
        assert path.read_bytes() == (old if failing else new).encode()
        assert list(Path(folder).iterdir()) == [path]
