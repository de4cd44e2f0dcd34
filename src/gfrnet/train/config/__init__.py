"""Describe a training run: what its config holds, and how one is read and checked."""

from gfrnet.train.config.reading import check_config, load_config
from gfrnet.train.config.run import NO_SAMPLES_LEFT, TrainConfig, changed_keys
from gfrnet.train.config.sections import (
    FLOW_LOSSES,
    RESTORING,
    Album,
    Cosine,
    Discriminators,
    Identity,
    Linear,
    LossWeights,
    Part,
    Parts,
    Perceptual,
    Plateau,
    Steps,
)

__all__ = [
    "FLOW_LOSSES",
    "NO_SAMPLES_LEFT",
    "RESTORING",
    "Album",
    "Cosine",
    "Discriminators",
    "Identity",
    "Linear",
    "LossWeights",
    "Part",
    "Parts",
    "Perceptual",
    "Plateau",
    "Steps",
    "TrainConfig",
    "changed_keys",
    "check_config",
    "load_config",
]
