"""The models that come with the package: what they are, and where their files lie."""

from gfrnet.weights.catalogue import DEFAULT, MODELS, ModelInfo, find

__all__ = ["DEFAULT", "MODELS", "ModelInfo", "find"]
