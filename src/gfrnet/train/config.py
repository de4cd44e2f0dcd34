"""A training run as a frozen config, read from YAML; unknown keys are errors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gfrnet.data import Guides
from gfrnet.errors import ConfigError
from gfrnet.nets import GFRNetConfig


class LossWeights(BaseModel):
    """Weights of the objective's parts (section 4.2 gives l2 100, landmark 10, tv 1)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    l2: float = Field(100.0, ge=0)
    laplacian: float = Field(0.0, ge=0)
    landmark: float = Field(10.0, ge=0)
    tv: float = Field(1.0, ge=0)
    dense_flow: float = Field(0.0, ge=0)


class TrainConfig(BaseModel):
    """Everything that decides a run.

    Attributes:
        name: Name of the model.
        network: The networks.
        data: Folders that ``gfrnet data build`` made.
        output: Folder of the checkpoints and the log.
        samples: Length of the run, in samples.
        batch_size: Samples a step.
        flow_samples: Samples at the start in which WarpNet learns alone on the flow losses (section 4.2).
        learning_rate: Adam's, at the start.
        final_learning_rate: At the end; in between it falls on a half cosine.
        beta1: Adam's first moment (section 4.2: 0.5).
        ema: Decay of the averaged weights that are exported; 0 switches averaging off.
        losses: Weights of the objective.
        guides: Shares of the kinds of guide.
        heavy: Share of samples whose scale factor is drawn from 4..8, the others' from 1..8.
        feature_weight: Extra loss weight on eyes, nose and mouth.
        precision: bf16 autocast or float32.
        workers: Loader processes.
        threads: Torch threads; 0 leaves torch's own choice.
        seed: Of everything random.
        checkpoint_every: Samples between checkpoints.
        log_every: Samples between log lines.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    network: GFRNetConfig = GFRNetConfig()
    data: tuple[Path, ...] = Field(min_length=1)
    output: Path
    samples: int = Field(gt=0)
    batch_size: int = Field(1, gt=0)
    flow_samples: int = Field(0, ge=0)
    learning_rate: float = Field(2e-4, gt=0)
    final_learning_rate: float = Field(2e-6, gt=0)
    beta1: float = Field(0.5, ge=0, lt=1)
    ema: float = Field(0.0, ge=0, lt=1)
    losses: LossWeights = LossWeights()
    guides: Guides = Guides()
    heavy: float = Field(0.0, ge=0, le=1)
    feature_weight: float = Field(0.0, ge=0)
    precision: Literal["fp32", "bf16"] = "bf16"
    workers: int = Field(1, ge=0)
    threads: int = Field(0, ge=0)
    seed: int = Field(0, ge=0)
    checkpoint_every: int = Field(4000, gt=0)
    log_every: int = Field(400, gt=0)

    @model_validator(mode="after")
    def _consistent(self) -> TrainConfig:
        if self.flow_samples and self.network.warpnet == "none":
            raise ValueError("flow_samples trains WarpNet, but network.warpnet is none.")
        return self


def load_config(path: Path, overrides: Sequence[str] = ()) -> TrainConfig:
    """Read a YAML config and apply ``key=value`` overrides (``network.recnet_width=16``).

    Raises:
        ConfigError: The file is missing or no YAML, a key is unknown, or a value does not fit.
    """
    try:
        values = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read ({error.strerror}). Give the path of a YAML config."
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold keys and values, as configs/slim.yaml does.")
    for override in overrides:
        _override(values, override)
    return check_config(values, str(path))


def check_config(values: dict[str, Any], origin: str) -> TrainConfig:
    """Turn keys and values into a config; ``origin`` names them in errors.

    Raises:
        ConfigError: A key is unknown or missing, or a value does not fit; all of them are named.
    """
    try:
        return TrainConfig.model_validate(values)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, e['loc'])) or 'config'}: {e['msg']}" for e in error.errors()
        )
        raise ConfigError(f"{origin}: {problems}") from error


def _override(values: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise ConfigError(f"--set {override}: write it as key=value, for instance --set batch_size=4.")
    *parents, last = key.split(".")
    for parent in parents:
        values = values.setdefault(parent, {})
        if not isinstance(values, dict):
            raise ConfigError(f"--set {override}: {parent} holds a value, not keys.")
    try:
        values[last] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"--set {override}: the value is not YAML.") from error
