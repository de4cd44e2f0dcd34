"""Test guides that are prepared once: shared, saved, and used in another process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest

from fakes import BLANK, FACE
from gfrnet import images
from gfrnet.errors import Advice, ConfigError, DataError, NoFaceError, WriteError
from gfrnet.faces import choose
from gfrnet.images import Photo
from gfrnet.restore import GuideSet, GuideSkipped, Restorer, guide_set
from gfrnet.types import BoolArray, FloatArray, UInt8Image


@pytest.fixture
def good(tmp_path: Path, portrait: UInt8Image) -> Path:
    return images.write(Photo(portrait), tmp_path / "good.png")


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    return images.write(Photo(BLANK), tmp_path / "wall.png")


def test_prepared_guides_give_the_same_result_as_their_files(
    restorer: Restorer, portrait: UInt8Image, good: Path, wall: Path
) -> None:
    photo = portrait[:, ::-1].copy()
    events: list[object] = []
    given = restorer.restore(photo, [good, wall], on_event=events.append)
    prepared = restorer.restore(photo, restorer.guides([good, wall]), on_event=events.append)
    np.testing.assert_array_equal(given.photo.pixels, prepared.photo.pixels)
    assert given.guides_skipped == prepared.guides_skipped
    assert given.inputs == prepared.inputs == (good, wall)
    assert [event.name for event in events if isinstance(event, GuideSkipped)] == [str(wall)] * 2


def test_a_prepared_guide_is_not_read_again(restorer: Restorer, portrait: UInt8Image, good: Path) -> None:
    guides = restorer.guides(good)
    good.unlink()
    assert restorer.restore(portrait, guides, places=[FACE]).count("restored") == 1


def test_a_saved_set_restores_the_same_bits_in_another_process(
    portrait: UInt8Image, good: Path, wall: Path, tmp_path: Path
) -> None:
    restorer = Restorer.load()
    photo = images.write(Photo(portrait[:, ::-1].copy()), tmp_path / "photo.png")
    guides = restorer.guides([wall, good])
    saved = guides.save(tmp_path / "ada.npz")
    expected = restorer.restore(photo, guides)
    program = (
        "import sys\nfrom gfrnet import GuideSet, Restorer\n"
        "result = Restorer.load().restore(sys.argv[1], GuideSet.load(sys.argv[2]))\n"
        "print([skip.name for skip in result.guides_skipped], result.faces[0].guide)\n"
        "result.save(sys.argv[3])\n"
    )
    other = subprocess.run(
        [sys.executable, "-c", program, photo, saved, tmp_path / "out.png"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == f"{[str(wall)]} 1"
    np.testing.assert_array_equal(images.read(tmp_path / "out.png").pixels, expected.photo.pixels)


def test_saving_keeps_everything(restorer: Restorer, good: Path, wall: Path, tmp_path: Path) -> None:
    guides = restorer.guides([wall, good])
    found = GuideSet.load(guides.save(tmp_path / "set.npz"))
    assert found.skipped == guides.skipped
    assert found.skipped[0].advice == (Advice.CHOOSE_ANOTHER_GUIDE, Advice.SEARCH_THOROUGHLY)
    assert found.files == guides.files
    for one, other in zip(guides.guides, found.guides, strict=True):
        assert (one.index, one.name, one.content) == (other.index, other.name, other.content)
        assert one.face.portrait.quality == other.face.portrait.quality
        np.testing.assert_array_equal(one.face.crop, other.face.crop)
        np.testing.assert_array_equal(one.face.portrait.embedding, other.face.portrait.embedding)
        np.testing.assert_array_equal(one.face.portrait.view, other.face.portrait.view)


def test_a_set_is_never_saved_over_a_guide(restorer: Restorer, good: Path) -> None:
    with pytest.raises(WriteError, match="is an input"):
        restorer.guides(good).save(good)


def test_a_damaged_file_is_no_guide_set(restorer: Restorer, good: Path, tmp_path: Path) -> None:
    path = restorer.guides(good).save(tmp_path / "set.npz")
    data = path.read_bytes()
    for damaged in (b"", b"no archive", data[: len(data) // 2], good.read_bytes()):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"set\.npz .*Save the guides again"):
            GuideSet.load(path)
    with pytest.raises(DataError, match="does not exist"):
        GuideSet.load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"version": 2}, "version 2"),
        ({"embedding": "other"}, "embeddings of other"),
        ({"guides": []}, "an array is"),
        ({"files": None}, "guide set"),
        ({"skipped": [{"index": float("inf")}]}, "infinity"),
        ({"quality": {"sharpness": float("nan"), "frontal": 1, "size": 90}}, "a quality is none"),
        ({"quality": {"sharpness": 1, "frontal": -1, "size": 90}}, "a quality is none"),
    ],
)
def test_a_set_of_another_version_is_refused(
    restorer: Restorer, good: Path, tmp_path: Path, change: dict[str, object], complaint: str
) -> None:
    path = restorer.guides(good).save(tmp_path / "set.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    about = json.loads(arrays["about"].tobytes())
    about["guides"][0] |= {name: value for name, value in change.items() if name == "quality"}
    about |= change
    np.savez(path, **(arrays | {"about": np.frombuffer(json.dumps(about).encode(), np.uint8)}))
    with pytest.raises(DataError, match=complaint):
        GuideSet.load(path)


def test_a_small_file_cannot_fill_the_memory(
    restorer: Restorer, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = restorer.guides(good).save(tmp_path / "set.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez_compressed(path, **(arrays | {"about": np.zeros(10_000_000, np.uint8)}))
    assert path.stat().st_size < 1_000_000
    monkeypatch.setattr("gfrnet.restore.guide_set.MOST_BYTES", 1_000_000)
    with pytest.raises(DataError, match="would unpack"):
        GuideSet.load(path)


def test_a_set_that_could_not_be_loaded_is_not_saved(
    restorer: Restorer, good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gfrnet.restore.guide_set.MOST_BYTES", 100_000)
    with pytest.raises(WriteError, match="too many"):
        restorer.guides(good).save(tmp_path / "set.npz")
    assert not (tmp_path / "set.npz").exists()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("embeddings", np.full((1, 128), np.nan, np.float32)),
        ("about", np.frombuffer(b"[" * 100_000, np.uint8)),
        ("views", np.zeros((1, 99), np.float32)),
        ("views", np.zeros(1, np.float32)),
    ],
)
def test_values_that_nobody_saved_are_refused(
    restorer: Restorer, good: Path, tmp_path: Path, name: str, values: np.ndarray
) -> None:
    path = restorer.guides(good).save(tmp_path / "set.npz")
    with np.load(path) as stored:
        arrays = dict(stored)
    np.savez(path, **(arrays | {name: values}))
    with pytest.raises(DataError, match="no guide set"):
        GuideSet.load(path)


def test_file_names_that_are_not_utf_8_are_kept(
    restorer: Restorer, portrait: UInt8Image, tmp_path: Path
) -> None:
    names = ("Zo\u00eb.png", os.fsdecode(b"caf\xe9.png"))
    files = [images.write(Photo(portrait), tmp_path / name) for name in names]
    found = GuideSet.load(restorer.guides(files).save(tmp_path / "set.npz"))
    assert found.files == tuple(files)
    assert [guide.name for guide in found.guides] == [str(file) for file in files]


def test_a_set_is_saved_under_its_own_suffix_only(restorer: Restorer, good: Path, tmp_path: Path) -> None:
    guides = restorer.guides(good)
    for name in ("set.jpg", "set"):
        with pytest.raises(WriteError, match=r"does not end in \.npz"):
            guides.save(tmp_path / name)
        assert not (tmp_path / name).exists()


def test_the_name_of_a_set_is_text_or_a_path(restorer: Restorer, good: Path) -> None:
    for use in (restorer.guides(good).save, GuideSet.load):
        with pytest.raises(ConfigError, match="must be a str or a Path"):
            use(None)  # type: ignore[arg-type]


def test_a_file_of_another_kind_is_refused_without_talk_of_pickles(tmp_path: Path) -> None:
    np.save(tmp_path / "array.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("array.npy", "text.npz"):
        with pytest.raises(DataError, match="it is no archive of NumPy"):
            GuideSet.load(tmp_path / name)


def test_prepared_guides_cannot_be_changed(restorer: Restorer, good: Path, tmp_path: Path) -> None:
    """Check that no caller can spoil the guides of later photos and of other threads."""
    guides = restorer.guides(good)
    for prepared in (guides, GuideSet.load(guides.save(tmp_path / "set.npz"))):
        face = prepared.guides[0].face
        for array in (face.crop, face.portrait.embedding, face.portrait.view, prepared.alike):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 0


def test_pickled_objects_are_never_loaded(tmp_path: Path) -> None:
    np.savez(tmp_path / "set.npz", about=np.array([{"version": 1}], dtype=object))
    with pytest.raises(DataError):
        GuideSet.load(tmp_path / "set.npz")


def test_a_set_that_holds_the_photo_does_not_guide_it_with_itself(
    restorer: Restorer, portrait: UInt8Image, good: Path, tmp_path: Path
) -> None:
    mirrored = images.write(Photo(portrait[:, ::-1].copy()), tmp_path / "mirrored.png")
    guides = restorer.guides([good, mirrored])
    result = restorer.restore(good, guides)
    assert [skip.name for skip in result.guides_skipped] == [str(good)]
    assert [guide.index for guide in result.faces[0].guides] == [1]
    with pytest.raises(NoFaceError, match="very photo"):
        restorer.restore(good, restorer.guides(good))


def test_the_guides_of_a_file_can_be_left_out_silently(restorer: Restorer, good: Path, wall: Path) -> None:
    guides = restorer.guides([good, wall])
    assert not guides.without_file(wall).skipped
    assert guides.without_file(good) is guides
    assert len(restorer.guides([good, good.with_name("good.png")]).without_file(good)) == 2


def test_a_set_needs_at_least_one_guide(restorer: Restorer, wall: Path) -> None:
    with pytest.raises(ConfigError, match="at least one"):
        restorer.guides([])
    with pytest.raises(NoFaceError, match="No face found"):
        restorer.guides(wall)
    with pytest.raises(ConfigError, match="at least one"):
        GuideSet(())


def test_choosing_among_many_guides_takes_no_longer_than_among_few(portrait: UInt8Image) -> None:
    """Time begin alone: choosing among 200 prepared guides instead of 8."""
    restorer = Restorer.load()
    few = restorer.guides([np.roll(portrait, step, axis=1) for step in range(8)])
    many = GuideSet(few.guides * 25, (), ())
    times: dict[int, list[float]] = {8: [], 200: []}
    for _ in range(7):
        for guides in (few, many):
            start = perf_counter()
            restorer.begin(portrait, guides, places=[FACE])
            times[len(guides)].append(perf_counter() - start)
    assert min(times[200]) < min(times[8]) + 0.03


def test_the_guides_are_compared_with_each_other_once_for_all_photos(
    portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = list[int]()
    real = guide_set.same_people

    def counting(embeddings: FloatArray) -> BoolArray:
        compared.append(len(embeddings))
        return real(embeddings)

    monkeypatch.setattr(guide_set, "same_people", counting)
    monkeypatch.setattr(choose, "same_people", counting)
    restorer = Restorer.load()
    guides = restorer.guides([portrait, portrait[:, ::-1].copy()])
    for strength in (0.5, 1.0, None):
        restorer.begin(portrait, guides, places=[FACE], strength=strength)
    assert compared == [2]
