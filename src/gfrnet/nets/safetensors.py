"""Weights in a safetensors file that also says what network they belong to; nothing is ever unpickled."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import shorten
from typing import TypeVar

from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from gfrnet.errors import ModelError, WriteError
from gfrnet.nets.config import NetworkShape

Made = TypeVar("Made", bound=nn.Module)

CONFIG_KEY = "gfrnet.config"
"""Where the metadata of a model file, safetensors or ONNX, hold the network's config as JSON."""

SMALLEST_HALVED = 64
"""Tensors with fewer values, and biases and statistics of any size, stay in full precision: halving them
saves nothing, and a running variance above 65504 would become infinite."""


def write_weights(config: NetworkShape, state: Mapping[str, Tensor], path: Path, half: bool) -> None:
    """Write a network's config and state.

    Args:
        config: The network's.
        state: Its weights and buffers by name.
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
    """Open the network of a file that `write_weights` wrote, in full precision, ready to restore.

    Args:
        path: The file.
        make: Makes a network, untrained, of its config as JSON.

    Raises:
        ModelError: The file is missing, broken or was written by something else.
    """
    try:
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
            f"{path} does not hold the config of a network that this gfrnet knows. Use a file that "
            "`gfrnet export` or GFRNet.save_pretrained wrote."
        ) from error
    except RuntimeError as error:
        # torch names every single tensor that does not fit.
        reason = shorten(str(error), 300)
        raise ModelError(f"{path}: weights and config do not fit: {reason}. Export it again.") from error
    return network.eval()


def halved(value: Tensor) -> Tensor:
    """A large tensor of floats in half precision; others as they are."""
    large = value.ndim > 1 and value.numel() >= SMALLEST_HALVED
    return value.half() if value.is_floating_point() and large else value


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: under the name given here, which becomes ``path`` in the end.

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
