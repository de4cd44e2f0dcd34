"""A track is restored as one: steadily, with one verdict, and without a touch on anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from gfrnet.errors import Advice
from gfrnet.film import (
    FilmScan,
    FilmSource,
    Frame,
    Person,
    Portraits,
    TrackMeasures,
    TrackPlan,
    decide,
    people_guides,
    restored_shot,
    scan,
)
from gfrnet.images import Photo
from gfrnet.restore import GuideSet, Place, RestoreOptions, Restorer
from gfrnet.types import UInt8Image
from moving import filmed

COUNT = 14


def written(frames: list[UInt8Image], path: Path, pixel_format: str) -> FilmSource:
    """Write frames without loss, and open them as a film."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=25)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixel_format
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24").reformat(format=pixel_format)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return FilmSource.open(path, deinterlace="no", threads=1)


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load(threads=2)


@pytest.fixture(scope="module")
def guides(restorer: Restorer, portrait: UInt8Image) -> GuideSet:
    return restorer.guides(portrait)


@pytest.fixture(scope="module")
def pictures(portrait: UInt8Image) -> list[UInt8Image]:
    """Frames of a blurred face that moves, under grain."""
    face = np.ascontiguousarray(cv2.resize(portrait[50:200, 150:290], (110, 118)))
    small = cv2.resize(face, (44, 47), interpolation=cv2.INTER_AREA)
    return filmed(np.asarray(cv2.resize(small, (110, 118), interpolation=cv2.INTER_CUBIC)), 1, COUNT)


@pytest.fixture(scope="module")
def film(pictures: list[UInt8Image], tmp_path_factory: pytest.TempPathFactory) -> FilmSource:
    return written(pictures, tmp_path_factory.mktemp("film") / "film.mkv", "bgr0")


@pytest.fixture(scope="module")
def frames(film: FilmSource) -> list[Frame]:
    return list(film.frames())


@pytest.fixture(scope="module")
def found(film: FilmSource, guides: GuideSet) -> FilmScan:
    scanned = scan(film, portraits=[Portraits.of("Anna", guides)])
    assert scanned is not None
    return scanned


@pytest.fixture(scope="module")
def plan(film: FilmSource, found: FilmScan, guides: GuideSet, restorer: Restorer) -> TrackPlan:
    track = found.tracks[0]
    return decide(track, found.person_of(track), guides, film.frames, restorer, RestoreOptions())


def test_the_plan_is_one_for_the_track(plan: TrackPlan, found: FilmScan) -> None:
    assert (plan.status, plan.reason) == ("restored", "")
    assert len(plan.track) == COUNT
    assert plan.similarity is not None
    assert plan.needed is not None
    assert plan.similarity > plan.needed
    assert 0.25 <= plan.strength <= 1
    assert [guide.index for guide in plan.guides] == [0]
    assert plan.weights == (1.0,)


def test_a_film_becomes_steadier_and_samples_outside_stay(
    plan: TrackPlan, frames: list[Frame], restorer: Restorer
) -> None:
    measures: list[TrackMeasures] = []
    results = []
    for stable in (0.0, 1.0):
        shot = restored_shot(frames, [plan], restorer, stable=stable, on_measures=measures.append)
        results.append(list(shot))
    single, steady = measures
    assert steady.flicker_after < 0.7 * single.flicker_after
    assert steady.flicker_after < steady.flicker_before
    assert steady.frames == COUNT
    assert steady.similarity_after is not None
    assert steady.similarity_after > 0.8
    for frame, after in zip(frames, results[1], strict=True):
        place = plan.track.place(frame.index)
        reach = place.side / 2
        left, top = (int(np.floor(value - reach)) for value in place.center)
        right, bottom = (int(np.ceil(value + reach)) for value in place.center)
        differs = np.any(frame.rgb() != after.rgb(), axis=2)
        assert differs[max(top, 0) : bottom, max(left, 0) : right].mean() > 0.2
        differs[max(top, 0) : bottom, max(left, 0) : right] = False
        assert not differs.any()


def test_frame_by_frame_is_what_photos_get(
    plan: TrackPlan, frames: list[Frame], guides: GuideSet, restorer: Restorer
) -> None:
    after = next(restored_shot(frames[:1], [plan], restorer, stable=0))
    spot = plan.track.spots[0]
    photo = restorer.restore(
        Photo(frames[0].rgb()), places=[Place(spot.box, spot.angle, guides)], strength=plan.strength
    )
    apart = after.rgb().astype(int) - photo.photo.pixels
    assert np.abs(apart).max() <= 1
    assert (apart != 0).mean() < 0.001


def test_the_same_frames_give_the_same_bits(plan: TrackPlan, frames: list[Frame], restorer: Restorer) -> None:
    once, again = (list(restored_shot(frames, [plan], restorer)) for _ in range(2))
    for a, b in zip(once, again, strict=True):
        np.testing.assert_array_equal(a.rgb(), b.rgb())


def test_a_grey_film_stays_grey(
    pictures: list[UInt8Image], found: FilmScan, guides: GuideSet, restorer: Restorer, tmp_path: Path
) -> None:
    greys = [np.repeat(cv2.cvtColor(one, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2) for one in pictures[:6]]
    source = written(greys, tmp_path / "grey.mkv", "yuv420p")
    track = found.tracks[0]
    short = replace(track, spots=track.spots[:6], sharpest=(0, 4), embeddings=track.embeddings[:1])
    plan = decide(short, found.person_of(track), guides, source.frames, restorer, RestoreOptions())
    assert plan.status == "restored"
    before = list(source.frames())
    for old, new in zip(before, restored_shot(before, [plan], restorer), strict=True):
        one, other = (frame.picture.to_ndarray() for frame in (old, new))  # luma above chroma
        assert np.any(one[: old.picture.height] != other[: old.picture.height])
        np.testing.assert_array_equal(one[old.picture.height :], other[old.picture.height :])


def test_a_track_comes_and_goes_softly_within_its_shot(
    plan: TrackPlan, frames: list[Frame], restorer: Restorer
) -> None:
    track = plan.track
    inner = replace(track, spots=track.spots[2:12], sharpest=(5,))
    after = list(restored_shot(frames, [replace(plan, track=inner)], restorer))
    changes = [
        float(np.abs(a.rgb().astype(int) - b.rgb()).mean()) for a, b in zip(frames, after, strict=True)
    ]
    assert [a is b for a, b in zip(frames, after, strict=True)] == [True] * 2 + [False] * 10 + [True] * 2
    assert changes[2] < 0.4 * changes[6]
    assert changes[11] < 0.4 * changes[7]
    assert changes[2] < changes[3] < changes[4]


def test_few_frames_wait_in_memory(plan: TrackPlan, frames: list[Frame], restorer: Restorer) -> None:
    taken, most = 0, 0

    def reading() -> Iterator[Frame]:
        nonlocal taken
        for frame in frames:
            taken += 1
            yield frame

    for given, after in enumerate(restored_shot(reading(), [plan], restorer)):
        assert after.index == given
        most = max(most, taken - given)
    assert most <= 9


def test_only_restored_tracks_are_touched(
    film: FilmSource, found: FilmScan, frames: list[Frame], restorer: Restorer, stranger: UInt8Image
) -> None:
    track = found.tracks[0]
    without = decide(track, Person(3, None, (0,)), None, film.frames, restorer, RestoreOptions())
    assert without.status == "skipped"
    assert "no portrait of person 3" in without.reason
    other = restorer.guides(stranger)
    wrong = decide(track, Person(1, "Ben", (0,)), other, film.frames, restorer, RestoreOptions())
    assert wrong.status == "skipped"
    assert "Ben" in wrong.reason
    assert Advice.CHOOSE_ANOTHER_GUIDE in wrong.advice
    after = list(restored_shot(frames, [without, wrong], restorer))
    assert all(a is b for a, b in zip(frames, after, strict=True))
    by_hand = Person(1, "Ben", (0,), by_hand=True)
    assert decide(track, by_hand, other, film.frames, restorer, RestoreOptions()).status == "restored"


def test_portraits_guide_their_person_alone(found: FilmScan, guides: GuideSet) -> None:
    assert people_guides(found, {"Anna": guides}) == {1: guides}
    assert people_guides(found, {"Ben": guides}) == {}


@pytest.mark.parametrize("stable", [-0.1, 1.5, float("nan")])
def test_a_wrong_stability_is_refused(stable: float, plan: TrackPlan, restorer: Restorer) -> None:
    with pytest.raises(ValueError, match="stable"):
        next(restored_shot([], [plan], restorer, stable=stable))
