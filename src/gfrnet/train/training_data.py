"""Open the data that a run learns from, and count its samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lightning_fabric import Fabric

from gfrnet.data import Reading, SampleOptions, Samples, build_album, open_samples
from gfrnet.errors import Advice, ConfigError, DataError
from gfrnet.train.config import NO_SAMPLES_LEFT, Album, TrainConfig
from gfrnet.work import Advanced, Noted

ALBUM = "album"
"""Folder of an album's data set, in the run's folder."""


@dataclass(frozen=True)
class Lengths:
    """Hold how long a run lasts.

    Attributes:
        run: Samples of the whole run.
        pre_training: Samples at its start in which WarpNet learns alone (section 4.2).
    """

    run: int
    pre_training: int


def check_data(config: TrainConfig) -> None:
    """Check that there is data for a run, and enough of it; make and write nothing.

    Raises:
        ConfigError: No album is named, or WarpNet's pre-training is as long as the run.
        DataError: A data set is missing or empty, or the album is no folder.
    """
    if isinstance(config.data, Album):
        person = _person(config.data)
        if not person.is_dir():
            raise DataError(f"{person} is not a folder. Set data.person to a folder of photos of one person.")
        return
    pairs = open_data(config, config.data, config.batch_size // config.accumulate)
    count_samples(config, pairs.epoch)


def find_data_sets(
    config: TrainConfig, fabric: Fabric, on_event: Callable[[Advanced | Noted], None]
) -> tuple[str, ...]:
    """Return the run's data sets; if the run has an album, make its data set first.

    The leading process makes it; the others wait.

    Args:
        config: The run.
        fabric: The processes of the run.
        on_event: Listener of the leading process for what `build_album` reports.

    Raises:
        ConfigError: No album is named.
        DataError: The album has too few usable photos.
    """
    if not isinstance(config.data, Album):
        return config.data
    person, root = _person(config.data), config.output / ALBUM
    if fabric.is_global_zero:
        build_album(person, root, max(1, config.workers), on_event)
    fabric.barrier()
    return (str(root),)


def open_data(config: TrainConfig, sets: tuple[str, ...], micro_batch: int) -> Samples:
    """Open the samples of a run.

    Args:
        config: The run.
        sets: Data sets, by path or URL.
        micro_batch: Samples that go through the networks together in one process.

    Raises:
        DataError: A data set is missing or empty.
    """
    return open_samples(
        sets,
        config.guides,
        SampleOptions(
            config.degradation,
            config.heavy,
            feature_weight=config.feature_weight,
            crop=config.crop,
            text=config.text,
        ),
        Reading(config.order, "train", config.streams, micro_batch),
        seed=config.seed,
        batch_size=config.batch_size,
    )


def count_samples(config: TrainConfig, epoch: int) -> Lengths:
    """Return the lengths of a run whose epoch has ``epoch`` samples.

    Raises:
        ConfigError: WarpNet's pre-training is as long as the run.
    """
    run = config.samples or round(config.epochs * epoch)  # type: ignore[operator]
    pre_training = config.flow_samples or round(config.flow_epochs * epoch)
    if pre_training >= run:
        raise ConfigError(NO_SAMPLES_LEFT)
    return Lengths(run, pre_training)


def _person(album: Album) -> Path:
    if album.person is None:
        raise ConfigError(
            "data.person is not set. Set it to a folder of photos of one person.", advice=(Advice.SET_VALUE,)
        )
    return album.person.expanduser()
