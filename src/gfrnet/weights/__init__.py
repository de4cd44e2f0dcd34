"""Describe the models that come with the package, and find their files."""

from gfrnet.weights.catalogue import (
    DEFAULT,
    DETECTOR,
    GLASSES,
    MODELS,
    PEOPLE,
    ModelInfo,
    WeightsFile,
    check_installed,
    find,
)

__all__ = [
    "DEFAULT",
    "DETECTOR",
    "GLASSES",
    "MODELS",
    "PEOPLE",
    "ModelInfo",
    "WeightsFile",
    "check_installed",
    "find",
]
