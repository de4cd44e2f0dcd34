"""The network on PyTorch: for checkpoints and safetensors, and to compare other runtimes with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from pickle import UnpicklingError

import torch
from pydantic import ValidationError
from torch import Tensor

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, load_safetensors
from gfrnet.runtime.protocol import Restoration, check_batch
from gfrnet.types import FloatArray, FloatImage


class TorchRuntime:
    """A GFRNet of torch behind the runtime protocol.

    Args:
        network: The network.
        threads: CPU threads of torch in this process; torch's own choice if None.
    """

    def __init__(self, network: GFRNet, threads: int | None = None) -> None:
        if threads is not None:
            torch.set_num_threads(threads)
        self.network = network.eval()

    def run(self, degraded: FloatImage, guide: FloatImage) -> Restoration:
        """Restore N degraded faces; see `Runtime.run`."""
        check_batch(degraded, guide)
        with torch.no_grad():
            result = self.network(_to_tensor(degraded), _to_tensor(guide))
        return Restoration(_to_array(result.restored), _to_array(result.warped), _to_array(result.flow))


def load_network(path: Path, on_broken: Callable[[str], None] = lambda _: None) -> GFRNet:
    """The network of a file or folder, ready to restore; nothing but tensors and plain values is read.

    Args:
        path: A checkpoint of ``gfrnet train`` (its averaged network), a run's folder (its newest checkpoint
            that can be read), a ``.safetensors`` file, or a folder of ``GFRNet.save_pretrained``.
        on_broken: Told why a newer checkpoint of a run was passed over.

    Raises:
        ModelError: It is none of these, missing or broken.
    """
    if path.suffix == ".safetensors":
        return load_safetensors(path)
    if not path.is_dir():
        return _from_checkpoint(path)
    checkpoints = sorted(path.glob("checkpoint-*.pt"), reverse=True)
    return _from_run(checkpoints, on_broken) if checkpoints else GFRNet.from_pretrained(path)


def _from_run(checkpoints: Sequence[Path], on_broken: Callable[[str], None]) -> GFRNet:
    """The newest that can be read; they come newest first."""
    for path in checkpoints[:-1]:
        try:
            return _from_checkpoint(path)
        except ModelError as error:
            on_broken(str(error))
    return _from_checkpoint(checkpoints[-1])


def _from_checkpoint(path: Path) -> GFRNet:
    try:
        values = torch.load(path, map_location="cpu", weights_only=True)
        network = GFRNet(GFRNetConfig.model_validate(values["config"]["network"]))
        network.load_state_dict(values["averaged"])
    except OSError as error:
        raise ModelError(
            f"{path} cannot be read ({error.strerror}). Give a checkpoint of gfrnet train."
        ) from error
    except (RuntimeError, EOFError, KeyError, TypeError, ValidationError, UnpicklingError) as error:
        raise ModelError(f"{path} is not a checkpoint of gfrnet train: {error}") from error
    return network.eval()


def _to_tensor(faces: FloatImage) -> Tensor:
    return torch.from_numpy(faces).permute(0, 3, 1, 2)


def _to_array(values: Tensor) -> FloatArray:
    return values.permute(0, 2, 3, 1).contiguous().numpy()
