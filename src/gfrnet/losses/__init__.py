"""The losses, each with its equation; those on pixels count only the real part of padded crops."""

from gfrnet.losses.flow import dense_flow_loss, landmark_loss, sample_flow, tv_loss
from gfrnet.losses.reconstruction import l2_loss, laplacian_loss

__all__ = ["dense_flow_loss", "l2_loss", "landmark_loss", "laplacian_loss", "sample_flow", "tv_loss"]
