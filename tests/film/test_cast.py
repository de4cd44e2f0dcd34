"""Tracks are grouped to people, named by portraits or by hand, and kept in files that are checked."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gfrnet.errors import ConfigError, DataError, WriteError
from gfrnet.faces import Quality
from gfrnet.film.cast import CastNotes, Portraits, Recognised, cast, notes_of
from gfrnet.film.cast_file import clock, read_cast, write_cast
from gfrnet.film.cast_sheet import cast_sheets
from gfrnet.film.keeping import load_scan, save_scan
from gfrnet.film.records import FilmScan, FilmSize, Shot, Spot, Track
from gfrnet.types import Box

ADA, BOB = (np.eye(128, dtype=np.float32)[n] * 0.6 for n in (0, 1))


def track(number: int, first: int, face: np.ndarray, frames: int = 10, sharpness: float = 0.4) -> Track:
    rng = np.random.default_rng(number)
    spots = tuple(Spot(n, Box(5, 5, 25, 25), 0.0, 0.9, n != first + 1) for n in range(first, first + frames))
    faces = (face + rng.normal(0, 0.005, (2, 128))).astype(np.float32)
    quality = Quality(sharpness, 0.9, 20.0)
    shot = Shot(0, 50) if first < 50 else Shot(50, 100)
    return Track(number, shot, spots, faces.mean(axis=0), faces, (first, first + 2), quality)


@pytest.fixture
def tracks() -> tuple[Track, ...]:
    return (track(0, 0, ADA, 20), track(1, 5, BOB), track(2, 60, ADA), track(3, 75, BOB))


def scanned(tracks: tuple[Track, ...]) -> FilmScan:
    return FilmScan(FilmSize(320, 200, 100, 4.0), (Shot(0, 50), Shot(50, 100)), tracks, cast(tracks), 1.5)


def test_tracks_of_one_face_are_one_person(tracks: tuple[Track, ...]) -> None:
    assert [(p.number, p.tracks, p.name) for p in cast(tracks)] == [(1, (0, 2), None), (2, (1, 3), None)]
    assert cast(()) == ()


def test_tracks_on_one_frame_are_different_people() -> None:
    assert len(cast((track(0, 0, ADA), track(1, 5, ADA)))) == 2


def test_blurred_tracks_must_be_nearer() -> None:
    between = ADA + np.eye(128, dtype=np.float32)[5] * 0.46
    assert len(cast((track(0, 0, ADA), track(1, 20, between)))) == 1
    assert len(cast((track(0, 0, ADA), track(1, 20, between, sharpness=0.15)))) == 2


def test_portraits_name_people_and_strangers_stay_unnamed(tracks: tuple[Track, ...]) -> None:
    ada, bob = cast(tracks, [Portraits("Ada", ADA[None])])
    assert ada.name == "Ada"
    assert ada.similarity is not None
    assert ada.similarity > 0.9
    assert (bob.name, bob.title) == (None, "person 2")


def test_what_was_put_right_by_hand_holds(tracks: tuple[Track, ...]) -> None:
    people = cast(tracks, [Portraits("Ada", ADA[None])], CastNotes({"Eve": (2,), "Ann": (0,)}))
    assert {p.name: p.tracks for p in people} == {"Ann": (0,), None: (1, 3), "Eve": (2,)}
    assert [p.by_hand for p in people] == [True, False, True]
    with pytest.raises(DataError, match="tracks 0 to 3"):
        cast(tracks, notes=CastNotes({"Eve": (9,)}))
    with pytest.raises(DataError, match="Keep one"):
        cast(tracks, notes=CastNotes({"Eve": (1,), "Ann": (1,)}))


def test_a_cast_file_is_read_as_it_was_written(tracks: tuple[Track, ...], tmp_path: Path) -> None:
    path = write_cast(scanned(tracks), tmp_path / "cast.yaml")
    assert read_cast(path).tracks == {}
    path.write_text(path.read_text().replace("name: null", "name: Zoë", 1), encoding="utf-8")
    assert read_cast(path).tracks == {"Zoë": (0, 2)}
    with pytest.raises(WriteError):
        write_cast(scanned(tracks), path)


def recognised(tracks: tuple[Track, ...]) -> FilmScan:
    return replace(scanned(tracks), people=cast(tracks, [Portraits("Ada", ADA[None])]))


def test_names_that_portraits_gave_are_not_by_hand(tracks: tuple[Track, ...], tmp_path: Path) -> None:
    path = write_cast(recognised(tracks), tmp_path / "cast.yaml")
    notes = read_cast(path)
    assert notes.tracks == {}
    assert notes.recognised == {0: Recognised("Ada"), 2: Recognised("Ada")}
    ada, bob = cast(tracks, [Portraits("Ada", ADA[None])], notes)
    assert (ada.name, ada.by_hand, bob.name) == ("Ada", False, None)

    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Ada: [0, 2]", "Ada: [2]"), encoding="utf-8")
    assert read_cast(path).tracks == {"Ada": (0,)}
    path.write_text(text.replace("name: Ada", "name: Eve"), encoding="utf-8")
    assert read_cast(path) == CastNotes({"Eve": (0, 2)})
    path.write_text(text.replace("Ada: [0, 2]", "Ada: 2"), encoding="utf-8")
    with pytest.raises(ConfigError, match="recognised"):
        read_cast(path)
    path.write_text(text.replace("[0, 2]", "[0, 77]"), encoding="utf-8")
    with pytest.raises(DataError, match="tracks 0 to 3"):
        cast(tracks, notes=read_cast(path))


def test_names_that_portraits_gave_hold_without_portraits(tracks: tuple[Track, ...]) -> None:
    scan = recognised(tracks)
    ada, bob = cast(tracks, notes=notes_of(scan))
    assert (ada.name, ada.similarity, ada.by_hand) == ("Ada", scan.people[0].similarity, False)
    assert bob.name is None
    again = cast(tracks, [Portraits("Ada", BOB[None])], notes_of(scan))
    assert {person.name: person.tracks for person in again} == {None: (0, 2), "Ada": (1, 3)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("people: [", r"cannot be read \(while [^\\]*\)\. Mend it"),
        ("[1]", "list named people"),
        ("people: [{name: Ada, trakcs: [1]}]", "person 1 of the list may hold"),
        ("people: [{name: Ada, tracks: [a]}]", "whole numbers"),
        ("people: [{name: 7, tracks: [1]}]", "in quotes"),
        ("people: [{name: Ada, tracks: [true]}]", "whole numbers"),
    ],
)
def test_a_broken_cast_file_is_refused(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "cast.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        read_cast(path)


def test_a_scan_is_read_as_it_was_saved(tracks: tuple[Track, ...], tmp_path: Path) -> None:
    scan = scanned(tracks)
    found = load_scan(save_scan(scan, tmp_path / "scan.npz"))
    assert (found.film, found.shots, found.people) == (scan.film, scan.shots, scan.people)
    assert [t.spots for t in found.tracks] == [t.spots for t in tracks]
    assert all(np.array_equal(a.embeddings, b.embeddings) for a, b in zip(found.tracks, tracks, strict=True))
    assert found.person_of(found.tracks[3]).number == 2


def test_a_damaged_scan_is_refused(tracks: tuple[Track, ...], tmp_path: Path) -> None:
    path = save_scan(scanned(tracks), tmp_path / "scan.npz")
    whole = path.read_bytes()
    for data in (b"", b"no scan", whole[: len(whole) // 2], whole[:200] + b"\xff" * 40 + whole[240:]):
        path.write_bytes(data)
        with pytest.raises(DataError, match="Scan the film again"):
            load_scan(path)
    with pytest.raises(DataError, match="Scan the film first"):
        load_scan(tmp_path / "none.npz")


def test_a_cast_sheet_shows_every_track(tracks: tuple[Track, ...]) -> None:
    (page,) = cast_sheets(scanned(tracks))
    assert page.shape[0] > 2 * 112
    assert page.shape[1] > 2 * 112
    assert clock(3723.9) == "1:02:03"
