from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import ExifTags, Image

from gfrnet.images import exif

Make = Callable[..., bytes]


def loaded(stored: bytes | None) -> Image.Exif:
    tags = Image.Exif()
    tags.load(stored)
    return tags


@pytest.mark.parametrize("order", ["<", ">"])
def test_upright_resets_the_orientation_and_keeps_the_rest(order: str, camera_exif: Make) -> None:
    stored = camera_exif(orientation=8, order=order)
    assert exif.orientation(stored) == 8
    tags = loaded(exif.upright(stored))
    assert tags[0x0112] == 1
    assert tags[0x010F] == "Kamera"
    assert tags.get_ifd(0x8769)[0x9003] == "2001:02:03 04:05:06"


@pytest.mark.parametrize("order", ["<", ">"])
def test_upright_drops_the_thumbnail(order: str, camera_exif: Make) -> None:
    stored = camera_exif(order=order)
    assert loaded(stored).get_ifd(ExifTags.IFD.IFD1)
    changed = exif.upright(stored)
    assert changed is not None
    assert b"thumbnail" not in changed
    assert not loaded(changed).get_ifd(ExifTags.IFD.IFD1)


def test_a_thumbnail_in_the_middle_is_blanked_and_nothing_moves(camera_exif: Make) -> None:
    changed = exif.upright(camera_exif() + b"maker notes")
    assert changed is not None
    assert len(changed) == len(camera_exif() + b"maker notes")
    assert changed.endswith(b"maker notes")
    assert b"thumbnail" not in changed


@pytest.mark.parametrize("order", ["<", ">"])
def test_without_orientation_changes_nothing_else(order: str, camera_exif: Make) -> None:
    stored = camera_exif(orientation=5, order=order)
    changed = exif.without_orientation(stored)
    expected = dict(loaded(stored))
    assert expected.pop(0x0112) == 5
    assert dict(loaded(changed)) == expected
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.IFD1):
        assert loaded(changed).get_ifd(directory) == loaded(stored).get_ifd(directory)
    assert len(changed or b"") == len(stored)
    assert exif.without_orientation(changed) == changed


def test_with_size_changes_the_stated_size_only(camera_exif: Make) -> None:
    stored = exif.upright(camera_exif())
    changed = exif.with_size(stored, 1234, 99)
    details = loaded(changed).get_ifd(0x8769)
    assert (details[0xA002], details[0xA003]) == (1234, 99)
    assert len(changed or b"") == len(stored or b"")


@pytest.mark.parametrize(
    "stored", [None, b"", b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"nonsense" * 9]
)
def test_bytes_that_make_no_sense_are_no_exif(stored: bytes | None) -> None:
    assert exif.orientation(stored) == 1
    assert exif.upright(stored) is None
    assert exif.with_size(stored, 3, 4) == stored
    assert exif.without_orientation(stored) == stored


def test_broken_exif_never_raises(camera_exif: Make) -> None:
    rng = np.random.default_rng(1)
    for _ in range(300):
        stored = bytearray(camera_exif())
        for position in rng.integers(6, len(stored), 6):
            stored[position] = rng.integers(256)
        exif.orientation(bytes(stored))
        exif.without_orientation(bytes(stored))
        exif.with_size(exif.upright(bytes(stored)), 10, 20)


def test_an_orientation_that_does_not_exist_is_upright(camera_exif: Make) -> None:
    assert exif.orientation(camera_exif(orientation=9)) == 1
    assert exif.orientation(camera_exif(orientation=0)) == 1
