"""Test that a batch says what of a photo is lost, and that one name for two results stops nothing."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from gfrnet import Restorer
from gfrnet.batch import BatchEvent, plan, run
from gfrnet.images import Photo, Text, read, write
from gfrnet.images.mend import CUT_SHORT
from gfrnet.restore import RestoreOptions
from gfrnet.types import UInt8Image
from gfrnet.work import Noted

CROPPED = RestoreOptions(cropped=True)


@pytest.fixture
def crop(portrait: UInt8Image) -> Photo:
    return Photo(portrait[60:188, 160:288].copy())


def notes(restorer: Restorer, photos: list[Path], guide: Path, output: Path) -> list[str]:
    heard: list[BatchEvent] = []
    tasks = plan(photos, [guide], output)
    records = list(run(restorer, tasks, CROPPED, on_event=heard.append))
    assert [record.status for record in records] == ["restored"] * len(photos)
    return [event.text for event in heard if isinstance(event, Noted)]


def test_what_reading_and_writing_lose_is_noted_once(restorer: Restorer, crop: Photo, tmp_path: Path) -> None:
    guide, photo = write(crop, tmp_path / "guide.png"), tmp_path / "p.jpg"
    file = BytesIO()
    Image.fromarray(crop.pixels).save(file, "JPEG", comment=b"Oma")
    photo.write_bytes(file.getvalue()[:-2])
    assert notes(restorer, [photo], guide, tmp_path / "q.webp") == [
        f"{photo}: {CUT_SHORT}",
        f"{photo}: Its result as WEBP cannot hold the text 'Comment'. A .png would.",
    ]
    assert notes(restorer, [photo], guide, tmp_path / "q.png") == [f"{photo}: {CUT_SHORT}"]
    assert read(tmp_path / "q.png").text == (Text("Comment", "Oma"),)


def test_photos_of_one_name_are_all_restored(restorer: Restorer, crop: Photo, tmp_path: Path) -> None:
    guide = write(crop.with_pixels(crop.pixels[:, ::-1].copy()), tmp_path / "guide.png")
    folder = tmp_path / "photos"
    photos = [write(crop, folder / "a.png"), write(crop, folder / "b.png"), folder / "a.bmp"]
    Image.fromarray(crop.pixels).save(photos[2])
    records = list(run(restorer, plan([folder], [guide], tmp_path / "out"), CROPPED))
    assert [Path(record.output or "").name for record in records] == ["a_bmp.png", "a.png", "b.png"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.png", "a_bmp.png", "b.png"]
