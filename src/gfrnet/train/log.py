"""Log a run while it learns: ``log.csv``, TensorBoard and picture grids in the run's folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

import yaml

from gfrnet import images
from gfrnet.errors import Advice, DataError, WriteError
from gfrnet.files import read_bytes
from gfrnet.train.board import SummaryWriter
from gfrnet.train.config import TrainConfig
from gfrnet.types import UInt8Image

CONFIG = "config.yaml"
"""File in the run's folder that holds its whole config."""

LOG = "log.csv"
PICTURES = "pictures"
TENSORBOARD = "tensorboard"

DISCRIMINATOR = "discriminator_"
"""Start of the names of the discriminators' losses."""


@dataclass(frozen=True)
class Progress:
    """Hold one log line.

    Attributes:
        samples: Samples seen so far.
        epoch: Passes over the targets so far.
        seconds: Training time so far, resumed runs included.
        samples_per_second: Mean speed since the last line.
        data_wait: Share of the time spent waiting for data since the last line, 0..1.
        learning_rate: Learning rate of the last step.
        gradient: Norm of the gradient before clipping, mean since the last line.
        losses: Weighed parts of equation 12, then the discriminators', means since the last line.
    """

    samples: int
    epoch: float
    seconds: float
    samples_per_second: float
    data_wait: float
    learning_rate: float
    gradient: float
    losses: dict[str, float]

    @property
    def loss(self) -> float:
        """Return the sum of the parts of equation 12, without the discriminators' losses."""
        return sum(value for name, value in self.losses.items() if not name.startswith(DISCRIMINATOR))


class Window:
    """Sum up the steps since the last log line."""

    def __init__(self) -> None:
        self.losses: dict[str, float] = {}
        self.steps, self.samples, self.gradient, self.elapsed, self.waited = 0, 0, 0.0, 0.0, 0.0

    def add(
        self, losses: Mapping[str, float], gradient: float, samples: int, elapsed: float, waited: float
    ) -> None:
        """Add a step.

        Args:
            losses: Weighed parts of the objective, by name.
            gradient: Norm of the gradient before clipping.
            samples: Samples in the step.
            elapsed: Seconds that the step took.
            waited: Seconds of the step in which it waited for data.
        """
        for name, value in losses.items():
            self.losses[name] = self.losses.get(name, 0.0) + value
        self.steps += 1
        self.samples += samples
        self.gradient += gradient
        self.elapsed += elapsed
        self.waited += waited

    def progress(self, samples: int, epoch: float, seconds: float, learning_rate: float) -> Progress:
        """Return the log line of the window; the arguments are those of `Progress`."""
        return Progress(
            samples=samples,
            epoch=epoch,
            seconds=seconds,
            samples_per_second=self.samples / self.elapsed,
            data_wait=self.waited / self.elapsed,
            learning_rate=learning_rate,
            gradient=self.gradient / self.steps,
            losses={name: value / self.steps for name, value in self.losses.items()},
        )


FIGURES = tuple(field.name for field in fields(Progress) if field.name != "losses")
"""First columns of the log; one for each part of the loss follows them."""


class RunLog:
    """Write the log of one run, from one process.

    Args:
        folder: The run's folder.
        samples: Samples seen when the run begins or resumes. Rows of a killed run beyond it are dropped:
            those samples come again.
        names: All parts of the loss that may be logged.

    Raises:
        WriteError: The folder is read-only or the disk is full. Every method raises it.
    """

    def __init__(self, folder: Path, samples: int, names: Sequence[str]) -> None:
        self.folder = folder
        self.columns = _start(folder / LOG, samples, (*FIGURES, *names))
        with _reported(folder / TENSORBOARD):
            self.writer = SummaryWriter(folder / TENSORBOARD, purge_step=samples + 1)

    def progress(self, progress: Progress) -> None:
        """Append a row to ``log.csv``, and add its values to TensorBoard; both are on the disk at once."""
        figures = {name: getattr(progress, name) for name in FIGURES}
        path = self.folder / LOG
        with _reported(path), path.open("a", encoding="utf-8", newline="") as file:
            file.write(_line((figures | progress.losses).get(column, "") for column in self.columns))
        with _reported(self.folder / TENSORBOARD):
            for group, values in (("run", figures), ("loss", progress.losses)):
                for name, value in values.items():
                    self.writer.add_scalar(f"{group}/{name}", value, progress.samples)
            self.writer.flush()

    def pictures(self, samples: int, sheet: UInt8Image) -> None:
        """Write (H, W, 3) as ``pictures/SAMPLES.png``, and add it to TensorBoard."""
        images.write(images.Photo(sheet), self.folder / PICTURES / f"{samples:09d}.png")
        with _reported(self.folder / TENSORBOARD):
            self.writer.add_image("pictures", sheet, samples, dataformats="HWC")
            self.writer.flush()

    def close(self) -> None:
        """Finish TensorBoard's file."""
        with _reported(self.folder / TENSORBOARD):
            self.writer.close()


def open_log(config: TrainConfig, samples: int, discriminators: Iterable[str]) -> RunLog:
    """Write a run's whole config into its folder, and open its log.

    Args:
        config: The run.
        samples: Samples seen so far.
        discriminators: Names of the run's discriminators.

    Raises:
        WriteError: The folder is read-only or the disk is full.
    """
    values = config.model_dump(mode="json")
    images.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), config.output / CONFIG)
    names = [name for name, weight in config.losses.model_dump().items() if weight]
    return RunLog(config.output, samples, [*names, *(f"{DISCRIMINATOR}{name}" for name in discriminators)])


def read_log(path: Path) -> list[dict[str, str]]:
    """Return the whole rows of a ``log.csv``, by column; a row that a killed run cut short is left out.

    Raises:
        DataError: The file is missing or cannot be read.
    """
    try:
        lines = read_bytes(path).decode(errors="replace").split("\n")[:-1]
    except OSError as error:
        raise DataError(
            f"{path} cannot be read ({error.strerror}). Give the output folder of a run of training."
        ) from error
    header, *rows = [line.split(",") for line in lines] or [[]]
    return [
        dict(zip(header, row, strict=True)) for row in rows if len(row) == len(header) and row[0].isdigit()
    ]


def _start(path: Path, samples: int, names: Sequence[str]) -> tuple[str, ...]:
    """Rewrite the log without the rows beyond ``samples``, and return its columns, older ones first."""
    rows = [row for row in read_log(path) if int(row["samples"]) <= samples] if path.exists() else []
    columns = tuple(dict.fromkeys((*(rows[0] if rows else ()), *names)))
    lines = [_line(columns), *(_line(row.get(column, "") for column in columns) for row in rows)]
    images.write_text("".join(lines), path)
    return columns


def _line(values: Iterable[str | float]) -> str:
    texts = (f"{value:.6g}" if isinstance(value, float) else str(value) for value in values)
    return ",".join(texts) + "\n"


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WriteError(
            f"{path} cannot be written ({error.strerror}). Free some space, then resume the run.",
            advice=(Advice.RESUME,),
        ) from error
