from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.data import build_album, read_manifest, read_rows
from gfrnet.errors import DataError
from gfrnet.types import UInt8Image
from gfrnet.work import Noted


def built(album: Path, target: Path) -> list[str]:
    """What is said while the album's data set is made."""
    remarks: list[str] = []
    build_album(album, target, 1, lambda event: isinstance(event, Noted) and remarks.append(event.text))
    return remarks


def used(target: Path) -> set[str]:
    return {portrait.source for portrait in read_manifest(target)}


def test_the_person_of_most_photos_is_used_and_an_album_that_changed_is_built_anew(
    album: Path, tmp_path: Path, portrait: UInt8Image
) -> None:
    target = tmp_path / "set"
    remarks = built(album, target)
    assert remarks == [
        f"Finding faces in {album}.",
        f"4 of 6 photos in {album} can be used (not used: unreadable 1, low resolution 1). "
        f"{target / 'manifest.csv'} tells of every photo.",
    ]
    assert used(target) == {"0.png", "1.png", "2.png", "party/with a guest.png"}
    assert {portrait.person for portrait in read_rows(target)} == {"Ada"}
    crops = {path: path.stat().st_mtime_ns for path in (target / "crops").rglob("*.png")}
    (album / "guest.png").unlink()
    images.write(images.Photo(portrait), album / "broken.jpg")
    assert built(album, target)[1].startswith(f"5 of 5 photos in {album} can be used. ")
    assert {path: path.stat().st_mtime_ns for path in crops if path.exists()} == {
        path: time for path, time in crops.items() if path.name != "guest.png.png"
    }
    (album / "0.png").unlink()
    (album / "1.png").unlink()
    (album / "2.png").unlink()
    with pytest.raises(DataError, match=r"^Only 2 of 2 photos in .*Ada can be used, and .* 3 or more"):
        built(album, target)


def test_an_album_must_hold_photos_and_is_never_written_to(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nobody is not a folder\. .* photos of one person"):
        built(tmp_path / "nobody", tmp_path / "set")
    with pytest.raises(DataError, match=r"No photos in .* photos of one person"):
        built(tmp_path, tmp_path.parent / "set")
    with pytest.raises(DataError, match="Choose another output folder"):
        built(tmp_path, tmp_path / "set")
