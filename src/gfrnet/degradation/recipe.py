"""Sample, store and replay the parameters of equation 4."""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from gfrnet.errors import ConfigError

BLURS = (0.0, *(tenths / 10 for tenths in range(10, 31)))
"""Standard deviations of the Gaussian blur in pixels: {0, 1 : 0.1 : 3}."""

SCALES = tuple(tenths / 10 for tenths in range(10, 81))
"""Downsampling factors: {1 : 0.1 : 8}."""

NOISE_LEVELS = tuple(range(8))
"""Standard deviations of the noise on the 0..255 scale: {0 : 1 : 7}."""

JPEG_QUALITIES = (0, *range(10, 41))
"""JPEG qualities: {0, 10 : 1 : 40}; 0 is lossless."""

Setting: TypeAlias = Literal["blur", "blur+down", "blur+down+noise", "full"]
"""The four degradation settings that section 4.5 compares."""

SETTINGS: tuple[Setting, ...] = get_args(Setting)


class Recipe(BaseModel):
    """Determine one degradation fully: the same recipe gives the same pixels.

    The bounds are wider than the sets of the paper, from which `sample_recipe` draws. The default is
    no degradation, so ``Recipe(scale=4)`` is the protocol's bicubic downsampling alone. Store it with
    ``recipe.model_dump_json()`` and read it with ``Recipe.model_validate_json(text)``.

    Equation 4 has blur, scale, noise and jpeg. The other fields are for the compared methods of table 1,
    some of which learnt from other damage.

    Attributes:
        turn: Angle in degrees by which the photo is turned clockwise about its centre, before all else.
        zoom: Factor by which the photo is zoomed about its centre, before all else; 1 is none.
        motion: Side in pixels of the square in which a camera shake blurs; 0 is none.
        blur: Standard deviation of the Gaussian blur in pixels of the photo; 0 is none.
        scale: Downsampling factor; 1 is none.
        noise: Standard deviation of the noise on the 0..255 scale, added after downsampling; 0 is none.
        grey_noise: Whether red, green and blue get the same noise.
        jpeg: JPEG quality, 1..100; 0 is lossless.
        seed: Seed of the noise and of the camera shake.

    Raises:
        pydantic.ValidationError: A value lies outside its bounds, or a name is unknown.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    turn: float = Field(default=0.0, ge=-180, le=180)
    zoom: float = Field(default=1.0, ge=0.25, le=4)
    motion: int = Field(default=0, ge=0, le=127)
    blur: float = Field(default=0.0, ge=0, le=20)
    scale: float = Field(default=1.0, ge=1, le=32)
    noise: float = Field(default=0.0, ge=0, le=100)
    grey_noise: bool = False
    jpeg: int = Field(default=0, ge=0, le=100)
    seed: int = Field(default=0, ge=0, lt=2**63)


def sample_recipe(rng: np.random.Generator, setting: Setting = "full", scale: float | None = None) -> Recipe:
    """Draw a recipe from the sets of section 3.2, each value of a set with equal chance.

    Every value is drawn, whatever the arguments. So recipes from equally seeded generators differ only in
    what the arguments fix or leave out.

    Args:
        rng: Source of randomness; five numbers are drawn.
        setting: Parts of the degradation that are in use (section 4.5).
        scale: Downsampling factor instead of a drawn one (the evaluation protocols fix 4 or 8).

    Raises:
        ConfigError: There is no such setting.
        pydantic.ValidationError: The scale lies outside its bounds.
    """
    if setting not in SETTINGS:
        raise ConfigError(f"Unknown degradation setting {setting!r}. Choose one of: {', '.join(SETTINGS)}.")
    stages = SETTINGS.index(setting)
    blur = BLURS[rng.integers(len(BLURS))]
    drawn_scale = SCALES[rng.integers(len(SCALES))]
    noise = NOISE_LEVELS[rng.integers(len(NOISE_LEVELS))]
    jpeg = JPEG_QUALITIES[rng.integers(len(JPEG_QUALITIES))]
    seed = int(rng.integers(2**32))
    return Recipe(
        blur=blur,
        scale=scale if scale is not None else drawn_scale if stages >= 1 else 1,
        noise=noise if stages >= 2 else 0,
        jpeg=jpeg if stages >= 3 else 0,
        seed=seed,
    )
