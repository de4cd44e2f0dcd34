"""Whole films are restored; what is no face stays as it is, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from filmfiles import stream_hashes
from filmjobs import draw, frames_hash, lumas, write_film, write_portrait
from gfrnet.errors import (
    ConfigError,
    DataError,
    FilmChangedError,
    FilmError,
    GfrnetError,
    NoFaceError,
    WriteError,
)
from gfrnet.film import Existing, Film, FilmOptions, FilmReport, ShotRecord, Wishes, doubts, shot_work
from gfrnet.film.folder import WorkFolder
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced


class Made:
    """A film, its portrait and its result, made once for all tests."""

    def __init__(self, folder: Path, portrait: UInt8Image) -> None:
        self.folder = folder
        self.film = Film.open(write_film(folder / "film.mkv", draw(portrait)))
        self.portraits = {"ada": [write_portrait(folder / "ada.png", portrait)]}
        self.events: list[Any] = []
        self.out = folder / "whole.mkv"
        self.report: FilmReport = self.restore(self.out, on_event=self.events.append)
        self.hash = frames_hash(self.out)

    def restore(self, out: Path, options: FilmOptions | None = None, **more: Any) -> FilmReport:
        return self.film.restore(out, self.portraits, options or FilmOptions(), **more)

    def begun(self, out: Path, shots: int) -> FilmReport:
        """Restore until some shots are finished."""
        seen: list[ShotRecord] = []

        def hear(event: object) -> None:
            seen.extend([event] if isinstance(event, ShotRecord) else [])

        return self.restore(out, on_event=hear, stopped=lambda: len(seen) >= shots)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Made:
    return Made(tmp_path_factory.mktemp("job"), portrait)


KEEP = FilmOptions(existing=Existing.KEEP)


def test_faces_are_restored_and_all_else_stays_to_the_bit(made: Made) -> None:
    assert [shot.status for shot in made.report.shots] == ["restored", "unchanged", "restored"]
    assert [track.frames for shot in made.report.shots for track in shot.tracks] == [9, 8]
    before, after = lumas(made.film.source.path), lumas(made.out)
    scan = made.film.scan()
    assert scan is not None
    assert len(before) == len(after) == 22
    for number, (one, other) in enumerate(zip(before, after, strict=True)):
        changed = np.argwhere((one != other)[:200])
        track = next((t for t in scan.tracks if t.spot(number)), None)
        if track is None:
            assert not len(changed)
            continue
        spot = track.spot(number)
        assert spot is not None
        assert len(changed) > 1000
        reach = 1.5 * spot.box.width
        middle = np.array(spot.box.center)[::-1]
        assert np.abs(changed - middle).max() < reach
    assert stream_hashes(made.out) == stream_hashes(made.film.source.path)


def test_the_job_tells_how_far_it_is_and_what_became_of_all(made: Made) -> None:
    told = [event for event in made.events if isinstance(event, Advanced)]
    assert told[0].what == "frames"
    assert told[-1] == Advanced("restored frames", 22, 22)
    assert [event.shot for event in made.events if isinstance(event, ShotRecord)] == [0, 1, 2]
    (person,) = made.report.people
    assert (person.person, person.portraits, person.frames, person.restored) == ("ada", 1, 17, 17)
    kept = WorkFolder.beside(made.out).path / "report.json"
    assert FilmReport.model_validate_json(kept.read_text("utf-8")) == made.report
    assert doubts(made.report) == ()


def test_what_was_stopped_goes_on_and_ends_the_same(made: Made) -> None:
    out = made.folder / "stopped.mkv"
    report = made.begun(out, 1)
    assert (report.status, report.output, len(report.shots)) == ("stopped", None, 1)
    assert not out.exists()
    with pytest.raises(WriteError, match="earlier run"):
        made.restore(out)
    report = made.restore(out, KEEP)
    assert [shot.kept for shot in report.shots] == [True, False, False]
    assert frames_hash(out) == made.hash
    assert out.read_bytes() == made.out.read_bytes()
    changed = out.stat().st_mtime_ns
    assert made.restore(out, KEEP).status == "finished"
    assert out.stat().st_mtime_ns == changed


def test_two_processes_make_the_same_film(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shot_work, "SHORT", 1)
    out, events = made.folder / "two.mkv", list[Any]()
    report = made.restore(out, FilmOptions(workers=2), on_event=events.append)
    assert out.read_bytes() == made.out.read_bytes()
    assert events[-1].shot in (0, 1, 2)
    ours = [shot.model_copy(update={"seconds": 0}) for shot in made.report.shots]
    assert [shot.model_copy(update={"seconds": 0}) for shot in report.shots] == ours


def test_a_damaged_segment_or_record_is_made_again(made: Made) -> None:
    out = made.folder / "damaged.mkv"
    made.begun(out, 2)
    folder = WorkFolder.beside(out)
    content = bytearray(folder.segment(0).read_bytes())
    content[len(content) // 2] ^= 255
    folder.segment(0).write_bytes(content)
    (folder.path / "records" / "000001.json").write_text("{")
    report = made.restore(out, KEEP)
    assert [shot.kept for shot in report.shots] == [False, False, False]
    assert frames_hash(out) == made.hash


def test_a_folder_of_other_settings_is_refused(made: Made) -> None:
    out = made.folder / "others.mkv"
    made.begun(out, 1)
    with pytest.raises(ConfigError, match="not finished"):
        made.restore(out, FilmOptions(shots=(0,)))
    for options, what in (
        (FilmOptions(existing=Existing.KEEP, stable=0), "steadiness"),
        (FilmOptions(existing=Existing.KEEP, codec="x264"), "coding"),
        (FilmOptions(existing=Existing.KEEP, people={"ada": Wishes(strength=0.5)}), "people and shots"),
    ):
        with pytest.raises(DataError, match=what):
            made.restore(out, options)
    assert len(made.restore(out, KEEP).shots) == 3


def test_single_shots_are_restored_again_with_other_settings(made: Made) -> None:
    out = made.folder / "redone.mkv"
    made.restore(out)
    options = FilmOptions(shots=(2,), shot_wishes={2: Wishes(strength=0.3)})
    report = made.restore(out, options)
    assert [shot.kept for shot in report.shots] == [True, True, False]
    assert report.shots[2].tracks[0].strength == 0.3
    first, again = lumas(made.out), lumas(out)
    same = [bool((one == other).all()) for one, other in zip(first, again, strict=True)]
    assert same == [True] * 14 + [False] * 8
    assert all(shot.kept for shot in made.restore(out, KEEP).shots)
    with pytest.raises(ConfigError, match="no shot 7"):
        made.restore(out, FilmOptions(shots=(7,)))
    with pytest.raises(ConfigError, match="missing"):
        made.restore(made.folder / "new.mkv", FilmOptions(shots=(0,)))


def test_a_range_of_the_film_is_restored(made: Made) -> None:
    out = made.folder / "range.mkv"
    report = made.restore(out, FilmOptions(start=0.2, stop=0.7, keep=False))
    assert report.frames == 13
    before, after = lumas(made.film.source.path), lumas(out)
    assert len(after) == 13
    assert all((before[n] == after[n - 5]).all() for n in range(9, 14))
    assert not (before[6] == after[1]).all()
    assert not WorkFolder.beside(out).exists
    with pytest.raises(DataError, match="no frame"):
        made.restore(out, FilmOptions(start=5.0, existing=Existing.REPLACE))


def test_nothing_is_replaced_unasked(made: Made, tmp_path: Path) -> None:
    taken = tmp_path / "taken.mkv"
    taken.write_bytes(b"mine")
    for options in (FilmOptions(), KEEP):
        with pytest.raises(WriteError, match="exists"):
            made.restore(taken, options)
    assert taken.read_bytes() == b"mine"
    with pytest.raises(WriteError, match="input"):
        made.restore(made.film.source.path, FilmOptions(existing=Existing.REPLACE))
    other = tmp_path / "notes.mkv.gfrnet"
    other.mkdir()
    (other / "diary.txt").write_text("mine")
    with pytest.raises(WriteError, match="no work folder"):
        made.restore(tmp_path / "notes.mkv", FilmOptions(existing=Existing.REPLACE))
    assert made.restore(taken, FilmOptions(existing=Existing.REPLACE)).status == "finished"
    assert frames_hash(taken) == made.hash


def test_one_process_works_in_a_folder(made: Made, tmp_path: Path) -> None:
    out = tmp_path / "busy.mkv"
    with WorkFolder.beside(out).held(), pytest.raises(WriteError, match="Another process"):
        made.restore(out, KEEP)


def test_a_film_that_changes_meanwhile_is_noticed(made: Made, portrait: UInt8Image, tmp_path: Path) -> None:
    film = Film.open(write_film(tmp_path / "film.mkv", draw(portrait)))

    def hear(event: object) -> None:
        if isinstance(event, ShotRecord):
            os.utime(film.source.path, ns=(1, 1))

    with pytest.raises(FilmChangedError, match="changed"):
        film.restore(tmp_path / "out.mkv", made.portraits, on_event=hear)
    assert not (tmp_path / "out.mkv").exists()


def test_a_person_without_a_portrait_stays_untouched(
    made: Made, portrait: UInt8Image, stranger: UInt8Image, tmp_path: Path
) -> None:
    film = Film.open(write_film(tmp_path / "film.mkv", draw(portrait, stranger)))
    report = film.restore(tmp_path / "out.mkv", made.portraits)
    faces = {track.person: track.status for shot in report.shots for track in shot.tracks}
    assert faces == {"ada": "restored", "person 2": "skipped"}
    before, after = lumas(film.source.path), lumas(tmp_path / "out.mkv")
    assert all((before[n] == after[n]).all() for n in range(9, 22))


def test_wrong_portraits_are_refused_before_the_film_is_read(made: Made, tmp_path: Path) -> None:
    empty = write_portrait(tmp_path / "wall.png", np.full((100, 100, 3), 90, np.uint8))
    with pytest.raises(NoFaceError, match=r"wall\.png"):
        made.film.restore(tmp_path / "out.mkv", {"ada": [empty]})
    with pytest.raises(ConfigError, match="named bob"):
        made.restore(tmp_path / "out.mkv", FilmOptions(people={"bob": Wishes(leave=True)}))
    with pytest.raises(GfrnetError, match=r"MP4|mp4"):
        made.restore(tmp_path / "out.avi")


def test_wishes_of_a_shot_count_more_than_those_of_a_person(made: Made, tmp_path: Path) -> None:
    wishes = FilmOptions(people={"ada": Wishes(strength=0.4)}, shot_wishes={0: Wishes(strength=0.6)})
    assert wishes.wishes("ada", 0).strength == 0.6
    assert wishes.wishes("ada", 1).strength == 0.4
    assert wishes.wishes(None, 1) == Wishes(stable=1.0)
    left = FilmOptions(people={"ada": Wishes(leave=True)})
    report = made.restore(tmp_path / "left.mkv", left)
    assert {track.status for shot in report.shots for track in shot.tracks} == {"skipped"}
    assert frames_hash(tmp_path / "left.mkv") == frames_hash(made.film.source.path)


def test_a_fault_in_one_shot_leaves_it_as_it_was(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shot_work.Studio.changed

    def faulty(studio: Any, frames: Any, plans: Any, shot: int, measure: Any) -> Any:
        found = whole(studio, frames, plans, shot, measure)
        if shot == 0:
            next(found)
            raise ZeroDivisionError("by chance")
        return found

    out = tmp_path / "fault.mkv"
    with monkeypatch.context() as context:
        context.setattr(shot_work.Studio, "changed", faulty)
        report = made.restore(out)
    assert [shot.status for shot in report.shots] == ["failed", "unchanged", "restored"]
    assert "by chance" in doubts(report)[0].text
    before, after = lumas(made.film.source.path), lumas(out)
    assert all((before[n] == after[n]).all() for n in range(14))
    made.restore(out, KEEP)
    assert frames_hash(out) == made.hash


def test_frames_beside_the_result_must_be_its_own(made: Made, tmp_path: Path) -> None:
    with pytest.raises(FilmError, match="no result"):
        made.film.compare(made.out, tmp_path / "side.mkv", start=0.3)
