"""Compute the losses, each with its equation.

Losses on pixels count only the real part of padded crops.
"""

from gfrnet.losses.adversarial import (
    REAL_LABEL,
    class_loss,
    critic_loss,
    crop_boxes,
    discriminator_loss,
    feature_loss,
    generator_loss,
    gradient_penalty,
    landmark_boxes,
)
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
from gfrnet.losses.reconstruction import l2_loss, laplacian_loss, points_loss, shrunk, stages_loss
from gfrnet.losses.wavelet import wavelet_loss

__all__ = [
    "REAL_LABEL",
    "Preprocessing",
    "Recogniser",
    "VGGFeatures",
    "class_loss",
    "critic_loss",
    "crop_boxes",
    "dense_flow_loss",
    "discriminator_loss",
    "feature_loss",
    "generator_loss",
    "gradient_penalty",
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
    "points_loss",
    "sample_flow",
    "shrunk",
    "stages_loss",
    "tv_loss",
    "wavelet_loss",
]
