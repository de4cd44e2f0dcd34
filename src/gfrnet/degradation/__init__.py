"""Make a bad photo of a good one: the degradation model of section 3.2, equation 4."""

from gfrnet.degradation.apply import degrade, degrade_small
from gfrnet.degradation.bicubic import resize_bicubic
from gfrnet.degradation.own import OwnDegradation
from gfrnet.degradation.recipe import (
    BLURS,
    JPEG_QUALITIES,
    NOISE_LEVELS,
    SCALES,
    SETTINGS,
    Recipe,
    Setting,
    sample_recipe,
)

__all__ = [
    "BLURS",
    "JPEG_QUALITIES",
    "NOISE_LEVELS",
    "SCALES",
    "SETTINGS",
    "OwnDegradation",
    "Recipe",
    "Setting",
    "degrade",
    "degrade_small",
    "resize_bicubic",
    "sample_recipe",
]
