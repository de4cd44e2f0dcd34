"""Run a network on PyTorch, from checkpoints and safetensors; the reference for other runtimes."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from pathlib import Path
from pickle import UnpicklingError
from textwrap import shorten
from typing import TypeVar

import torch
from torch import Tensor

from gfrnet.errors import ModelError
from gfrnet.files import check_regular
from gfrnet.nets import Network, build_from, load_safetensors
from gfrnet.nets.gfrnet import WEIGHTS
from gfrnet.runtime.protocol import Restoration, check_batch, check_threads
from gfrnet.types import FloatArray, FloatImage
from gfrnet.work import Noted, unheard

CHECKPOINTS = "checkpoint-*.pt"
"""Names of a run's checkpoints; the star is the number of samples, padded with zeros for sorting."""

T = TypeVar("T")


class TorchRuntime:
    """Run a network of torch behind the runtime protocol.

    Args:
        network: The network.
        threads: CPU threads of torch in this process; torch's own choice if None.

    Attributes:
        network: The network.
        fuses: Whether the network takes several guides of a face at once.
        takes_guide: Whether the network sees a guide at all.

    Raises:
        ConfigError: ``threads`` is no whole number between 1 and 1024.
    """

    def __init__(self, network: Network, threads: int | None = None) -> None:
        check_threads(threads)
        if threads is not None:
            torch.set_num_threads(threads)
        self.network = network.eval()
        self.fuses: bool = network.config.fuses
        self.takes_guide: bool = network.config.takes_guide

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Restore N degraded faces; see `Runtime.run`."""
        check_batch(degraded, guide, self.fuses)
        device = next(self.network.parameters()).device
        with torch.no_grad():
            result = self.network(to_tensor(degraded).to(device), to_tensor(guide).to(device), texture)
        rest = (
            None if part is None else to_array(part) for part in (result.warped, result.flow, result.textured)
        )
        return Restoration(to_array(result.restored), *rest)


def load_network(path: Path, on_event: Callable[[Noted], None] = unheard) -> Network:
    """Open the network of a file or folder, ready to restore; nothing but tensors and plain values is read.

    Args:
        path: A checkpoint of ``gfrnet train``, a ``.safetensors`` file, or a folder of a run or of
            ``GFRNet.save_pretrained``. Of a checkpoint the averaged network is opened, of a run its newest
            checkpoint that can be read.
        on_event: Receives a `Noted` for each newer checkpoint that is passed over because it is broken.

    Raises:
        ModelError: It is none of these, missing or broken.
    """
    if path.suffix == ".safetensors":
        return load_safetensors(path)
    if not path.is_dir():
        return _from_checkpoint(path)
    return newest_of_run(path, _from_checkpoint, on_event) or load_safetensors(_weights_in(path))


def file_of_folder(folder: Path) -> Path:
    """Return the file of a folder that `load_network` reads.

    Raises:
        ModelError: There is none, or all checkpoints of the run are broken.
    """

    def readable(path: Path) -> Path:
        _from_checkpoint(path)
        return path

    return newest_of_run(folder, readable) or _weights_in(folder)


def checkpoints(folder: Path) -> list[Path]:
    """List the checkpoints of a run of ``gfrnet train``, oldest first."""
    return sorted(folder.glob(CHECKPOINTS))


def newest_of_run(
    folder: Path, read: Callable[[Path], T], on_event: Callable[[Noted], None] = unheard
) -> T | None:
    """Read the newest checkpoint of a run that can be read; return None if there is not one.

    Args:
        folder: Folder of the run.
        read: Function that reads a checkpoint; it raises ModelError for a broken one.
        on_event: Receives a `Noted` for each newer checkpoint that is passed over because it is broken.

    Raises:
        ModelError: All checkpoints of the run are broken.
    """
    paths = checkpoints(folder)
    for path in reversed(paths):
        try:
            return read(path)
        except ModelError as error:
            if path == paths[0]:
                raise
            on_event(Noted(str(error)))
    return None


def _weights_in(folder: Path) -> Path:
    """Return the file of weights in a folder that holds no checkpoint."""
    path = folder / WEIGHTS
    if not path.exists():
        raise ModelError(
            f"{folder} holds no model: neither a checkpoint of a training run nor {WEIGHTS}. Give the folder "
            "of a run, or a model file."
        )
    return path


def _from_checkpoint(path: Path) -> Network:
    try:
        check_regular(path, inf)
        values = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        network = build_from(values["config"]["network"])
        network.load_state_dict(values["averaged"])
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}). Give a checkpoint of a training run."
        ) from error
    except (RuntimeError, EOFError, LookupError, TypeError, ValueError, UnpicklingError) as error:
        # torch names every single tensor that does not fit.
        reason = shorten(str(error), 300)
        raise ModelError(
            f"{path} is not a checkpoint of a training run, or is broken: {reason}. Give another one."
        ) from error
    return network.eval()


def to_tensor(faces: FloatImage) -> Tensor:
    """Turn (N, H, W, C) into (N, C, H, W), in the same memory."""
    return torch.from_numpy(faces).permute(0, 3, 1, 2)


def to_array(values: Tensor) -> FloatArray:
    """Turn (N, C, H, W) of any type, on any device, into (N, H, W, C) float32."""
    return values.detach().float().cpu().permute(0, 2, 3, 1).contiguous().numpy()
