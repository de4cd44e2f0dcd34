"""Lower the learning rate by plateaus of the loss (section 4.2), or by the share of the run."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from gfrnet.train.config import Cosine, Linear, Plateau, Steps


class Schedule(Protocol):
    """Describe what the trainer asks of a schedule."""

    @property
    def rate(self) -> float:
        """Return the learning rate of the next step."""

    @property
    def finished(self) -> bool:
        """Tell whether the schedule ends the run."""

    def advance(self, count: int, reconstruction: float | None) -> None:
        """Take note of a step with ``count`` samples and its mean reconstruction loss (equation 6).

        The loss is None while WarpNet learns alone, and when the step was skipped.
        """

    def state_dict(self) -> dict[str, Any]:
        """Return plain values from which `load_state_dict` goes on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""


def make_schedule(config: Plateau | Cosine | Steps | Linear, samples: int) -> Schedule:
    """Return the schedule of a run whose networks learn together from so many samples."""
    match config:
        case Plateau():
            return PlateauSchedule(config)
        case Cosine():
            return ShareSchedule(partial(_cosine, config), samples)
        case Steps():
            return ShareSchedule(partial(_steps, config), samples)
        case Linear():
            return ShareSchedule(partial(_linear, config), samples)


class PlateauSchedule:
    """Keep each rate until the reconstruction loss has not fallen for ``patience`` windows."""

    def __init__(self, config: Plateau) -> None:
        self.config = config
        self.stage, self.waits = 0, 0
        self.best = math.inf
        self.sum, self.count = 0.0, 0

    @property
    def rate(self) -> float:
        """Return the rate of this stage."""
        return self.config.rates[min(self.stage, len(self.config.rates) - 1)]

    @property
    def finished(self) -> bool:
        """Tell whether the last rate has reached its plateau."""
        return self.stage >= len(self.config.rates)

    def advance(self, count: int, reconstruction: float | None) -> None:
        """Add a step to the window; at the window's end, compare its mean with the lowest so far."""
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
        """Return the stage, the best mean, the waits and the open window."""
        return {name: value for name, value in vars(self).items() if name != "config"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""
        vars(self).update(state)


class ShareSchedule:
    """Decide the rate by the share of the run that is done, once WarpNet no longer learns alone."""

    def __init__(self, rate_at: Callable[[float], float], samples: int) -> None:
        """Take a function from a share of the run, 0..1, to the rate, and the samples of the run."""
        self.rate_at, self.samples, self.done = rate_at, samples, 0

    @property
    def rate(self) -> float:
        """Return the rate at the share of the run that is done."""
        return self.rate_at(min(1.0, self.done / self.samples))

    @property
    def finished(self) -> bool:
        """Return False: only the run's length ends it."""
        return False

    def advance(self, count: int, reconstruction: float | None) -> None:
        """Move on by ``count`` samples if RecNet learns from them, so that it starts at the first rate."""
        if reconstruction is not None:
            self.done += count

    def state_dict(self) -> dict[str, Any]:
        """Return the number of samples done."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from an earlier state."""
        self.done = state["done"]


def _cosine(config: Cosine, share: float) -> float:
    span = config.first - config.last
    return config.last + span * (1 + math.cos(math.pi * share)) / 2


def _steps(config: Steps, share: float) -> float:
    return config.rates[min(int(share * len(config.rates)), len(config.rates) - 1)]


def _linear(config: Linear, share: float) -> float:
    return config.first * min(1.0, (1 - share) / (1 - config.begin))
