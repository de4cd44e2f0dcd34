"""The networks: tensors in, tensors out."""

from gfrnet.nets.config import PAPER, SLIM, GFRNetConfig
from gfrnet.nets.count import Size, count
from gfrnet.nets.gfrnet import GFRNet, Restoration
from gfrnet.nets.warp import identity_flow, to_pixels, to_unit, warp

__all__ = [
    "PAPER",
    "SLIM",
    "GFRNet",
    "GFRNetConfig",
    "Restoration",
    "Size",
    "count",
    "identity_flow",
    "to_pixels",
    "to_unit",
    "warp",
]
