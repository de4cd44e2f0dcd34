"""Compute the perceptual loss (section 3.3, equation 5) with any VGG whose weights the user names.

The keys of a file tell its kind:

- ``conv1_1.weight`` and so on: the VGG-16 and VGG-19 of Caffe, and VGG-Face (with ``fc8`` of 2622 people);
- ``features.0.weight`` and so on: torchvision's VGGs without batch normalisation.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from pickle import UnpicklingError
from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from gfrnet.errors import ModelError
from gfrnet.losses.padding import keep_padding, weighed_mean

Preprocessing: TypeAlias = Literal["auto", "caffe", "vgg-face", "torchvision"]

PEOPLE = 2622
"""Outputs of VGG-Face's last layer."""

Place: TypeAlias = tuple[int, int]
"""Block and number of a convolution, both from 1: (3, 4) is conv3_4."""


@dataclass(frozen=True)
class Scaling:
    """Describe the input that a VGG was trained on.

    Attributes:
        mean: Subtracted from values in 0..255, in the network's order of channels.
        std: Divisors of what is left, in the same order.
        bgr: Whether blue is the first channel.
    """

    mean: tuple[float, float, float]
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    bgr: bool = False


SCALINGS = {
    "caffe": Scaling((103.939, 116.779, 123.68), bgr=True),
    "vgg-face": Scaling((129.1863, 104.7624, 93.5940)),
    "torchvision": Scaling((123.675, 116.28, 103.53), (58.395, 57.12, 57.375)),
}


class VGGFeatures(nn.Module):
    """Run the first layers of a VGG, frozen: gradients flow to the pictures only.

    Args:
        blocks: Weight (out, in, 3, 3) and bias (out,) of every convolution, by block. A 2 x 2 max-pooling
            stands between blocks.
        scaling: Input that the layers were trained on.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, blocks: Sequence[Sequence[tuple[Tensor, Tensor]]], scaling: Scaling) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for block in blocks:
            for weight, bias in block:
                layers += [_convolution(weight, bias), nn.ReLU(inplace=True)]
            layers.append(nn.MaxPool2d(2))
        self.layers = nn.Sequential(*layers[:-1])
        self.bgr = scaling.bgr
        self.register_buffer("mean", torch.tensor(scaling.mean).reshape(3, 1, 1))
        self.register_buffer("std", torch.tensor(scaling.std).reshape(3, 1, 1))
        self.requires_grad_(False).eval()

    def forward(self, pictures: Tensor) -> Tensor:
        """Turn (N, 3, H, W) RGB in [-1, 1] into the last layer's features after its ReLU, (N, C, h, w)."""
        values = (pictures.flip(1) if self.bgr else pictures) * 127.5 + 127.5
        features: Tensor = self.layers((values - self.mean) / self.std)
        return features.float()


def perceptual_loss(vgg: VGGFeatures, restored: Tensor, truth: Tensor, real: Tensor) -> Tensor:
    """Return equation 5: squared difference of features, averaged over channels and over the real positions.

    Its scale depends on the VGG's features. It is far larger for inputs in 0..255 (Caffe, VGG-Face) than for
    torchvision's. So a loss weight fits one kind of file.

    Args:
        vgg: The network.
        restored: (N, 3, H, W) in [-1, 1].
        truth: (N, 3, H, W) in [-1, 1].
        real: (N, 1, H, W), 1 in the unpadded part, 0 in padding.

    Returns:
        Mean over the batch.
    """
    with torch.no_grad():
        wanted = vgg(truth)
    features = vgg(keep_padding(restored, truth, real))
    return weighed_mean((features - wanted).square(), F.adaptive_avg_pool2d(real, features.shape[-2:]))


def load_vgg(path: Path, layer: str, preprocessing: Preprocessing = "auto") -> VGGFeatures:
    """Read the layers of a VGG up to a named one; nothing but tensors is ever unpickled.

    Args:
        path: A ``.safetensors`` file, or a state dict in a ``.pth`` or ``.pt`` file.
        layer: ``conv3_4``, or ``conv4`` for the last convolution of block 4 (Conv-4 in the paper).
        preprocessing: Kind of input that the network was trained on; ``auto`` finds it by the file's keys.

    Raises:
        ModelError: The file is missing, broken, no VGG, has no such layer, or can be of two kinds.
    """
    weights = _read(path)
    keys = _convolution_keys(weights, path)
    places = _up_to(layer, list(keys), path)
    kind = _kind(weights, path) if preprocessing == "auto" else preprocessing
    tensors = _tensors(weights, [keys[place] for place in places], path)
    by_block = groupby(zip(places, tensors, strict=True), key=lambda pair: pair[0][0])
    return VGGFeatures([[pair for _, pair in block] for _, block in by_block], SCALINGS[kind])


def _read(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise ModelError(f"There is no file {path}. Give the weights of a VGG (.safetensors, .pth or .pt).")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        values = torch.load(path, map_location="cpu", weights_only=True)
        return {name: value for name, value in values.items() if isinstance(value, Tensor)}
    except (
        OSError,
        EOFError,
        RuntimeError,
        ValueError,
        AttributeError,
        LookupError,
        UnpicklingError,
        SafetensorError,
    ) as error:
        raise ModelError(
            f"{path} is broken, or holds more than tensors, which is never unpickled. Save the VGG's state "
            "dict as .safetensors."
        ) from error


def _convolution_keys(weights: dict[str, Tensor], path: Path) -> dict[Place, str]:
    """Return the place of every convolution, in order, and what its keys begin with."""
    if any(key.endswith("running_mean") for key in weights):
        raise ModelError(f"{path} has batch normalisation. Give a VGG without it.")
    keys = _caffe_keys(weights) or _torchvision_keys(weights)
    if not keys:
        raise ModelError(f"{path} is no VGG: it has neither conv1_1.weight nor features.0.weight. Give one.")
    for (block, number), place in pairwise([(1, 0), *keys]):
        if place not in ((block, number + 1), (block + 1, 1)):
            raise ModelError(
                f"{path} has {_name(place)} but not the convolution before it. Give a complete VGG."
            )
    return keys


def _caffe_keys(weights: dict[str, Tensor]) -> dict[Place, str]:
    found = filter(None, (re.fullmatch(r"conv(\d+)_(\d+)\.weight", key) for key in weights))
    places = sorted((int(match[1]), int(match[2])) for match in found)
    return {place: _name(place) for place in places}


def _torchvision_keys(weights: dict[str, Tensor]) -> dict[Place, str]:
    """Find the convolutions by torchvision's running numbers.

    A convolution and its ReLU take two numbers. A pooling between blocks takes one more, so the step is odd.
    """
    found = filter(None, (re.fullmatch(r"features\.(\d+)\.weight", key) for key in weights))
    keys, (block, number), previous = {}, (1, 0), -2
    for index in sorted(int(match[1]) for match in found):
        step = index - previous
        block, number = (block + 1, step // 2) if step % 2 else (block, number + step // 2)
        keys[block, number], previous = f"features.{index}", index
    return keys


def _up_to(layer: str, places: list[Place], path: Path) -> list[Place]:
    fitting = [i for i, place in enumerate(places) if layer in (_name(place), f"conv{place[0]}")]
    if not fitting:
        raise ModelError(f"{path} has no layer {layer}. Take one of {', '.join(map(_name, places))}.")
    return places[: fitting[-1] + 1]


def _kind(weights: dict[str, Tensor], path: Path) -> str:
    if "features.0.weight" in weights:
        return "torchvision"
    if "fc8.weight" in weights:
        return "vgg-face" if len(weights["fc8.weight"]) == PEOPLE else "caffe"
    if "conv3_4.weight" in weights:
        return "caffe"
    raise ModelError(
        f"{path} can be VGG-Face or the VGG-16 of Caffe: it has no fc8. Set the preprocessing to vgg-face or "
        "caffe."
    )


def _tensors(weights: dict[str, Tensor], keys: list[str], path: Path) -> list[tuple[Tensor, Tensor]]:
    """Return weight and bias of every key, and check their shapes."""
    tensors, channels = [], 3
    for key in keys:
        weight, bias = weights[f"{key}.weight"], weights.get(f"{key}.bias", torch.empty(0))
        if weight.shape[1:] != (channels, 3, 3) or bias.shape != weight.shape[:1]:
            raise ModelError(
                f"{path} is no VGG: {key} has weights of shape {tuple(weight.shape)} and biases of shape "
                f"{tuple(bias.shape)}; its input has {channels} channels. Give another file."
            )
        tensors.append((weight, bias))
        channels = len(weight)
    return tensors


def _convolution(weight: Tensor, bias: Tensor) -> nn.Conv2d:
    # The meta device draws no initial values, which would use up the run's random numbers.
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, device="meta")
    layer.weight, layer.bias = nn.Parameter(weight.float()), nn.Parameter(bias.float())
    return layer


def _name(place: Place) -> str:
    return f"conv{place[0]}_{place[1]}"
