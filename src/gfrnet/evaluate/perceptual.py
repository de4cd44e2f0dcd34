"""Measure distances in the features of networks; the user asks for each by name, and they need torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gfrnet import images
from gfrnet.errors import Advice, MissingExtraError, ModelError
from gfrnet.files import sha256
from gfrnet.types import BoolArray, UInt8Image

if TYPE_CHECKING:
    from torch import Tensor

    from gfrnet.losses import VGGFeatures

LAYER = "conv3_4"
"""Of the VGG distance. No other VGG than VGG-19 has it, so that the figure's name holds."""


@dataclass(frozen=True)
class Extras:
    """Choose the perceptual metrics to measure.

    Attributes:
        vgg: Weights of a VGG-19, as `losses.load_vgg` takes them.
        lpips: LPIPS with AlexNet, through torchmetrics and torchvision.
    """

    vgg: Path | None = None
    lpips: bool = False

    def sources(self) -> Mapping[str, str]:
        """Return the metrics by name, each with what tells its network from others.

        Raises:
            ModelError: A network's file is missing, broken or of another kind.
            MissingExtraError: A package is missing.
            ModuleNotFoundError: It is torch.
        """
        sources = {}
        if self.vgg is not None:
            _vgg(self.vgg)
            sources["vgg"] = sha256(self.vgg)
        if self.lpips:
            _lpips()
            sources["lpips"] = "alex"
        return sources


def perceptual_distances(
    extras: Extras, result: UInt8Image, truth: UInt8Image, real: BoolArray
) -> dict[str, float]:
    """Measure the wanted distances, and return them by name of the metric.

    Args:
        extras: The wanted metrics.
        result: (H, W, 3) RGB, 0..255.
        truth: (H, W, 3) RGB, 0..255.
        real: (H, W), true in the rectangle where the truth is a photo and not padding.
    """
    found = {}
    if extras.vgg is not None:
        found["vgg"] = vgg_distance(_vgg(extras.vgg), result, truth, real)
    if extras.lpips:
        found["lpips"] = lpips_distance(_lpips(), result, truth, real)
    return found


def vgg_distance(vgg: VGGFeatures, result: UInt8Image, truth: UInt8Image, real: BoolArray) -> float:
    """Return the root mean squared difference of features (equation 5); see `perceptual_distances`."""
    import torch

    from gfrnet.losses import perceptual_loss

    weight = torch.from_numpy(real[None, None].astype(np.float32))
    with torch.no_grad():
        return sqrt(perceptual_loss(vgg, _to_tensor(result), _to_tensor(truth), weight).item())


def lpips_distance(lpips: Any, result: UInt8Image, truth: UInt8Image, real: BoolArray) -> float:  # noqa: ANN401
    """Measure LPIPS in the real rectangle, cut out; see `perceptual_distances`."""
    rows, columns = (np.flatnonzero(real.any(axis=axis)) for axis in (1, 0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    return float(lpips(_to_tensor(result[part]), _to_tensor(truth[part])))


@lru_cache(maxsize=1)
def _vgg(path: Path) -> VGGFeatures:
    import torch

    from gfrnet.losses import load_vgg

    torch.set_num_threads(1)
    return load_vgg(path, LAYER)


@lru_cache(maxsize=1)
def _lpips() -> Any:  # noqa: ANN401 - torchmetrics may be missing
    import torch

    try:
        from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

        metric = LearnedPerceptualImagePatchSimilarity(net_type="alex")
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "LPIPS needs torchmetrics and torchvision, which gfrnet never installs, and one is missing. "
            "Install both, torchvision from where torch came from, or measure the distance in a VGG-19.",
            advice=(Advice.MEASURE_VGG,),
        ) from error
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"LPIPS does not start ({error}). It needs a torchvision that fits torch, and its weights of "
            "AlexNet, which it downloads. Or measure the distance in a VGG-19 instead.",
            advice=(Advice.MEASURE_VGG,),
        ) from error
    torch.set_num_threads(1)
    return metric


def _to_tensor(picture: UInt8Image) -> Tensor:
    from gfrnet.runtime.pytorch import to_tensor

    return to_tensor(images.to_signed(picture)[None]).contiguous()
