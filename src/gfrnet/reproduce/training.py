"""Train rows of table 1 alike, and resume runs that stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gfrnet.errors import ConfigError
from gfrnet.reproduce.rows import ROWS, Ablation
from gfrnet.runtime.pytorch import checkpoints
from gfrnet.train import CONFIG, Progress, TrainConfig, Trainer, changed_keys, load_config
from gfrnet.work import Stopped, never, unheard


@dataclass(frozen=True)
class RowBegun:
    """Report that a row is about to be trained.

    Attributes:
        title: Title of the row.
        samples: Samples that the row has seen already.
        length: Samples of the row's whole run.
    """

    title: str
    samples: int
    length: int


def with_budget(base: TrainConfig, samples: int) -> TrainConfig:
    """Return the base with this many samples; WarpNet's pre-training keeps its share of them.

    Raises:
        ConfigError: The base counts epochs, not samples.
    """
    if base.samples is None:
        raise ConfigError(
            "The base counts in epochs, so a number of samples does not fit. Set samples in its YAML file."
        )
    flow_samples = round(base.flow_samples * samples / base.samples)
    return base.model_copy(update={"samples": samples, "flow_samples": flow_samples})


def train_rows(
    base: TrainConfig,
    folder: Path,
    rows: Sequence[Ablation] = ROWS,
    on_event: Callable[[RowBegun | Progress], None] = unheard,
    stopped: Stopped = never,
) -> dict[str, int] | None:
    """Train rows of table 1 alike; keep finished rows, and resume rows that stopped.

    Args:
        base: Config that all rows have in common.
        folder: Folder in which each row's run gets a folder.
        rows: Rows to train.
        on_event: Function that hears of each row that begins, and of each log line.
        stopped: Function that is asked between steps whether to stop.

    Returns:
        Samples of each row by title, WarpNet's pre-training included; None if training was stopped.

    Raises:
        ConfigError: A folder holds a run of another base, or the base starts from a model.
        DataError: A data set is missing or empty.
        ModelError: A loss is not a number.
    """
    if base.start_from:
        raise ConfigError("The rows are different networks. Take start_from out of the base.")
    samples = {}
    for ablation in rows:
        config = ablation.config(base, folder)
        begun = bool(checkpoints(config.output))
        if begun:
            _refuse_other(load_config(config.output / CONFIG), config)
        trainer = Trainer(config, resume=begun)
        on_event(RowBegun(ablation.title, trainer.samples, trainer.length))
        if not trainer.ended and not trainer.run(on_event, stopped):
            return None
        samples[ablation.title] = trainer.samples
    return samples


def _refuse_other(begun: TrainConfig, config: TrainConfig) -> None:
    """Refuse a config that differs in a key on which the weights depend, such as length and data."""
    if changed := changed_keys(begun, config):
        raise ConfigError(
            f"{config.output} was trained with another {', '.join(changed)}. Choose another output folder."
        )
