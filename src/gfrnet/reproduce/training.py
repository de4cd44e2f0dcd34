"""Train rows of table 1 alike, some side by side, and resume runs that stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from queue import Empty
from typing import Any, TypeAlias

from gfrnet.errors import ConfigError
from gfrnet.nets import save_safetensors
from gfrnet.nets.compared import SRCNN, VDSR, Chain, compose
from gfrnet.reproduce.compared import Chained, ComparedRow
from gfrnet.reproduce.rows import TableRow
from gfrnet.runtime.pytorch import checkpoints, load_network
from gfrnet.train import CONFIG, Progress, TrainConfig, Trainer, changed_keys, load_config
from gfrnet.work import Stopped, never, run, unheard

POLL = 0.5
"""Seconds between two looks at the events of other processes, and at the wish to stop."""


@dataclass(frozen=True)
class RunBegun:
    """Report that a training begins or goes on.

    Attributes:
        name: Name of its folder.
        samples: Samples that it has seen already.
        length: Samples of the whole run.
    """

    name: str
    samples: int
    length: int


@dataclass(frozen=True)
class RunProgress:
    """Report how a training goes.

    Attributes:
        name: Name of its folder.
        progress: Its log line.
    """

    name: str
    progress: Progress


Event: TypeAlias = RunBegun | RunProgress
Track: TypeAlias = tuple[TrainConfig, ...]


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


def list_tracks(base: TrainConfig, recipes: Path, folder: Path, rows: Sequence[TableRow]) -> list[Track]:
    """List the trainings of rows; in a track each begins with the weights of the one before.

    Args:
        base: Config that all rows have in common.
        recipes: Folder of the compared rows' configs.
        folder: Folder in which each run gets a folder.
        rows: Rows to train.

    Raises:
        ConfigError: The base does not fit, or a recipe is missing or broken.
    """
    if base.start_from:
        raise ConfigError("The rows are different networks. Take start_from out of the base.")
    return [track for row in rows for track in row.trainings(base, recipes, folder)]


def train_rows(
    tracks: Sequence[Track],
    workers: int = 1,
    on_event: Callable[[Event], None] = unheard,
    stopped: Stopped = never,
) -> bool:
    """Train all tracks; keep finished runs, and resume runs that stopped.

    Args:
        tracks: As `list_tracks` gives them.
        workers: Number of tracks that are trained side by side, each in a process with one thread. A single
            one is trained in this process, with as many threads as its config says.
        on_event: Listener for each run that begins, and for each log line.
        stopped: Asked between steps whether to stop.

    Returns:
        Whether all trainings have come to their end.

    Raises:
        ConfigError: A folder holds a run of another base.
        DataError: A data set is missing or empty.
        ModelError: A loss is not a number.
        WorkerDiedError: A process died, for example because memory ran out.
    """
    for config in (config for track in tracks for config in track):
        _refuse_other(config)
    if workers == 1:
        return all(_train_track(track, on_event, stopped) for track in tracks)
    alone = [tuple(config.model_copy(update={"threads": 1}) for config in track) for track in tracks]
    with get_context("spawn").Manager() as manager:
        events, stop = manager.Queue(), manager.Event()
        ended = threading.Event()
        watch = threading.Thread(target=_watch, args=(events, stop, ended, on_event, stopped))
        watch.start()
        try:
            work = partial(_train_apart, events=events, stop=stop)
            results = run(work, alone, workers, ahead=0, stopped=stop.is_set)
            # A stop ends begun tracks early, and keeps others from beginning.
            return sum(done for _, done in results) == len(tracks)
        finally:
            ended.set()
            watch.join()


def _watch(
    events: Any,  # noqa: ANN401 - proxies have no public type
    stop: Any,  # noqa: ANN401
    ended: threading.Event,
    on_event: Callable[[Event], None],
    stopped: Stopped,
) -> None:
    """Hand events of the processes on, and the wish to stop to the processes."""
    while True:
        over = ended.is_set()
        if stopped():
            stop.set()
        for event in _waiting(events):
            on_event(event)
        if over:
            return
        ended.wait(POLL)


def _waiting(events: Any) -> Iterator[Event]:  # noqa: ANN401
    while True:
        try:
            yield events.get_nowait()
        except Empty:
            return


def _train_apart(track: Track, events: Any, stop: Any) -> bool:  # noqa: ANN401
    return _train_track(track, events.put, stop.is_set)


def _train_track(track: Track, on_event: Callable[[Event], None], stopped: Stopped) -> bool:
    """Train the runs of a track one after another; return whether all have ended."""
    for config in track:
        trainer = Trainer(config, resume=bool(checkpoints(config.output)))
        name = config.output.name
        on_event(RunBegun(name, trainer.samples, trainer.length))

        def tell(progress: Progress, name: str = name) -> None:
            on_event(RunProgress(name, progress))

        if not trainer.run(tell, stopped):
            return False
    return True


def _refuse_other(config: TrainConfig) -> None:
    """Refuse a config that differs in a key on which the weights depend, such as length and data."""
    if not checkpoints(config.output):
        return
    if changed := changed_keys(load_config(config.output / CONFIG), config):
        raise ConfigError(
            f"{config.output} was trained with another {', '.join(changed)}. Choose another output folder."
        )


def write_chains(folder: Path, rows: Sequence[TableRow]) -> None:
    """Compose the models of rows that restore in several steps; each gets a file in the folder of the runs.

    Raises:
        ModelError: A run of a step is missing or broken.
        WriteError: The folder cannot be written to.
    """
    for row in rows:
        if not isinstance(row, ComparedRow):
            continue
        for scale, model in row.models.items():
            if not isinstance(model, str):
                save_safetensors(_composed(folder, model), Path(row.model(folder, scale)))


def _composed(folder: Path, chained: Chained) -> Chain:
    networks = [load_network(folder / name) for name, _ in chained]
    fitting = [network for network in networks if isinstance(network, SRCNN | VDSR)]
    return compose(fitting, [factor for _, factor in chained])
