"""The network on PyTorch: for training's own checkpoints, and to compare other runtimes with."""

from __future__ import annotations

from pathlib import Path
from pickle import UnpicklingError

import torch
from pydantic import ValidationError
from torch import Tensor

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig
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


def load_network(path: Path) -> GFRNet:
    """The averaged network of a checkpoint of ``gfrnet train``; nothing but tensors and values is unpickled.

    Raises:
        ModelError: The file is missing, broken or not a checkpoint.
    """
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
