"""Table 1 of the paper anew: its seven rows of "Ours", trained alike and measured by the protocol.

What counts is the order of the rows: the paper's data are not at hand, so only differences can be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gfrnet.errors import ConfigError, DataError
from gfrnet.evaluate import (
    METRIC_OF,
    AtScale,
    Contender,
    Estimate,
    Measured,
    Protocol,
    cell,
    count_failures,
    markdown_table,
)
from gfrnet.runtime.pytorch import checkpoints
from gfrnet.train import CONFIG, FLOW_LOSSES, Progress, TrainConfig, Trainer, changed_keys, load_config

METRICS = (METRIC_OF["psnr"], METRIC_OF["ssim"])

PAPER_COLUMNS = ("VggFace2 4x", "VggFace2 8x", "WebFace 4x", "WebFace 8x")
"""Of table 1 in the paper."""

NOTE = (
    "PSNR in dB / SSIM, means over {} The samples of Full include those in which WarpNet learns alone; "
    "end to end all rows are trained equally long. The four columns on the right are the paper's, on its own "
    "data."
)
ORDER_NOTE = (
    "PSNR in dB, row minus Full, with the 95 % interval over people and the p value. In the paper Full is "
    "better than every row in every column. Here the order *agrees* where the difference is clear and goes "
    "the same way, and is *reversed* where it is clear and goes the other way; elsewhere nothing can be said."
)

PaperValues: TypeAlias = tuple[tuple[float, float], ...]
"""PSNR in dB and SSIM for each of `PAPER_COLUMNS`."""


@dataclass(frozen=True)
class Ablation:
    """A row of table 1.

    Attributes:
        name: Folder of its run.
        title: As in the paper.
        paper: What the paper measured.
        flow_loss: Whether equation 11 is learnt, and WarpNet alone before the rest.
        warps: Whether there is a WarpNet.
        guided: Whether there is a guide.
        widening: RecNet's channels over those of the base.
    """

    name: str
    title: str
    paper: PaperValues
    flow_loss: bool = True
    warps: bool = True
    guided: bool = True
    widening: int = 1

    def config(self, base: TrainConfig, output: Path) -> TrainConfig:
        """The base with what this row leaves out; without WarpNet's pre-training it is as much shorter."""
        network = base.network.model_copy(
            update={
                "warpnet": base.network.warpnet if self.warps else "none",
                "recnet_width": base.network.recnet_width * self.widening,
                "guided": self.guided,
            }
        )
        pretrains = self.flow_loss and self.warps
        without = dict.fromkeys(FLOW_LOSSES, 0.0)
        losses = base.losses if self.flow_loss else base.losses.model_copy(update=without)
        values = base.model_dump() | {
            "name": f"{base.name}-{self.name}",
            "network": network.model_dump(),
            "losses": losses.model_dump(),
            "output": output / self.name,
        }
        if not pretrains:
            values |= {"flow_samples": 0, "flow_epochs": 0}
            values["samples"] = base.samples and base.samples - base.flow_samples
            values["epochs"] = base.epochs and base.epochs - base.flow_epochs
        return TrainConfig.model_validate(values)


FULL = Ablation("full", "Ours (Full)", ((28.55, 0.947), (24.10, 0.898), (32.31, 0.973), (27.21, 0.935)))

RANDOM_GUIDE = "Ours (R)"
"""Full, measured with another person's guide; it needs no training."""

RANDOM_GUIDE_IN_PAPER: PaperValues = ((27.90, 0.943), (24.05, 0.890), (31.46, 0.962), (26.88, 0.922))

ABLATIONS = (
    Ablation(
        "minus_f",
        "Ours (-F)",
        ((26.61, 0.927), (23.17, 0.863), (31.43, 0.920), (26.00, 0.922)),
        flow_loss=False,
    ),
    Ablation(
        "minus_w2",
        "Ours (-W2)",
        ((27.25, 0.933), (23.24, 0.864), (29.73, 0.948), (25.95, 0.917)),
        warps=False,
        widening=2,
    ),
    Ablation(
        "minus_w", "Ours (-W)", ((26.03, 0.923), (23.29, 0.843), (29.66, 0.934), (25.20, 0.897)), warps=False
    ),
    Ablation(
        "minus_wg2",
        "Ours (-WG2)",
        ((27.20, 0.932), (23.22, 0.863), (29.45, 0.945), (25.93, 0.914)),
        warps=False,
        guided=False,
        widening=2,
    ),
    Ablation(
        "minus_wg",
        "Ours (-WG)",
        ((25.97, 0.915), (22.91, 0.838), (28.73, 0.928), (24.76, 0.884)),
        warps=False,
        guided=False,
    ),
)
"""The other rows that are trained."""


def with_budget(base: TrainConfig, samples: int) -> TrainConfig:
    """The base with another number of samples; WarpNet's pre-training keeps its share.

    Raises:
        ConfigError: The base counts in epochs.
    """
    if base.samples is None:
        raise ConfigError(
            "The base counts in epochs, so --samples does not fit. Set samples in its YAML file."
        )
    flow_samples = round(base.flow_samples * samples / base.samples)
    return base.model_copy(update={"samples": samples, "flow_samples": flow_samples})


def train_rows(
    base: TrainConfig,
    folder: Path,
    on_row: Callable[[Ablation, Trainer], None] = lambda *_: None,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> dict[str, int] | None:
    """Train every row of table 1 alike; what is finished is kept, what was begun goes on.

    Args:
        base: What all rows have in common.
        folder: Each row's run gets a folder in it.
        on_row: Told of every row before it is trained.
        on_progress: Told of every log line.
        stopped: Asked between steps.

    Returns:
        Samples of each row by title, WarpNet's pre-training included; None if it was stopped.

    Raises:
        ConfigError: A folder holds a run of another base, or the base starts from a model.
        DataError: A data set is missing or empty.
        ModelError: A loss is not a number.
    """
    if base.start_from:
        raise ConfigError("The rows are different networks. Take start_from out of the base.")
    samples = {}
    for ablation in (FULL, *ABLATIONS):
        config = ablation.config(base, folder)
        begun = bool(checkpoints(config.output))
        if begun:
            _refuse_other(load_config(config.output / CONFIG), config)
        trainer = Trainer(config, resume=begun)
        on_row(ablation, trainer)
        if not trainer.ended and not trainer.run(on_progress, stopped):
            return None
        samples[ablation.title] = trainer.samples
    return samples


def _refuse_other(begun: TrainConfig, config: TrainConfig) -> None:
    """All that decides the weights must be as it was when the row was begun, its length and data too."""
    if changed := changed_keys(begun, config):
        raise ConfigError(
            f"{config.output} was trained with another {', '.join(changed)}. Choose another -o."
        )


def contenders(folder: Path) -> tuple[Contender, ...]:
    """The trained rows, Full first and with a stranger's guide too, and bicubic enlargement."""
    full, *others = (Contender(str(folder / row.name), title=row.title) for row in (FULL, *ABLATIONS))
    return full, Contender(full.model, "stranger", full.title), *others, Contender("bicubic")


def compare(measured: Mapping[Protocol, Measured], samples: Mapping[str, int]) -> str:
    """Table 1 as it came out here beside the paper's, and where the order of its rows agrees, in Markdown.

    Args:
        measured: What `contenders` gave by each protocol.
        samples: How many each row was trained with, as `train_rows` tells.

    Raises:
        DataError: Every restoration failed.
    """
    columns = {
        f"{protocol} {scale:g}x": AtScale(found, scale)
        for protocol, found in measured.items()
        for scale in sorted({row.scale for row in found.rows})
    }
    if not columns:
        raise DataError("Every restoration failed; failures.csv says why.")
    means = [
        [
            title,
            str(samples[name.removesuffix(":stranger")]),
            *(_pair(column, name) for column in columns.values()),
            *(f"{a:.2f} / {b:.3f}" for a, b in paper),
        ]
        for title, name, paper in _rows()
    ]
    full, *others = _rows()
    differences = [
        [
            title,
            *(_difference(column, name, full[1]) for column in columns.values()),
            *_paper_gaps(paper, full[2]),
        ]
        for title, name, paper in others
    ]
    counted = next(iter(columns.values())).counted
    first = markdown_table(("", "samples", *columns, *PAPER_COLUMNS), means, left=1)
    second = markdown_table(("", *columns, *PAPER_COLUMNS), differences, left=1)
    failures = [sentence for found in measured.values() for sentence in count_failures(found)]
    return "\n\n".join((NOTE.format(counted), first, ORDER_NOTE, second, *failures, ""))


def _rows() -> Iterator[tuple[str, str, PaperValues]]:
    """Title, name of the contender, and the paper's values."""
    yield FULL.title, FULL.title, FULL.paper
    yield RANDOM_GUIDE, f"{FULL.title}:stranger", RANDOM_GUIDE_IN_PAPER
    for row in ABLATIONS:
        yield row.title, row.title, row.paper


def _pair(column: AtScale, name: str) -> str:
    found = [column.estimate(name, "", metric.name) for metric in METRICS]
    return " / ".join(
        f"{estimate.interval.mean:.{digits}f}" if estimate else "-"
        for estimate, digits in zip(found, (2, 3), strict=True)
    )


def _difference(column: AtScale, name: str, full: str) -> str:
    psnr = METRICS[0]
    estimate = column.estimate(name, full, psnr.name)
    return f"{cell(estimate, psnr)}{_agreement(estimate)}"


def _agreement(estimate: Estimate | None) -> str:
    if estimate is None:
        return ""
    return {"worse": ", *agrees*", "better": ", *reversed*", "unclear": ""}[estimate.verdict(METRICS[0])]


def _paper_gaps(paper: PaperValues, full: PaperValues) -> list[str]:
    return [f"{row[0] - best[0]:+.2f}" for row, best in zip(paper, full, strict=True)]
