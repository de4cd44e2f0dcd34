"""The four dlib networks that come inside `face-recognition-models`, each loaded once and on demand."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path
from typing import Any

import dlib

from gfrnet.errors import ModelError
from gfrnet.faces.recognition import RecognitionNetwork


def model_path(name: str) -> Path:
    """Path of one weights file of `face-recognition-models`.

    The package is located, never imported: importing it needs the removed `pkg_resources`.

    Raises:
        ModelError: The package or the file is missing.
    """
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or spec.origin is None:
        raise ModelError("The face models are missing. Install them: pip install face-recognition-models")
    path = Path(spec.origin).parent / "models" / name
    if not path.is_file():
        raise ModelError(
            f"{path} is missing. Install again: pip install --force-reinstall face-recognition-models"
        )
    return path


@lru_cache(maxsize=1)
def hog_detector() -> Any:  # noqa: ANN401 - dlib has no types
    """The fast detector: HOG features with an image pyramid, near-frontal faces of 80 px and more."""
    return dlib.get_frontal_face_detector()


@lru_cache(maxsize=1)
def cnn_detector() -> Any:  # noqa: ANN401
    """The thorough detector: a max-margin CNN, slow on a CPU, finds turned and covered faces."""
    return dlib.cnn_face_detection_model_v1(str(model_path("mmod_human_face_detector.dat")))


@lru_cache(maxsize=1)
def five_point_predictor() -> Any:  # noqa: ANN401
    """Eye corners and nose base."""
    return dlib.shape_predictor(str(model_path("shape_predictor_5_face_landmarks.dat")))


@lru_cache(maxsize=1)
def sixty_eight_point_predictor() -> Any:  # noqa: ANN401
    """The 68 landmarks of iBUG 300-W. Its training data are for non-commercial use: training only."""
    return dlib.shape_predictor(str(model_path("shape_predictor_68_face_landmarks.dat")))


@lru_cache(maxsize=1)
def recognition_network() -> RecognitionNetwork:
    """The ResNet-29 face embedding of dlib (99.38 % on LFW)."""
    return RecognitionNetwork(model_path("dlib_face_recognition_resnet_model_v1.dat"))
