"""Checkpoints: weights, averaged weights, optimizer and config in one file, written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from gfrnet.errors import ModelError, WriteError
from gfrnet.train.config import TrainConfig, check_config

LAST = "last.pt"


@dataclass(frozen=True)
class Checkpoint:
    """A run at one moment.

    Attributes:
        config: The run's config.
        samples: Samples seen so far.
        seconds: Training time so far.
        weights: The network's state.
        averaged: The averaged weights; equal to ``weights`` where averaging is off.
        optimizer: Adam's state.
    """

    config: TrainConfig
    samples: int
    seconds: float
    weights: dict[str, Tensor]
    averaged: dict[str, Tensor]
    optimizer: dict[str, Any]


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write a checkpoint under a temporary name, then rename it into place.

    Raises:
        WriteError: The folder is read-only or the disk is full; an older checkpoint stays as it was.
    """
    values = {
        "config": checkpoint.config.model_dump(mode="json"),
        "samples": checkpoint.samples,
        "seconds": checkpoint.seconds,
        "weights": checkpoint.weights,
        "averaged": checkpoint.averaged,
        "optimizer": checkpoint.optimizer,
    }
    temporary = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        torch.save(values, temporary)
        os.replace(temporary, path)
    except (OSError, RuntimeError) as error:  # torch reports a full disk as a RuntimeError
        temporary.unlink(missing_ok=True)
        raise WriteError(
            f"{path} cannot be written ({error}). Free some space, or choose another output."
        ) from error


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; nothing but tensors and plain values is ever unpickled.

    Raises:
        ModelError: The file is missing, broken or not a checkpoint.
    """
    if not path.is_file():
        raise ModelError(f"There is no checkpoint {path}. Start the run without --resume.")
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        config = check_config(values.pop("config"), str(path))
        return Checkpoint(config=config, **values)
    except (RuntimeError, EOFError, OSError, KeyError, TypeError, AttributeError, UnpicklingError) as error:
        raise ModelError(f"{path} is not a checkpoint of gfrnet train: {error}") from error
