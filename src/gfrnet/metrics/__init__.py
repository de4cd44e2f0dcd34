"""Measure how good a restoration is, with the figures of the protocol as pure functions of arrays."""

from gfrnet.metrics.identity import identity_distance
from gfrnet.metrics.intervals import Interval, bootstrap_interval, paired_difference, paired_significance
from gfrnet.metrics.landmarks import identity_grid, landmark_error, warp_error
from gfrnet.metrics.regions import eyes_mask, mouth_mask
from gfrnet.metrics.similarity import psnr, ssim

__all__ = [
    "Interval",
    "bootstrap_interval",
    "eyes_mask",
    "identity_distance",
    "identity_grid",
    "landmark_error",
    "mouth_mask",
    "paired_difference",
    "paired_significance",
    "psnr",
    "ssim",
    "warp_error",
]
