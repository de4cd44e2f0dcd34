"""Build a network of any kind from its config, and store and open both in one file."""

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
    """Add the kind ``gfrnet`` to a config that names none."""
    return {"kind": "gfrnet", **value} if isinstance(value, dict) else value


NetworkConfig: TypeAlias = Annotated[
    GFRNetConfig | SRCNNConfig, Field(discriminator="kind"), BeforeValidator(_with_kind)
]
"""The config of a network; its ``kind`` says of which."""

_ADAPTER: TypeAdapter[GFRNetConfig | SRCNNConfig] = TypeAdapter(NetworkConfig)


def build(config: GFRNetConfig | SRCNNConfig) -> Network:
    """Build an untrained network of the config's kind."""
    match config:
        case GFRNetConfig():
            return GFRNet(config)
        case SRCNNConfig():
            return SRCNN(config)


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
