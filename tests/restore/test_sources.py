from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.errors import ConfigError, ImageError, UnreadableImageError
from gfrnet.images import Photo
from gfrnet.restore.sources import Source, as_guides, as_photo, content_hash, file_of, name_of

PIXELS = np.random.default_rng(0).integers(0, 256, (8, 9, 3), dtype=np.uint8)


def test_files_arrays_and_photos_give_the_same_pixels(tmp_path: Path) -> None:
    path = images.write(Photo(PIXELS), tmp_path / "a.png")
    for source in (path, str(path), PIXELS, Photo(PIXELS)):
        np.testing.assert_array_equal(as_photo(source).pixels, PIXELS)


@pytest.mark.parametrize("guide", ["good.jpg", Path("good.jpg"), PIXELS, Photo(PIXELS)])
def test_a_single_guide_is_a_list_of_one(guide: Source) -> None:
    (only,) = as_guides(guide)
    assert only is guide
    (only,) = as_guides((guide,))
    assert only is guide


def test_a_folder_is_no_guide(tmp_path: Path) -> None:
    for guides in (tmp_path, [str(tmp_path)]):
        with pytest.raises(ConfigError, match=r"is a folder\. Give a list of its files"):
            as_guides(guides)


def test_a_grey_array_is_a_grey_photo() -> None:
    assert as_photo(np.repeat(PIXELS[..., :1], 3, axis=2)).grey
    assert not as_photo(PIXELS).grey


@pytest.mark.parametrize("array", [PIXELS[..., 0], PIXELS[..., :2], PIXELS.astype(np.float32), PIXELS[:0]])
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(ImageError, match="no photo"):
        as_photo(array)


def test_names_and_files(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    assert name_of(path, "x") == str(path)
    assert name_of(PIXELS, "guide 2") == "guide 2"
    assert file_of(Photo(PIXELS, path=path)) == path
    assert file_of(PIXELS) is None


def test_content_hashes_follow_the_content(tmp_path: Path) -> None:
    one, two = tmp_path / "a.png", tmp_path / "b.png"
    for path in (one, two):
        images.write(Photo(PIXELS), path)
    assert content_hash(one) == content_hash(str(two))
    assert content_hash(PIXELS) == content_hash(Photo(PIXELS))
    assert content_hash(PIXELS) != content_hash(PIXELS.reshape(9, 8, 3))
    images.write(Photo(255 - PIXELS), two)
    assert content_hash(one) != content_hash(two)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImageError, match=r"nowhere\.jpg does not exist\. Check the name"):
        content_hash(tmp_path / "nowhere.jpg")


def test_a_name_with_a_zero_byte_cannot_be_read() -> None:
    with pytest.raises(UnreadableImageError, match="embedded null byte"):
        content_hash("a\0b.jpg")


def test_a_path_of_bytes_is_no_guide() -> None:
    with pytest.raises(ConfigError, match="got bytes"):
        as_guides(b"good.jpg")  # type: ignore[arg-type]
