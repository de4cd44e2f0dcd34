"""Compute the losses, each with its equation.

Losses on pixels count only the real part of padded crops.
"""

from gfrnet.losses.adversarial import crop_boxes, discriminator_loss, generator_loss, landmark_boxes
from gfrnet.losses.flow import (
    dense_flow_loss,
    landmark_distance_loss,
    landmark_loss,
    sample_flow,
    tv_loss,
)
from gfrnet.losses.identity import Recogniser, identity_loss, load_recogniser
from gfrnet.losses.padding import keep_padding
from gfrnet.losses.perceptual import Preprocessing, VGGFeatures, load_vgg, perceptual_loss
from gfrnet.losses.reconstruction import l2_loss, laplacian_loss

__all__ = [
    "Preprocessing",
    "Recogniser",
    "VGGFeatures",
    "crop_boxes",
    "dense_flow_loss",
    "discriminator_loss",
    "generator_loss",
    "identity_loss",
    "keep_padding",
    "l2_loss",
    "landmark_boxes",
    "landmark_distance_loss",
    "landmark_loss",
    "laplacian_loss",
    "load_recogniser",
    "load_vgg",
    "perceptual_loss",
    "sample_flow",
    "tv_loss",
]
