"""A scan reads a film once, tells how far it is, and stops when it is asked."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gfrnet.film.records import FilmScan
from gfrnet.film.scanning import Scanned, effort, scan
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced
from moving import filmed, grey


class Film:
    """Frames in memory that are read as those of a film."""

    def __init__(self, pictures: list[UInt8Image]) -> None:
        self.pictures, self.read = pictures, 0
        height, width = pictures[0].shape[:2]
        self.facts = SimpleNamespace(frames=len(pictures), seconds=1.0, upright_size=(width, height))

    def frames(self, start: int, stop: int, on_event: Any = None) -> Any:
        for index, picture in enumerate(self.pictures[start:stop], start):
            self.read += 1
            yield SimpleNamespace(index=index, rgb=lambda p=picture: p, luma=lambda _, p=picture: grey(p))


@pytest.fixture(scope="module")
def film(portrait: UInt8Image) -> Film:
    face = np.ascontiguousarray(portrait[60:190:1, 160:280])
    return Film(filmed(face, 4, 13))


def test_a_scan_finds_shots_tracks_and_people(film: Film) -> None:
    events: list[Any] = []
    found: FilmScan = scan(film, events.append)  # type: ignore[arg-type, assignment]
    assert [len(shot) for shot in found.shots] == [13]
    assert [len(track) for track in found.tracks_of(found.shots[0])] == [13]
    assert [person.tracks for person in found.people] == [(0,)]
    assert events[0] == Advanced("frames", 13, 13)
    assert events[-1] == Scanned(found)
    needed = effort(found, 0.1, 0.01)
    assert (needed.faces, needed.frames) == (13, 13)
    assert needed.seconds == pytest.approx(1.43)


def test_a_scan_stops_at_once(film: Film) -> None:
    film.read = 0
    assert scan(film, stopped=lambda: film.read > 2) is None  # type: ignore[arg-type]
    assert film.read == 3


def test_a_part_of_a_film_is_scanned_as_a_part(film: Film) -> None:
    found = scan(film, start=2, stop=11)  # type: ignore[arg-type]
    assert found is not None
    assert [(shot.start, shot.stop) for shot in found.shots] == [(0, 2), (2, 11), (11, 13)]
    assert (found.tracks[0].first, found.tracks[0].last, found.film.frames) == (2, 10, 13)
