"""Train networks: take a config, and give a checkpoint."""

import gfrnet.train.compiler  # noqa: F401 - before all that imports torch's compiler

# isort: split
from gfrnet.runtime.pytorch import load_network
from gfrnet.train.checkpoint import Checkpoint, load_checkpoint, load_newest, save_checkpoint
from gfrnet.train.config import (
    FLOW_LOSSES,
    Album,
    Cosine,
    Discriminators,
    Identity,
    LossWeights,
    Parts,
    Perceptual,
    Plateau,
    TrainConfig,
    changed_keys,
    load_config,
)
from gfrnet.train.curves import plot_curves
from gfrnet.train.export import export_onnx, network_from_onnx, open_network, parity
from gfrnet.train.log import CONFIG, Progress
from gfrnet.train.quantize import Int8Cost, export_int8
from gfrnet.train.trainer import Trainer
from gfrnet.train.training_data import check_data

__all__ = [
    "CONFIG",
    "FLOW_LOSSES",
    "Album",
    "Checkpoint",
    "Cosine",
    "Discriminators",
    "Identity",
    "Int8Cost",
    "LossWeights",
    "Parts",
    "Perceptual",
    "Plateau",
    "Progress",
    "TrainConfig",
    "Trainer",
    "changed_keys",
    "check_data",
    "export_int8",
    "export_onnx",
    "load_checkpoint",
    "load_config",
    "load_network",
    "load_newest",
    "network_from_onnx",
    "open_network",
    "parity",
    "plot_curves",
    "save_checkpoint",
]
