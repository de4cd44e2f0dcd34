from itertools import combinations
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Portrait
from gfrnet.data.build.people import one_person_twice, split_of
from gfrnet.data.build.portray import Seen
from gfrnet.data.build.select import MANY, finish_person, strangers
from gfrnet.data.fingerprint import fingerprint
from people import face_points

ONE, OTHER = np.eye(128, dtype=np.float32)[:2] * 0.6


def seen(
    root: Path, name: str, *, who: np.ndarray = ONE, picture: int | None = None, **measures: float
) -> Seen:
    """A photo with a random picture of its own unless ``picture`` says which."""
    rng = np.random.default_rng(crc32(name.encode()) if picture is None else picture)
    small = rng.integers(0, 256, (32, 32, 3), dtype=np.uint8)
    pixels = np.kron(small, np.ones((8, 8, 1), np.uint8))
    good = {"sharpness": 0.4, "resolution": 256.0, "eyes_open": 0.3} | measures
    portrait = Portrait(
        "p", name, images.write(images.Photo(pixels), root / f"{name}-{who.argmax()}.png"),
        (0, 0, 256, 256), face_points(), embedding=who, **good,  # type: ignore[arg-type]
    )  # fmt: skip
    return Seen(portrait, fingerprint(pixels, face_points(), portrait.mask()))


def roles(photos: list[Seen], **wanted: float) -> dict[str, str]:
    finished = finish_person([(photo,) for photo in photos], **wanted)  # type: ignore[arg-type]
    return {p.source: p.role or p.dropped for p in finished.portraits}


def test_the_guide_is_frontal_sharp_and_has_open_eyes(tmp_path: Path) -> None:
    measures = {
        "turned": {"yaw": 30},
        "good": {},
        "blurred": {"sharpness": 0.2},
        "asleep": {"eyes_open": 0.1},
    }
    found = roles([seen(tmp_path, name, **measure) for name, measure in measures.items()])
    assert found == {"turned": "target", "good": "guide", "blurred": "target", "asleep": "target"}


def test_low_resolution_and_covers(tmp_path: Path) -> None:
    photos = [
        seen(tmp_path, "a"),
        seen(tmp_path, "b"),
        seen(tmp_path, "c", resolution=50),
        seen(tmp_path, "d", occlusion=0.5),
    ]
    found = roles(photos, min_resolution=96)
    assert found["c"] == "low resolution: detail of 50 pixels"
    assert found["d"] == "covered or cut off: 50% of the face"
    assert roles(photos[:3])["c"] == "target"


def test_strangers_leave_and_two_who_disagree_stay(tmp_path: Path) -> None:
    photos = [seen(tmp_path, "a"), seen(tmp_path, "b"), seen(tmp_path, "c"), seen(tmp_path, "x", who=OTHER)]
    assert roles(photos)["x"].startswith("another person: distance 0.85")
    finished = finish_person([(photos[0],), (photos[3],)])
    assert all(portrait.role for portrait in finished.portraits)
    assert finished.notes == ("a and x may show two people (distance 0.85).",)


def test_two_against_two_are_noted(tmp_path: Path) -> None:
    whose = {"a": ONE, "b": ONE, "x": OTHER, "y": OTHER}
    finished = finish_person([(seen(tmp_path, name, who=who),) for name, who in whose.items()])
    assert sum(bool(portrait.role) for portrait in finished.portraits) == 2
    assert finished.notes == (
        "p: 2 of 4 photos are taken for other people's. Look whether the right ones are left. "
        "If each shows another person, use the layout singles.",
    )


def test_the_mean_is_of_all_usable_photos(tmp_path: Path) -> None:
    near = ONE + np.float32(0.01)
    photos = [(seen(tmp_path, "a"),), (seen(tmp_path, "b", who=near),), (seen(tmp_path, "c", resolution=9),)]
    mean = finish_person(photos, min_resolution=96).mean
    assert mean is not None
    np.testing.assert_allclose(mean, (ONE + near) / 2, rtol=1e-5)
    only = finish_person(photos[:1])
    assert only.portraits[0].dropped
    np.testing.assert_array_equal(only.mean, ONE)
    assert finish_person(photos[2:], min_resolution=96).mean is None


def test_a_name_of_many_is_noted(tmp_path: Path) -> None:
    drops, notes = strangers([seen(tmp_path, "a")] * (MANY + 1))
    assert not drops
    assert notes == ("p has 1001 photos. Is it one person?",)


def test_of_copies_the_best_is_kept(tmp_path: Path) -> None:
    photos = [
        seen(tmp_path, "bad", picture=1, sharpness=0.2), seen(tmp_path, "best", picture=1),
        seen(tmp_path, "grey", picture=1, grey=True), seen(tmp_path, "other", picture=2),
    ]  # fmt: skip
    found = roles(photos)
    assert found["bad"] == found["grey"] == "near-duplicate of best"
    assert {found["best"], found["other"]} == {"guide", "target"}


def test_the_person_is_found_among_two_faces(tmp_path: Path) -> None:
    alone = [(seen(tmp_path, name),) for name in "ab"]
    together = (seen(tmp_path, "both", who=OTHER), seen(tmp_path, "both", who=ONE, picture=9))
    finished = finish_person([*alone, together])
    stranger, mine = finished.portraits[2:]
    assert stranger.dropped == "another face of a photo with several"
    assert mine.role


def test_the_person_is_who_is_in_most_photos(tmp_path: Path) -> None:
    """Nobody is ever alone but a guest; the partner is on two of three photos, and larger."""
    partner, guest = OTHER, np.eye(128, dtype=np.float32)[2] * 0.6
    company = {"a": partner, "b": partner, "c": guest}
    photos = [(seen(tmp_path, name, who=who), seen(tmp_path, name)) for name, who in company.items()]
    finished = finish_person([*photos, (seen(tmp_path, "d", who=guest),)])
    assert [bool(portrait.role) for portrait in finished.portraits] == [False, True] * 3 + [False]


def test_a_few_good_and_varied_photos(tmp_path: Path) -> None:
    yaws = {"front": 0, "front2": 1, "front3": 2, "left": -30, "right": 30, "bad": 60}
    photos = [
        seen(tmp_path, name, yaw=yaw, sharpness=0.1 if name == "bad" else 0.4) for name, yaw in yaws.items()
    ]
    found = roles(photos, per_person=3)
    assert found == {
        "front": "guide", "front2": "spare", "front3": "spare",
        "left": "target", "right": "target", "bad": "spare",
    }  # fmt: skip


def test_the_only_photo_of_a_person(tmp_path: Path) -> None:
    assert "keep people of one photo" in roles([seen(tmp_path, "a")])["a"]
    assert roles([seen(tmp_path, "a")], self_guide=True) == {"a": "single"}


def test_nobody_with_a_face() -> None:
    faceless = Seen(Portrait("p", "a", None, (0, 0, 0, 0), None, dropped="no face found"))
    assert roles([faceless]) == {"a": "no face found"}


def test_splits_depend_on_the_name_alone() -> None:
    names = [f"person {number}" for number in range(2000)]
    splits = [split_of(name, 0.1) for name in names]
    assert 0.07 < splits.count("val") / len(splits) < 0.13
    assert split_of("Ada", 0) == ""
    later = {name: split_of(name, 0.2) for name in names}
    assert all(later[name] == "val" for name, split in zip(names, splits, strict=True) if split == "val")


def test_one_person_in_two_folders_is_told() -> None:
    rng = np.random.default_rng(0)
    means = {f"p{n}": vector for n, vector in enumerate(rng.normal(0, 0.06, (5, 128)).astype(np.float32))}
    assert min(np.linalg.norm(a - b) for a, b in combinations(means.values(), 2)) > 0.6
    assert not list(one_person_twice(means))
    (note,) = one_person_twice(means | {"again": means["p3"] + 0.01})
    assert note.startswith("p3 and again may be one person (distance 0.11)")
    assert not list(one_person_twice({}))


@pytest.mark.parametrize("per_person", [2, 5])
def test_per_person_counts_the_guide(tmp_path: Path, per_person: int) -> None:
    found = list(roles([seen(tmp_path, name) for name in "abcdefg"], per_person=per_person).values())
    assert found.count("guide") == 1
    assert found.count("target") == per_person - 1
