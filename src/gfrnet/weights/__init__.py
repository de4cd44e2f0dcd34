"""Describe the models that come with the package, and find their files."""

from gfrnet.weights.catalogue import (
    CROWDS,
    DEFAULT,
    DETECTOR,
    GLASSES,
    MODELS,
    ModelInfo,
    WeightsFile,
    check_installed,
    find,
)

__all__ = [
    "CROWDS",
    "DEFAULT",
    "DETECTOR",
    "GLASSES",
    "MODELS",
    "ModelInfo",
    "WeightsFile",
    "check_installed",
    "find",
]
