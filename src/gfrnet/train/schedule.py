"""How the learning rate falls: by plateaus of the reconstruction loss (section 4.2), or along a cosine."""

from __future__ import annotations

import math
from typing import Any, Protocol

from gfrnet.train.config import Cosine, Plateau


class Schedule(Protocol):
    """What the trainer asks of a schedule."""

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""

    @property
    def finished(self) -> bool:
        """Whether nothing is left to learn."""

    def advance(self, count: int, reconstruction: float | None) -> None:
        """Tell of a step with ``count`` samples and its mean reconstruction loss (equation 6).

        None where there was none: while WarpNet learns alone, or when the step was skipped.
        """

    def state_dict(self) -> dict[str, Any]:
        """Plain values from which `load_state_dict` goes on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""


def make_schedule(config: Plateau | Cosine, samples: int) -> Schedule:
    """The schedule of a run in which the networks learn together from so many samples."""
    return PlateauSchedule(config) if isinstance(config, Plateau) else CosineSchedule(config, samples)


class PlateauSchedule:
    """Each rate until the reconstruction loss has not fallen for ``patience`` windows."""

    def __init__(self, config: Plateau) -> None:
        self.config = config
        self.stage, self.waits = 0, 0
        self.best = math.inf
        self.sum, self.count = 0.0, 0

    @property
    def rate(self) -> float:
        """The rate of this stage."""
        return self.config.rates[min(self.stage, len(self.config.rates) - 1)]

    @property
    def finished(self) -> bool:
        """Whether the last rate has reached its plateau."""
        return self.stage >= len(self.config.rates)

    def advance(self, count: int, reconstruction: float | None) -> None:
        """Add a step to the window; at its end, compare."""
        if reconstruction is None:
            return
        self.sum += reconstruction * count
        self.count += count
        if self.count >= self.config.window:
            self._compare(self.sum / self.count)
            self.sum, self.count = 0.0, 0

    def _compare(self, mean: float) -> None:
        if mean < self.best:
            self.best, self.waits = mean, 0
            return
        self.waits += 1
        if self.waits >= self.config.patience:
            self.stage, self.waits, self.best = self.stage + 1, 0, math.inf

    def state_dict(self) -> dict[str, Any]:
        """Stage, best mean, waits and the open window."""
        return {name: value for name, value in vars(self).items() if name != "config"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""
        vars(self).update(state)


class CosineSchedule:
    """Half a cosine over the run, once WarpNet is not alone."""

    def __init__(self, config: Cosine, samples: int) -> None:
        self.config, self.samples, self.done = config, samples, 0

    @property
    def rate(self) -> float:
        """The rate at the share of the run that is done."""
        share = min(1.0, self.done / self.samples)
        span = self.config.first - self.config.last
        return self.config.last + span * (1 + math.cos(math.pi * share)) / 2

    @property
    def finished(self) -> bool:
        """Never before the run's length."""
        return False

    def advance(self, count: int, reconstruction: float | None) -> None:
        """Move on by ``count`` samples, if RecNet learns from them: it starts at the first rate."""
        if reconstruction is not None:
            self.done += count

    def state_dict(self) -> dict[str, Any]:
        """The samples done."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""
        self.done = state["done"]
