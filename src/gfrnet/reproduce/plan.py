"""Plan a budget in minutes: time steps of every training, and share the minutes out as equal samples."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel, ConfigDict, ValidationError

from gfrnet import images
from gfrnet.data.samples.stream import channels_first
from gfrnet.errors import ConfigError
from gfrnet.evaluate import markdown_table
from gfrnet.files import read_bytes
from gfrnet.reproduce.training import Track
from gfrnet.train import TrainConfig, Trainer
from gfrnet.work import Advanced, unheard

FILE = "plan.json"
"""Name of the plan in the folder of the results. A run that goes on keeps to it."""

TIMED = 3
"""Steps that are timed, after one to warm up."""


class PlannedRun(BaseModel):
    """Hold the cost of one training.

    Attributes:
        name: Name of the run's folder.
        seconds_a_sample: Time of a sample on one thread, data included.
        share: Its samples, divided by those of a row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    seconds_a_sample: float
    share: float


class Plan(BaseModel):
    """Hold how a number of minutes is spent.

    Attributes:
        minutes: Minutes for all trainings together.
        workers: Trainings side by side.
        samples: Samples of every row.
        runs: The trainings.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    minutes: float
    workers: int
    samples: int
    runs: tuple[PlannedRun, ...]


def make_plan(
    tracks: Sequence[Track],
    minutes: float,
    workers: int,
    on_event: Callable[[Advanced], None] = unheard,
) -> Plan:
    """Time every training, and find the samples that all rows can have in so many minutes.

    Args:
        tracks: Trainings of a base with any number of samples, as `list_tracks` gives them.
        minutes: Minutes for all trainings together.
        workers: Trainings side by side.
        on_event: Listener for each training that is timed.

    Raises:
        ConfigError: The minutes are too few for one batch a row.
        DataError: A data set is missing or empty.
    """
    configs = [config for track in tracks for config in track]
    whole = max(config.samples or 0 for config in configs)
    runs = []
    for number, config in enumerate(configs, start=1):
        share = (config.samples or 0) / whole
        runs.append(PlannedRun(name=config.output.name, seconds_a_sample=_seconds(config), share=share))
        on_event(Advanced("trainings", number, len(configs)))
    batch = configs[0].batch_size
    samples = int(60 * minutes * workers / sum(one.seconds_a_sample * one.share for one in runs))
    if samples < 2 * batch:
        raise ConfigError(
            f"In {minutes:g} minutes no row sees two batches. Give more minutes, or fewer rows."
        )
    return Plan(minutes=minutes, workers=workers, samples=samples // batch * batch, runs=tuple(runs))


def _seconds(config: TrainConfig) -> float:
    """Time a sample of a training, with fresh weights and nothing written."""
    with TemporaryDirectory() as folder:
        alone = {"output": Path(folder), "threads": 1, "start_from": None, "flow_samples": 0}
        trainer = Trainer(config.model_copy(update=alone))
        batches = iter(trainer.loader())
        trainer.step([channels_first(next(batches))])
        begun = time.perf_counter()
        for _ in range(TIMED):
            trainer.step([channels_first(next(batches))])
        return (time.perf_counter() - begun) / (TIMED * config.batch_size)


def load_plan(folder: Path, minutes: float, workers: int) -> Plan | None:
    """Return the plan of a folder of results, if it is for so many minutes and workers; None without one.

    Raises:
        ConfigError: There is another plan, or it is broken.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        plan = Plan.model_validate_json(read_bytes(path))
    except (ValidationError, OSError) as error:
        raise ConfigError(f"{path} is no plan of gfrnet. Choose another output folder.") from error
    if (plan.minutes, plan.workers) != (minutes, workers):
        raise ConfigError(
            f"{path} plans {plan.minutes:g} minutes on {plan.workers} workers. Give the same, or choose "
            "another output folder."
        )
    return plan


def write_plan(plan: Plan, folder: Path) -> None:
    """Write the plan as JSON, from which a run goes on, and as a table to read.

    Raises:
        WriteError: The folder cannot be written to.
    """
    images.write_text(plan.model_dump_json(indent=2), folder / FILE)
    head = ("training", "samples", "seconds a sample", "minutes")
    cells = [
        [
            one.name,
            f"{one.share * plan.samples:.0f}",
            f"{one.seconds_a_sample:.3f}",
            f"{one.share * plan.samples * one.seconds_a_sample / 60:.0f}",
        ]
        for one in plan.runs
    ]
    text = f"{plan.minutes:g} minutes, {plan.workers} trainings side by side: {plan.samples} samples a row."
    table = markdown_table(head, cells, left=1)
    images.write_text(f"{text}\n\n{table}\n", (folder / FILE).with_suffix(".md"))
