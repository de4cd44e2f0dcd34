from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import Guides, Samples, build_dataset, read_manifest
from gfrnet.data.samples.self_guide import MIRRORED
from gfrnet.data.synthetic import (
    Identity,
    Light,
    View,
    canonical_landmarks,
    exact_flow,
    render,
    sample_identity,
    sample_view,
    write_synthetic,
)
from gfrnet.data.synthetic.view import to_picture, to_plane
from gfrnet.errors import DataError
from gfrnet.metrics import psnr


def two_views(seed: int) -> tuple[Identity, View, View]:
    """Invent a person and two views in neutral light."""
    rng = np.random.default_rng(seed)
    identity = sample_identity(rng)
    return identity, replace(sample_view(rng), light=Light()), replace(sample_view(rng), light=Light())


@pytest.mark.parametrize("seed", range(5))
def test_the_guide_warped_by_the_exact_flow_is_the_target(seed: int) -> None:
    identity, target, guide = two_views(seed)
    truth, pixels = render(identity, target).pixels, render(identity, guide).pixels
    flow = exact_flow(target, guide)
    warped = cv2.remap(pixels, (flow + 1) * np.float32(127.5), None, cv2.INTER_CUBIC)
    seen = (np.abs(flow) < 1).all(-1)
    assert seen.mean() > 0.6
    assert psnr(np.asarray(warped, dtype=np.uint8), truth, seen) > psnr(pixels, truth, seen) + 10
    assert psnr(np.asarray(warped, dtype=np.uint8), truth, seen) > 32


@pytest.mark.parametrize("seed", range(5))
def test_landmarks_agree_with_the_flow(seed: int) -> None:
    identity, target, guide = two_views(seed)
    points = render(identity, target).landmarks
    flow = cv2.remap(exact_flow(target, guide), points[None], None, cv2.INTER_LINEAR)[0]
    distance = np.linalg.norm((flow + 1) * 127.5 - render(identity, guide).landmarks, axis=1)
    assert distance.max() < 0.3


def test_places_lead_back_to_the_pixels() -> None:
    identity, view, _ = two_views(3)
    columns = (to_picture(view, render(identity, view, 64).places)[..., 0] + 1) * 31.5
    assert np.abs(columns - np.arange(64)).max() < 0.01


def test_the_plane_is_the_inverse_of_the_picture() -> None:
    view = View((0.1, -0.1), 0.3, 0.8, yaw=-0.4, pitch=0.3, smile=0.6, opening=2.0)
    places = np.random.default_rng(0).uniform(-1.8, 1.8, (500, 2)).astype(np.float32)
    np.testing.assert_allclose(to_plane(view, to_picture(view, places)), places, atol=1e-4)


def test_a_view_does_what_its_names_say() -> None:
    points = canonical_landmarks(two_views(0)[0])
    straight = to_picture(View(), points)
    assert np.all(to_picture(View(yaw=0.2), points)[30] > straight[30] + (0.1, -1e-6))
    assert np.all(to_picture(View(pitch=0.2), points)[30] > straight[30] + (-1e-6, 0.1))
    assert to_picture(View(roll=0.2), points)[8, 0] < straight[8, 0]
    assert to_picture(View(smile=0.4), points)[48, 1] < straight[48, 1]
    assert np.ptp(to_picture(View(opening=1), points)[60:, 1]) > 1.5 * np.ptp(straight[60:, 1])


def test_a_mirrored_view_has_the_mirrored_landmarks() -> None:
    identity, view, _ = two_views(2)
    x, y = view.shift
    mirrored = replace(view, shift=(-x, y), roll=-view.roll, yaw=-view.yaw)
    points = render(identity, view).landmarks[MIRRORED] * (-1, 1) + (255, 0)
    np.testing.assert_allclose(render(identity, mirrored).landmarks, points, atol=0.01)


def test_people_differ_and_can_be_made_again() -> None:
    one, view, _ = two_views(0)
    other, _, _ = two_views(1)
    twin = replace(one, detail=one.detail + 1)
    pixels = render(one, view).pixels
    assert np.array_equal(pixels, render(two_views(0)[0], view).pixels)
    assert psnr(render(other, view).pixels, pixels, np.ones((256, 256), bool)) < 20
    assert 20 < psnr(render(twin, view).pixels, pixels, np.ones((256, 256), bool)) < 40


def test_a_heavy_degradation_hides_the_detail() -> None:
    """Half of what tells two otherwise equal people apart is finer than 8 x downsampling leaves."""
    identity, view, _ = two_views(0)
    one = render(identity, view).pixels.astype(np.float32)
    other = render(replace(identity, detail=0), view).pixels.astype(np.float32)
    small = cv2.resize(one - other, (32, 32), interpolation=cv2.INTER_AREA)
    assert np.square(small).mean() < 0.6 * np.square(one - other).mean()


def test_a_written_data_set_trains(tmp_path: Path) -> None:
    written = write_synthetic(tmp_path, people=2, photos=3, seed=4)
    portraits = read_manifest(tmp_path)
    assert [p.person for p in portraits] == ["synthetic-4-000"] * 3 + ["synthetic-4-001"] * 3
    assert [p.guide for p in portraits] == [p.guide for p in written]
    assert [sum(p.guide for p in portraits[start : start + 3]) for start in (0, 3)] == [1, 1]
    np.testing.assert_allclose(portraits[5].points(), written[5].points(), atol=0.005)
    sample = Samples(portraits, Guides())[0]
    assert sample.target.shape == (256, 256, 3)
    assert np.abs(sample.target_points - 127.5).max() < 127.5


def test_a_person_is_the_same_in_every_data_set_of_a_seed(tmp_path: Path) -> None:
    small, large = (write_synthetic(tmp_path / str(n), people=n, photos=2) for n in (1, 2))
    assert np.array_equal(small[1].pixels(), large[1].pixels())


def test_of_an_older_one_nothing_is_left(tmp_path: Path) -> None:
    for people in (3, 2):
        written = write_synthetic(tmp_path, people, photos=2)
    assert set(tmp_path.rglob("*.png")) == {portrait.crop for portrait in written}


def test_an_interrupted_one_is_drawn_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(photo: images.Photo, path: Path) -> Path:
        monkeypatch.undo()
        images.write(photo, path)
        raise KeyboardInterrupt

    for _ in range(2):  # where there was none, and where there was one
        monkeypatch.setattr(images, "write", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_synthetic(tmp_path / "set", people=1, photos=2)
        with pytest.raises(DataError, match=r"manifest\.csv is missing"):
            read_manifest(tmp_path / "set")
        with pytest.raises(DataError, match=r"was not made by building a data set"):
            build_dataset(tmp_path / "photos", tmp_path / "set")
        write_synthetic(tmp_path / "set", people=1, photos=2)
        assert len(read_manifest(tmp_path / "set")) == 2
