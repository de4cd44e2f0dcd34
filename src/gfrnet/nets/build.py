"""Build a network of any kind from its config, and store and open both in one file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter

from gfrnet.nets.compared.arcnn import ARCNN, ARCNNConfig
from gfrnet.nets.compared.cbn import CBN, CBNConfig
from gfrnet.nets.compared.chain import Chain, ChainConfig
from gfrnet.nets.compared.deblurgan import DeblurGAN, DeblurGANConfig
from gfrnet.nets.compared.deepdeblur import DeepDeblur, DeepDeblurConfig
from gfrnet.nets.compared.dncnn import DnCNN, DnCNNConfig
from gfrnet.nets.compared.memnet import MemNet, MemNetConfig
from gfrnet.nets.compared.scgan import SCGAN, SCGANConfig
from gfrnet.nets.compared.srcnn import SRCNN, SRCNNConfig
from gfrnet.nets.compared.srgan import SRGAN, SRGANConfig
from gfrnet.nets.compared.tdae import TDAE, TDAEConfig
from gfrnet.nets.compared.unet import UNet, UNetConfig
from gfrnet.nets.compared.vdsr import VDSR, VDSRConfig
from gfrnet.nets.compared.waveletsrnet import WaveletSRNet, WaveletSRNetConfig
from gfrnet.nets.config import GFRNetConfig, NetworkShape
from gfrnet.nets.gfrnet import GFRNet
from gfrnet.nets.network import Network
from gfrnet.nets.safetensors import read_network, write_weights

_NETWORKS: Mapping[type[NetworkShape], Callable[[Any], Network]] = {
    GFRNetConfig: GFRNet,
    ARCNNConfig: ARCNN,
    CBNConfig: CBN,
    ChainConfig: Chain,
    DeblurGANConfig: DeblurGAN,
    DeepDeblurConfig: DeepDeblur,
    DnCNNConfig: DnCNN,
    MemNetConfig: MemNet,
    SCGANConfig: SCGAN,
    SRCNNConfig: SRCNN,
    SRGANConfig: SRGAN,
    TDAEConfig: TDAE,
    UNetConfig: UNet,
    VDSRConfig: VDSR,
    WaveletSRNetConfig: WaveletSRNet,
}

AnyConfig: TypeAlias = (
    GFRNetConfig
    | ARCNNConfig
    | CBNConfig
    | ChainConfig
    | DeblurGANConfig
    | DeepDeblurConfig
    | DnCNNConfig
    | MemNetConfig
    | SCGANConfig
    | SRCNNConfig
    | SRGANConfig
    | TDAEConfig
    | UNetConfig
    | VDSRConfig
    | WaveletSRNetConfig
)


def _with_kind(value: object) -> object:
    """Add the kind ``gfrnet`` to a config that names none."""
    return {"kind": "gfrnet", **value} if isinstance(value, dict) else value


NetworkConfig: TypeAlias = Annotated[AnyConfig, Field(discriminator="kind"), BeforeValidator(_with_kind)]
"""The config of a network; its ``kind`` says of which."""

_ADAPTER: TypeAdapter[AnyConfig] = TypeAdapter(NetworkConfig)


def build(config: AnyConfig) -> Network:
    """Build an untrained network of the config's kind."""
    return _NETWORKS[type(config)](config)


def build_from(values: object) -> Network:
    """Build an untrained network from a config of plain keys and values.

    Raises:
        ValidationError: The values are not the config of a network.
    """
    return build(_ADAPTER.validate_python(values))


def build_from_json(text: str) -> Network:
    """Build an untrained network from a config in JSON.

    Raises:
        ValidationError: The text is not the config of a network.
    """
    return build(_ADAPTER.validate_json(text))


def save_safetensors(network: Network, path: Path, half: bool = False) -> None:
    """Write a network and its config as one safetensors file.

    Args:
        network: The network.
        path: The file; its folder is made where it is missing.
        half: Whether the weights are rounded to half precision.

    Raises:
        WriteError: The folder is read-only or the disk is full; an older file stays as it was.
    """
    write_weights(network.config, network.state_dict(), path, half)


def load_safetensors(path: Path) -> Network:
    """Open a file that `save_safetensors` wrote, as a network in full precision and ready to restore.

    Raises:
        ModelError: The file is missing, broken or was written by something else.
    """
    return read_network(path, build_from_json)
