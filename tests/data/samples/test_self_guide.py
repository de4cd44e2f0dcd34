import cv2
import numpy as np
import pytest

from gfrnet.data import make_self_guide
from gfrnet.data.samples.self_guide import MIRRORED, carried_points, inverted, relight, smooth_places
from people import face_points


def smooth_picture() -> np.ndarray:
    small = np.random.default_rng(2).integers(40, 216, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC)


def warped(picture: np.ndarray, flow: np.ndarray) -> np.ndarray:
    return cv2.remap(picture, ((flow + 1) * 127.5).astype(np.float32), None, cv2.INTER_LINEAR)


@pytest.mark.parametrize("mirrored", [False, True])
def test_the_guide_warped_by_the_flow_is_the_photo_up_to_light(mirrored: bool) -> None:
    photo = smooth_picture()
    for seed in range(4):
        made = make_self_guide(photo, face_points(), np.random.default_rng(seed), mirrored=mirrored)
        grey = [
            cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(float) for p in (warped(made.pixels, made.flow), photo)
        ]
        detail = [(p - cv2.GaussianBlur(p, (0, 0), 8))[made.known] for p in grey]
        assert np.corrcoef(*detail)[0, 1] > 0.88
        unmoved = cv2.cvtColor(made.pixels, cv2.COLOR_RGB2GRAY).astype(float)
        assert (
            np.corrcoef((unmoved - cv2.GaussianBlur(unmoved, (0, 0), 8))[made.known], detail[1])[0, 1] < 0.7
        )
        assert made.known.mean() > 0.5


def test_the_flow_is_exact() -> None:
    pixels = np.stack(np.meshgrid(np.arange(256), np.arange(256)), axis=-1)
    for seed in range(20):
        places = smooth_places(256, np.random.default_rng(seed))
        landing = inverted(places)
        inside = ((landing >= 0) & (landing <= 255)).all(axis=-1)
        error = np.abs(cv2.remap(places, landing, None, cv2.INTER_LINEAR) - pixels)[inside]
        assert np.percentile(error, 99) < 0.15
        assert error.max() < 0.5


def test_no_warp_folds() -> None:
    for seed in range(100):
        places = smooth_places(128, np.random.default_rng(seed))
        right, down = np.diff(places, axis=1)[:-1], np.diff(places, axis=0)[:, :-1]
        assert (right[..., 0] * down[..., 1] - right[..., 1] * down[..., 0]).min() > 0


@pytest.mark.parametrize("mirrored", [False, True])
def test_landmarks_are_carried_along(mirrored: bool) -> None:
    points = face_points()
    for seed in range(10):
        made = make_self_guide(smooth_picture(), points, np.random.default_rng(seed), mirrored=mirrored)
        places = cv2.remap((made.flow + 1) * 127.5, points[None], None, cv2.INTER_LINEAR)[0]
        # Through a mirror the flow joins the left eye with what is now the right one.
        wanted = made.points[MIRRORED] if mirrored else made.points
        inside = ((wanted > 1) & (wanted < 254)).all(axis=1)
        assert inside.sum() > 30
        np.testing.assert_allclose(places[inside], wanted[inside], atol=0.15)


def test_landmarks_that_leave_the_picture_stay_near_it() -> None:
    for seed in range(50):
        landing = inverted(smooth_places(256, np.random.default_rng(seed)))
        carried = carried_points(landing, face_points() + np.float32(50))
        assert np.abs(carried - 127.5).max() < 260


def test_relighting_changes_light_and_not_places() -> None:
    picture = smooth_picture()
    lit = relight(picture, np.random.default_rng(0))
    assert np.abs(lit.astype(int) - picture).mean() > 3
    for channel in range(3):
        one, other = (p[..., channel].astype(np.float32) for p in (picture, lit))
        edges = [e - cv2.GaussianBlur(e, (0, 0), 8) for e in (one, other)]
        assert np.corrcoef(edges[0].ravel(), edges[1].ravel())[0, 1] > 0.9
