"""Draw the degradations that compared methods of table 1 were made for, each from sets of its own."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from gfrnet.degradation.recipe import Recipe


class Span(BaseModel):
    """Hold the set {first : step : last}, as section 3.2 writes it.

    Attributes:
        first: Smallest value.
        last: Largest value.
        step: Distance of neighbours.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    first: float
    last: float
    step: float = Field(1.0, gt=0)

    @model_validator(mode="after")
    def _in_order(self) -> Span:
        if not 0 <= (self.last - self.first) / self.step <= 10_000:
            raise ValueError("last must not be below first, nor more than 10,000 steps away.")
        return self

    @property
    def values(self) -> tuple[float, ...]:
        """Return all values, the smallest first."""
        count = int((self.last - self.first) / self.step + 1e-9) + 1
        return tuple(round(self.first + index * self.step, 9) for index in range(count))


_DRAWN = ("turn", "zoom", "motion", "blur", "scale", "noise", "jpeg")
"""Fields of a recipe that are drawn, in this order."""

Set: TypeAlias = Span | Annotated[tuple[float, ...], Field(min_length=1)]
"""Values, each with equal chance."""


class OwnDegradation(BaseModel):
    """Hold the sets from which every parameter of a `Recipe` is drawn; by default nothing is degraded.

    Attributes:
        turn: Angles in degrees.
        zoom: Factors.
        motion: Sides of the square of a camera shake, pixels.
        blur: Standard deviations of the Gaussian blur, pixels.
        scale: Downsampling factors.
        noise: Standard deviations of the noise on the 0..255 scale.
        jpeg: JPEG qualities; 0 is lossless.
        grey_noise: Whether red, green and blue get the same noise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    turn: Set = (0.0,)
    zoom: Set = (1.0,)
    motion: Set = (0.0,)
    blur: Set = (0.0,)
    scale: Set = (1.0,)
    noise: Set = (0.0,)
    jpeg: Set = (0.0,)
    grey_noise: bool = False

    @model_validator(mode="after")
    def _values_fit(self) -> OwnDegradation:
        for name in _DRAWN:
            for value in _values(getattr(self, name)):
                Recipe.model_validate({name: value})
        return self

    def sample(self, rng: np.random.Generator) -> Recipe:
        """Draw a recipe; every value is drawn, whatever the sets hold."""
        drawn = {
            name: values[rng.integers(len(values))]
            for name in _DRAWN
            for values in [_values(getattr(self, name))]
        }
        seed = int(rng.integers(2**32))
        return Recipe.model_validate({**drawn, "grey_noise": self.grey_noise, "seed": seed})


def _values(values: Set) -> tuple[float, ...]:
    return values.values if isinstance(values, Span) else values
