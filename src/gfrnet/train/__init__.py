"""Training: a config in, a checkpoint out."""

from gfrnet.runtime.pytorch import load_network
from gfrnet.train.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from gfrnet.train.config import LossWeights, TrainConfig, load_config
from gfrnet.train.export import export_onnx, network_from_onnx, parity
from gfrnet.train.trainer import Progress, Trainer

__all__ = [
    "Checkpoint",
    "LossWeights",
    "Progress",
    "TrainConfig",
    "Trainer",
    "export_onnx",
    "load_checkpoint",
    "load_config",
    "load_network",
    "network_from_onnx",
    "parity",
    "save_checkpoint",
]
