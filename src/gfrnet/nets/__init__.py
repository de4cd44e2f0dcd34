"""The networks: tensors in, tensors out."""

from gfrnet.nets.blend import blended
from gfrnet.nets.build import (
    NetworkConfig,
    build,
    build_from,
    build_from_json,
    load_safetensors,
    save_safetensors,
)
from gfrnet.nets.config import PAPER, SLIM, GFRNetConfig, NetworkShape
from gfrnet.nets.count import Size, count
from gfrnet.nets.discriminator import Norm, PatchDiscriminator
from gfrnet.nets.gfrnet import GFRNet
from gfrnet.nets.network import Network, Restoration
from gfrnet.nets.warp import identity_flow, to_pixels, to_unit, warp

__all__ = [
    "PAPER",
    "SLIM",
    "GFRNet",
    "GFRNetConfig",
    "Network",
    "NetworkConfig",
    "NetworkShape",
    "Norm",
    "PatchDiscriminator",
    "Restoration",
    "Size",
    "blended",
    "build",
    "build_from",
    "build_from_json",
    "count",
    "identity_flow",
    "load_safetensors",
    "save_safetensors",
    "to_pixels",
    "to_unit",
    "warp",
]
