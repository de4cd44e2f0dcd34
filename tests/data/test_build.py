from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import build, read_manifest
from gfrnet.errors import DataError
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    """A person with two views, a copy and a picture without a face, and a file that is no picture."""
    root = tmp_path_factory.mktemp("build")
    person = root / "photos" / "Søren Ω"
    images.write(images.Photo(portrait), person / "a.png")
    images.write(images.Photo(np.ascontiguousarray(portrait[20:, 30:])), person / "b copy.png")
    images.write(images.Photo(np.full((200, 200, 3), 90, np.uint8)), person / "c.png")
    (person / "d.jpg").write_text("not a picture")
    assert build(root / "photos", root / "set") == 1
    return root / "set"


def test_keeps_the_face_with_landmarks_and_marks_the_guide(built: Path) -> None:
    (kept,) = read_manifest(built)
    assert kept.guide
    assert kept.pixels().shape == (256, 256, 3)
    eyes = kept.points()[36:48].mean(0)
    assert abs(eyes[0] - 128) < 25
    assert 70 < eyes[1] < 140


def test_tells_why_others_were_dropped(built: Path) -> None:
    text = (built / "manifest.csv").read_text(encoding="utf-8")
    assert "near-duplicate of Søren Ω/a.png" in text
    assert "no face found" in text
    assert "unreadable" in text


def test_a_tight_crop_is_found_with_a_border(tmp_path: Path, portrait: UInt8Image, built: Path) -> None:
    (kept,) = read_manifest(built)
    tight = kept.pixels()[28:228, 34:222]
    images.write(images.Photo(np.ascontiguousarray(tight)), tmp_path / "photos" / "p" / "tight.png")
    assert build(tmp_path / "photos", tmp_path / "set", workers=1) == 1
    (found,) = read_manifest(tmp_path / "set")
    assert found.real[0] > 0


def test_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="one folder of photos per person"):
        build(tmp_path, tmp_path.parent / "set")
    with pytest.raises(DataError, match="is not a folder"):
        build(tmp_path / "missing", tmp_path)


def test_never_writes_into_the_photos(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="overlap"):
        build(tmp_path, tmp_path / "set")
    with pytest.raises(DataError, match="overlap"):
        build(tmp_path / "set" / "crops", tmp_path / "set")


def test_photos_of_one_stem_keep_their_own_crops(tmp_path: Path, portrait: UInt8Image) -> None:
    person = tmp_path / "photos" / "p"
    images.write(images.Photo(portrait), person / "1.png")
    turned = np.ascontiguousarray(np.clip(portrait[::1, ::-1] * 0.6, 0, 255).astype(np.uint8))
    images.write(images.Photo(turned), person / "1.jpg")
    build(tmp_path / "photos", tmp_path / "set", workers=1)
    assert len(list((tmp_path / "set" / "crops" / "p").iterdir())) == 2
