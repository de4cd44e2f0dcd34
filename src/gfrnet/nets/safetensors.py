"""Store weights in a safetensors file together with the network's config; nothing is ever unpickled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import inf
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gfrnet.errors import ModelError, WriteError
from gfrnet.files import check_regular
from gfrnet.nets.config import NetworkShape

Made = TypeVar("Made", bound=nn.Module)

CONFIG_KEY = "gfrnet.config"
"""Metadata key under which a model file, safetensors or ONNX, holds the network's config as JSON."""

SMALLEST_HALVED = 64
"""Fewest values of a tensor that is rounded to half precision.

Smaller tensors stay in full precision, for halving them saves nothing. So do all biases and statistics: a
running variance above 65504 would become infinite.
"""


def write_weights(config: NetworkShape, state: Mapping[str, Tensor], path: Path, half: bool) -> None:
    """Write a network's config and state.

    Args:
        config: Config of the network.
        state: Weights and buffers of the network by name.
        path: The file; its folder is made where it is missing.
        half: Whether large tensors are rounded to half precision.

    Raises:
        WriteError: The folder is read-only or the disk is full; an older file stays as it was.
    """
    tensors = {name: (halved(value) if half else value).contiguous() for name, value in state.items()}
    data = save(tensors, {"format": "pt", CONFIG_KEY: config.model_dump_json()})
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def read_network(path: Path, make: Callable[[str], Made]) -> Made:
    """Open a file that `write_weights` wrote, as a network in full precision and ready to restore.

    Args:
        path: The file.
        make: Function that makes an untrained network from its config in JSON.

    Raises:
        ModelError: The file is missing, broken or was written by something else.
    """
    try:
        check_regular(path, inf)
        with safe_open(path, "pt") as file:
            network = make((file.metadata() or {})[CONFIG_KEY])
            network.load_state_dict({name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error}). Give a .safetensors file; pickled weights are never read."
        ) from error
    except SafetensorError as error:
        raise ModelError(
            f"{path} is not a safetensors file, or a broken one ({error}). Download or export it again."
        ) from error
    except (KeyError, ValidationError) as error:
        raise ModelError(
            f"{path} does not hold the config of a network that this gfrnet knows. Use an "
            "exported model, or a file of GFRNet.save_pretrained."
        ) from error
    except RuntimeError as error:
        # torch names every single tensor that does not fit.
        reason = shorten(str(error), 300)
        raise ModelError(f"{path}: weights and config do not fit: {reason}. Export it again.") from error
    return network.eval()


def halved(value: Tensor) -> Tensor:
    """Return a large tensor of floats in half precision, and any other tensor as it is."""
    large = value.ndim > 1 and value.numel() >= SMALLEST_HALVED
    return value.half() if value.is_floating_point() and large else value


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all.

    Yield a temporary path to write to, and rename it to ``path`` in the end.

    Raises:
        WriteError: The folder is read-only or the disk is full; an older file stays as it was.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WriteError(
            f"{path} cannot be written ({error.strerror or error}). Free some space, or choose another "
            "output."
        ) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
