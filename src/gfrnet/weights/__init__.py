"""Describe the models that come with the package, and find their files."""

from gfrnet.weights.catalogue import (
    BAD_FACES,
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
    "BAD_FACES",
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
