"""Previews, side-by-side films, viewing copies and the list of doubts."""

from __future__ import annotations

import os
from pathlib import Path

import av
import numpy as np
import pytest

from filmfiles import stream_hashes
from filmjobs import draw, frames_hash, write_film, write_portrait
from gfrnet import images
from gfrnet.errors import DataError, NoFaceError, WriteError
from gfrnet.film import (
    Film,
    FilmReport,
    FilmSink,
    PersonRecord,
    ShotRecord,
    TrackRecord,
    doubts,
)
from gfrnet.film.estimate import ALONE_SECONDS, FACE_SECONDS
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    made = tmp_path_factory.mktemp("pictures")
    write_film(made / "film.mkv", draw(portrait))
    write_portrait(made / "ada.png", portrait)
    return made


def test_a_preview_of_a_moment_writes_one_picture(folder: Path, tmp_path: Path) -> None:
    film, portraits = Film.open(folder / "film.mkv"), {"ada": [folder / "ada.png"]}
    out = tmp_path / "preview.png"
    assert film.preview(out, portraits, at=0.1) == out
    assert [path.name for path in tmp_path.iterdir()] == ["preview.png"]
    drawn = images.read(out).rgb8
    assert drawn.shape[1] > 3 * 256
    assert film.preview(out, portraits, at=0.1) == out
    with pytest.raises(WriteError, match="exists"):
        film.preview(folder / "ada.png", {}, at=0.1)
    with pytest.raises(NoFaceError, match="moment"):
        film.preview(tmp_path / "none.png", {}, at=0.1)


def test_a_scan_is_kept_for_its_film_alone(folder: Path, portrait: UInt8Image, tmp_path: Path) -> None:
    film = Film.open(folder / "film.mkv")
    first = film.scan(tmp_path / "scan.npz")
    told: list[object] = []
    again = film.scan(tmp_path / "scan.npz", {"ada": [folder / "ada.png"]}, on_event=told.append)
    assert first is not None
    assert again is not None
    assert not told
    assert [person.name for person in again.people] == ["ada"]
    assert again.shots == first.shots
    for workers, seconds in ((1, FACE_SECONDS), (2, ALONE_SECONDS / min(2, os.cpu_count() or 1))):
        needed = film.effort(again, workers)
        assert needed.faces == 17
        assert 17 * seconds < needed.seconds < 17 * seconds + 10
    other = Film.open(write_film(tmp_path / "other.mkv", draw(portrait)[:20]))
    with pytest.raises(DataError, match="another film"):
        other.scan(tmp_path / "scan.npz")


def test_before_and_after_stand_side_by_side(folder: Path, tmp_path: Path) -> None:
    film = Film.open(folder / "film.mkv")
    with FilmSink(tmp_path / "result.mkv", like=film.source, codec="ffv1") as sink:
        for frame in film.source.frames():
            sink.write(frame)
    joined = film.compare(tmp_path / "result.mkv", tmp_path / "side.mkv", crf=1)
    assert joined is not None
    with av.open(str(tmp_path / "side.mkv")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(frames) == 22
    assert frames[0].shape == (200, 644, 3)
    assert frames[0][:, 321:323].min() > 220
    assert np.abs(frames[3][:, :316].astype(int) - frames[3][:, 324:640]).mean() < 2
    assert stream_hashes(tmp_path / "side.mkv") == stream_hashes(folder / "film.mkv")


def test_a_master_becomes_a_viewing_copy(folder: Path, tmp_path: Path) -> None:
    film = Film.open(folder / "film.mkv")
    copy = film.viewing_copy(tmp_path / "copy.mkv")
    assert copy is not None
    assert copy.frames == 22
    with av.open(str(tmp_path / "copy.mkv")) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert stream_hashes(tmp_path / "copy.mkv") == stream_hashes(folder / "film.mkv")
    film.viewing_copy(tmp_path / "same.mkv", codec="ffv1")
    assert frames_hash(tmp_path / "same.mkv") == frames_hash(folder / "film.mkv")
    with pytest.raises(WriteError, match="exists"):
        film.viewing_copy(tmp_path / "copy.mkv")
    assert film.viewing_copy(tmp_path / "stopped.mkv", stopped=lambda: True) is None
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.mkv", "same.mkv"]


def report(*tracks: TrackRecord) -> FilmReport:
    person = PersonRecord(person="ada", portraits=1, tracks=(0,), frames=9, restored=9)
    shot = ShotRecord(shot=0, start=0, stop=99, time="0:00:00", status="restored", tracks=tracks)
    return FilmReport(
        gfrnet="1", model="m", film="f", status="finished", output="o", codec="ffv1", width=9, height=9,
        rate=25, frames=99, people=(person,), shots=(shot,), seconds=1,
    )  # fmt: skip


def track(number: int, **more: object) -> TrackRecord:
    values = {
        "track": number, "person": "ada", "status": "restored",
        "start": 25 * number, "stop": 25 * number + 25,
        "similarity": 0.8, "needed": 0.5, "similarity_after": 0.9, "spread": 0.01,
        "flicker_before": 2.0, "flicker_after": 1.0,
    }  # fmt: skip
    return TrackRecord.model_validate(values | more)


def test_doubts_begin_with_the_worst() -> None:
    refused = {"status": "skipped", "similarity": 0.2, "similarity_after": None, "reason": "No."}
    found = doubts(
        report(
            track(0),
            track(1, flicker_after=3.0),
            track(2, spread=0.2),
            track(3, similarity_after=0.6),
            track(4, **refused),
            track(5, **refused | {"similarity": 0.1}),
            track(6, status="failed", reason="A fault."),
            track(7, person="person 2", **refused),
        )
    )
    assert [(doubt.kind, doubt.track) for doubt in found] == [
        ("failed", 6), ("refused", 5), ("refused", 4), ("unlike", 3), ("uneven", 2), ("flickers", 1),
    ]  # fmt: skip
    assert found[0].time == "0:00:06-0:00:07"
    assert len(doubts(report(track(1, spread=1.0), track(2, spread=2.0)), 1)) == 1


@pytest.mark.parametrize("codec", ["x264", "x265", "prores"])
def test_every_run_codes_the_same_bits(codec: str, folder: Path, tmp_path: Path) -> None:
    film, found = Film.open(folder / "film.mkv"), set[bytes]()
    for number in range(4):
        film.viewing_copy(tmp_path / f"{number}.mkv", codec=codec)
        found.add((tmp_path / f"{number}.mkv").read_bytes())
    assert len(found) == 1
