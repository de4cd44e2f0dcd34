"""List the rows of table 1: the rows "Ours" by what each leaves out, beside the compared rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from gfrnet.errors import ConfigError
from gfrnet.nets import GFRNetConfig
from gfrnet.nets.compared import PaperFigures
from gfrnet.reproduce.compared import COMPARED_ROWS, SCALES, ComparedRow
from gfrnet.train import FLOW_LOSSES, TrainConfig

OURS = "Ours"
"""Family of our rows."""


@dataclass(frozen=True)
class Ablation:
    """Say what one row of table 1 leaves out.

    Attributes:
        name: Name in the command, and of the run's folder.
        title: Title in the paper.
        paper: Figures that the paper measured.
        flow_loss: Whether WarpNet learns from the flow losses (equation 11), at first alone.
        warps: Whether there is a WarpNet.
        guided: Whether there is a guide.
        widening: Factor of RecNet's channels over the base.
    """

    name: str
    title: str
    paper: PaperFigures
    flow_loss: bool = True
    warps: bool = True
    guided: bool = True
    widening: int = 1

    @property
    def family(self) -> str:
        """Return the group of the table."""
        return OURS

    @property
    def has_runs(self) -> bool:
        """Return True: every row of ours is trained."""
        return True

    @property
    def scales(self) -> tuple[int, ...]:
        """Return the downsampling factors for which table 1 has figures."""
        return SCALES

    def trainings(self, base: TrainConfig, recipes: Path, folder: Path) -> Iterator[tuple[TrainConfig, ...]]:
        """Yield the config of the row's one training; see `ComparedRow.trainings`."""
        yield (self.config(base, folder),)

    def model(self, folder: Path, scale: int) -> str:
        """Return the row's run, which restores at every scale."""
        return str(folder / self.name)

    def config(self, base: TrainConfig, output: Path) -> TrainConfig:
        """Return the base without the parts that this row leaves out.

        A row without WarpNet's pre-training leaves out the samples of the pre-training too.

        Raises:
            ConfigError: The base trains no GFRNet with a guide.
        """
        if not isinstance(base.network, GFRNetConfig) or not base.network.guided:
            raise ConfigError(
                "The rows take parts from a GFRNet with a guide. Choose a base that trains one."
            )
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

RANDOM_GUIDE_IN_PAPER: PaperFigures = ((27.90, 0.943), (24.05, 0.890), (31.46, 0.962), (26.88, 0.922))

ROWS = (
    FULL,
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
"""The rows "Ours" that are trained, Full first; the base decides everything that a row does not name."""


TableRow: TypeAlias = Ablation | ComparedRow

ALL_ROWS: tuple[TableRow, ...] = (*COMPARED_ROWS, *ROWS)
"""All rows in the order of table 1; the U-Nets of figure 1 stand before "Ours"."""


def choose_rows(names: Sequence[str]) -> tuple[TableRow, ...]:
    """Return the named rows in the order of the table; all rows if there are no names.

    Args:
        names: Names of rows; ``ours`` and ``compared`` name all rows of a kind.

    Raises:
        ConfigError: There is no such row.
    """
    groups = {"ours": [row.name for row in ROWS], "compared": [row.name for row in COMPARED_ROWS]}
    known = {row.name for row in ALL_ROWS}
    wanted = {one for name in names for one in groups.get(name, [name])}
    if unknown := sorted(wanted - known):
        raise ConfigError(
            f"There is no row {unknown[0]}. Choose from ours, compared, "
            f"{', '.join(row.name for row in ALL_ROWS)}."
        )
    return tuple(row for row in ALL_ROWS if not names or row.name in wanted)
