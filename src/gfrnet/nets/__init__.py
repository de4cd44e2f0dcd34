"""The networks: tensors in, tensors out."""

from gfrnet.nets.blend import blended
from gfrnet.nets.config import PAPER, SLIM, GFRNetConfig
from gfrnet.nets.count import Size, count
from gfrnet.nets.discriminator import Norm, PatchDiscriminator
from gfrnet.nets.gfrnet import GFRNet, Restoration, load_safetensors, save_safetensors
from gfrnet.nets.warp import identity_flow, to_pixels, to_unit, warp

__all__ = [
    "PAPER",
    "SLIM",
    "GFRNet",
    "GFRNetConfig",
    "Norm",
    "PatchDiscriminator",
    "Restoration",
    "Size",
    "blended",
    "count",
    "identity_flow",
    "load_safetensors",
    "save_safetensors",
    "to_pixels",
    "to_unit",
    "warp",
]
