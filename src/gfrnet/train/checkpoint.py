"""Save a whole run in one checkpoint file, and load it; the last few checkpoints are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from math import inf
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from gfrnet.errors import Advice, ConfigError, ModelError
from gfrnet.files import check_regular
from gfrnet.nets.safetensors import replacing
from gfrnet.runtime.pytorch import CHECKPOINTS, checkpoints, newest_of_run
from gfrnet.train.config import TrainConfig, changed_keys, check_config
from gfrnet.train.log import CONFIG
from gfrnet.work import Noted, unheard

FREE_TO_RESUME = ("data", "samples", "epochs", "start_from", "perceptual", "identity")
"""Keys that may change when a run is resumed: files may have moved, and it may become longer."""


@dataclass(frozen=True)
class Checkpoint:
    """Hold a run at one moment.

    Attributes:
        config: The run's config.
        samples: Samples seen so far; the sampler needs nothing else.
        seconds: Training time so far.
        weights: The network's state.
        averaged: The averaged weights; equal to ``weights`` where averaging is off.
        discriminators: The discriminators' states by name.
        optimizers: The optimizers' states: of the network and, where there are any, of the discriminators.
        schedule: The schedule's state.
        scaler: The loss scaler's state with fp16, else empty.
        random: torch's random state.
    """

    config: TrainConfig
    samples: int
    seconds: float
    weights: dict[str, Tensor]
    averaged: dict[str, Tensor]
    discriminators: dict[str, dict[str, Tensor]]
    optimizers: list[dict[str, Any]]
    schedule: dict[str, Any]
    scaler: dict[str, Any]
    random: Tensor


def save_checkpoint(checkpoint: Checkpoint, folder: Path, keep: int) -> Path:
    """Write a checkpoint under a temporary name, rename it into place, then remove all but the last ``keep``.

    Returns:
        Its path: ``folder/checkpoint-SAMPLES.pt``.

    Raises:
        WriteError: The folder is read-only or the disk is full; older checkpoints stay as they were.
    """
    path = folder / CHECKPOINTS.replace("*", f"{checkpoint.samples:09d}")
    values = {field.name: getattr(checkpoint, field.name) for field in fields(checkpoint)}
    values["config"] = checkpoint.config.model_dump(mode="json")
    with replacing(path) as temporary:
        try:
            torch.save(values, temporary)
        except RuntimeError as error:  # torch's way of telling of a full disk
            raise OSError(str(error)) from error
    kept = checkpoints(folder)
    # Newer ones are broken: the run would have gone on from them if they could be read.
    newer = kept.index(path) + 1
    for other in (*kept[newer:], *kept[:newer][:-keep]):
        other.unlink(missing_ok=True)
    return path


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint; nothing but tensors and plain values is ever unpickled.

    Raises:
        ModelError: The file is missing, broken or not a checkpoint.
    """
    try:
        check_regular(path, inf)
        values = torch.load(path, map_location="cpu", weights_only=True)
        config = check_config(values.pop("config"), str(path))
        return Checkpoint(config=config, **values)
    except (
        RuntimeError,
        EOFError,
        OSError,
        LookupError,
        TypeError,
        ValueError,
        AttributeError,
        UnpicklingError,
    ) as error:
        raise ModelError(f"{path} is not a checkpoint of a training run, or is cut short: {error}") from error


def load_newest(folder: Path, on_event: Callable[[Noted], None] = unheard) -> Checkpoint:
    """Read the newest checkpoint of a run that can be read.

    Args:
        folder: The run's folder.
        on_event: Listener for every broken newer checkpoint, and why it was passed over.

    Raises:
        ModelError: There is none, or all are broken.
    """
    newest = newest_of_run(folder, load_checkpoint, on_event)
    if newest is None:
        raise ModelError(
            f"There is no checkpoint in {folder}. Start the run anew.", advice=(Advice.START_OVER,)
        )
    return newest


def refuse_other_run(checkpoint: Checkpoint, config: TrainConfig) -> None:
    """Refuse to go on from a checkpoint whose run had another config.

    Raises:
        ConfigError: A key differs that decides the run's weights, other than `FREE_TO_RESUME`.
    """
    free = set(FREE_TO_RESUME)
    if checkpoint.config.order != "shards":
        free.add("accumulate")  # with shards the micro-batches decide the samples' order
    if changed := changed_keys(checkpoint.config, config, free):
        raise ConfigError(
            f"The run in {config.output} was made with another {', '.join(changed)}. Its own values are in "
            f"{config.output / CONFIG}: set the same ones to go on with it, or choose another output.",
            advice=(Advice.SET_VALUE,),
        )
