"""Describe the models that come with the package, and find their files."""

from gfrnet.weights.catalogue import DEFAULT, MODELS, ModelInfo, find

__all__ = ["DEFAULT", "MODELS", "ModelInfo", "find"]
