"""Build a network of any kind from its config, and store and open it with that config."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import BeforeValidator, Field, TypeAdapter

from gfrnet.nets.compared.srcnn import SRCNN, SRCNNConfig
from gfrnet.nets.config import GFRNetConfig
from gfrnet.nets.gfrnet import GFRNet
from gfrnet.nets.network import Network
from gfrnet.nets.safetensors import read_network, write_weights


def _with_kind(value: object) -> object:
    """Name the kind where a config does not: it is that of a GFRNet."""
    return {"kind": "gfrnet", **value} if isinstance(value, dict) else value


NetworkConfig: TypeAlias = Annotated[
    GFRNetConfig | SRCNNConfig, Field(discriminator="kind"), BeforeValidator(_with_kind)
]
"""The config of a network, told apart by its ``kind``."""

_ADAPTER: TypeAdapter[GFRNetConfig | SRCNNConfig] = TypeAdapter(NetworkConfig)


def build(config: GFRNetConfig | SRCNNConfig) -> Network:
    """Build an untrained network of the config's kind."""
    match config:
        case GFRNetConfig():
            return GFRNet(config)
        case SRCNNConfig():
            return SRCNN(config)


def build_from(values: object) -> Network:
    """Build an untrained network of a config as plain keys and values.

    Raises:
        ValidationError: They are not the config of a network.
    """
    return build(_ADAPTER.validate_python(values))


def build_from_json(text: str) -> Network:
    """Build an untrained network of a config as JSON.

    Raises:
        ValidationError: It is not the config of a network.
    """
    return build(_ADAPTER.validate_json(text))


def save_safetensors(network: Network, path: Path, half: bool = False) -> None:
    """Write a network, its config included, as one safetensors file.

    Args:
        network: The network.
        path: The file; its folder is made where it is missing.
        half: Whether the weights are rounded to half precision.

    Raises:
        WriteError: The folder is read-only or the disk is full; an older file stays as it was.
    """
    write_weights(network.config, network.state_dict(), path, half)


def load_safetensors(path: Path) -> Network:
    """Open the network of a file that `save_safetensors` wrote, in full precision, ready to restore.

    Raises:
        ModelError: The file is missing, broken or was written by something else.
    """
    return read_network(path, build_from_json)
