import cv2
import numpy as np

from gfrnet.data import make_self_guide
from gfrnet.data.self_guide import relight
from people import face_points


def smooth_picture() -> np.ndarray:
    small = np.random.default_rng(2).integers(40, 216, (12, 12, 3), dtype=np.uint8)
    return cv2.resize(small, (256, 256), interpolation=cv2.INTER_CUBIC)


def test_the_flow_is_exact() -> None:
    picture, real = smooth_picture(), np.ones((256, 256), np.bool_)
    for seed in range(3):
        made = make_self_guide(picture, real, face_points(), np.random.default_rng(seed))
        x, y = (((made.flow[..., axis] + 1) * 127.5).astype(np.float32) for axis in (0, 1))
        found = cv2.remap(picture, x, y, cv2.INTER_LINEAR).astype(int)
        error = np.abs(found - made.target)[made.real]
        assert np.percentile(error, 99) <= 6
        assert np.abs(picture.astype(int) - made.target).mean() > 4


def test_landmarks_are_carried_along() -> None:
    picture, real = smooth_picture(), np.ones((256, 256), np.bool_)
    made = make_self_guide(picture, real, face_points(), np.random.default_rng(1))
    x, y = made.target_points[:, 0], made.target_points[:, 1]
    inside = (x > 1) & (x < 254) & (y > 1) & (y < 254)
    places = cv2.remap((made.flow + 1) * 127.5, x[None], y[None], cv2.INTER_LINEAR)[0]
    assert inside.sum() > 40
    np.testing.assert_allclose(places[inside], face_points()[inside], atol=0.1)


def test_padding_stays_padding() -> None:
    real = np.zeros((256, 256), np.bool_)
    real[:, 60:] = True
    made = make_self_guide(smooth_picture(), real, face_points(), np.random.default_rng(3))
    assert not made.real[:, :20].any()
    assert made.real[100:150, 150:200].all()


def test_relighting_changes_light_and_not_places() -> None:
    picture = smooth_picture()
    lit = relight(picture, np.random.default_rng(0))
    assert np.abs(lit.astype(int) - picture).mean() > 3
    for channel in range(3):
        one, other = (p[..., channel].astype(np.float32) for p in (picture, lit))
        edges = [e - cv2.GaussianBlur(e, (0, 0), 8) for e in (one, other)]
        assert np.corrcoef(edges[0].ravel(), edges[1].ravel())[0, 1] > 0.9
