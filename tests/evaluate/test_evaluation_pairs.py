from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet.data import Portrait, read_manifest
from gfrnet.errors import DataError
from gfrnet.evaluate import Pair, alone, list_pairs, write_pairs
from gfrnet.faces import pose68
from people import face_points, write_people


def test_every_photo_but_the_guide_is_a_target(dataset: Path) -> None:
    pairs = list_pairs(read_manifest(dataset))
    assert [pair.name for pair in pairs] == [f"p{p}/{n}.jpg" for p in range(3) for n in (1, 2)]
    assert all(pair.guide.guide and pair.guide.person == pair.target.person for pair in pairs)
    assert all(pair.stranger.guide and pair.stranger.person != pair.target.person for pair in pairs)


def test_others_are_all_photos_of_the_person_shuffled_by_the_name(tmp_path: Path) -> None:
    portraits = write_people(tmp_path, 2, 8)
    pairs = list_pairs(portraits)
    drawn = [tuple(photo.source for photo in pair.others) for pair in pairs]
    for pair, names in zip(pairs, drawn, strict=True):
        assert len({*names} - {pair.name, pair.guide.source}) == 6
        assert all(photo.person == pair.target.person for photo in pair.others)
    assert len(set(drawn[:7])) == 7
    assert drawn == [tuple(photo.source for photo in pair.others) for pair in list_pairs(portraits)]
    assert [len(pair.others) for pair in list_pairs(portraits[:4] + portraits[8:10])] == [2, 2, 2, 0]


def test_recipes_are_fixed_by_pair_and_protocol(dataset: Path) -> None:
    one, other = list_pairs(read_manifest(dataset))[:2]
    assert one.recipe("blind", 4) == one.recipe("blind", 4) != other.recipe("blind", 4)
    assert one.recipe("blind", 8).scale == 8
    bicubic = one.recipe("bicubic", 4)
    assert (bicubic.scale, bicubic.blur, bicubic.noise, bicubic.jpeg) == (4, 0, 0, 0)


def test_the_list_can_be_written(dataset: Path, tmp_path: Path) -> None:
    write_pairs(list_pairs(read_manifest(dataset)), tmp_path / "pairs.csv")
    assert (tmp_path / "pairs.csv").read_text().splitlines()[1] == "p0,p0/1.jpg,p0/0.jpg,p1/0.jpg"


def posed(portrait: Portrait, yaw: float = 0, pitch: float = 0, roll: float = 0) -> Portrait:
    return replace(portrait, yaw=yaw, pitch=pitch, roll=roll)


def test_pose_gap_is_the_angle_between_the_heads(dataset: Path) -> None:
    photo, other, *_ = read_manifest(dataset)
    for turn in ({"yaw": 30}, {"pitch": -30}, {"roll": 30}):
        assert Pair(posed(photo, **turn), posed(other), other).pose_gap == pytest.approx(30)
        assert Pair(posed(photo), posed(other, **turn), other).pose_gap == pytest.approx(30)
    assert Pair(posed(photo, 20, 5, 9), posed(other, 20, 5, 9), other).pose_gap == pytest.approx(0, abs=1e-4)
    assert Pair(posed(photo, yaw=-25), posed(other, yaw=25), other).pose_gap == pytest.approx(50)


def test_pose_gap_is_that_of_opencvs_rotations(dataset: Path) -> None:
    """Compare two poses that `pose68` found, by rotation vectors instead of matrices written out."""
    photo, other, *_ = read_manifest(dataset)
    skew = np.array([[1, 0.1], [-0.2, 0.9]], np.float32)
    poses = [pose68(points) for points in (face_points(), face_points() @ skew)]
    matrices = []
    for pose in poses:
        turns = np.radians([(pose.pitch, 0, 0), (0, -pose.yaw, 0), (0, 0, pose.roll)])
        about_x, about_y, about_z = (cv2.Rodrigues(turn)[0] for turn in turns)
        matrices.append(about_z @ about_y @ about_x)
    expected = np.degrees(np.linalg.norm(cv2.Rodrigues(matrices[0].T @ matrices[1])[0]))
    one, two = (posed(photo, pose.yaw, pose.pitch, pose.roll) for pose in poses)
    assert expected > 5
    assert Pair(one, two, other).pose_gap == pytest.approx(expected, rel=1e-6)


def test_too_few_people(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Only p0 has two photos.*two people"):
        list_pairs(write_people(tmp_path / "one", 1, 3))
    with pytest.raises(DataError, match="Nobody"):
        list_pairs(write_people(tmp_path / "single", 3, 1))


def test_people_of_one_photo_are_left_out_and_named(tmp_path: Path) -> None:
    portraits = [photo for photo in write_people(tmp_path, 4, 2) if photo.source != "p1/1.jpg"]
    assert alone(portraits) == ("p1",)
    pairs = list_pairs(portraits)
    assert [pair.name for pair in pairs] == ["p0/1.jpg", "p2/1.jpg", "p3/1.jpg"]
    assert [pair.stranger.person for pair in pairs] == ["p2", "p3", "p0"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"landmarks": None}, "p1/2.jpg of p1 has no landmarks"),
        ({"crop": None}, "no crop"),
        ({"size": 128}, "128"),
    ],
)
def test_photos_that_cannot_be_measured_on(fault: dict[str, object], message: str, tmp_path: Path) -> None:
    portraits = list(write_people(tmp_path))
    portraits[5] = replace(portraits[5], **fault)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=message):
        list_pairs(portraits)
