"""Compute the losses of WaveletSRNet (Huang et al., ICCV 2017) on the wavelet coefficients of a result."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from gfrnet.losses.padding import keep_padding
from gfrnet.nets.compared.haar import haar_packet

AVERAGE, DETAIL, TEXTURE, PICTURE = 0.01, 0.99, 1.0, 0.1
"""Weights of the parts, as in the authors' code."""

TEXTURE_GAIN = 1.2
"""Factor of the truth's energy that a detail should reach, as in the authors' code."""

TRAINED_SIDE = 128
"""Side in pixels of the pictures for which the authors weighed sums of squares."""


def wavelet_loss(restored: Tensor, truth: Tensor, real: Tensor, levels: int) -> Tensor:
    """Return the weighed sum of all parts: average, details, texture and whole picture (section 3.3).

    The squares are summed over a sample, as in the authors' code. Larger pictures count as much as theirs.

    Args:
        restored: (N, 3, H, W) in [-1, 1].
        truth: (N, 3, H, W) in [-1, 1].
        real: (N, 1, H, W), 0 in padding.
        levels: Levels of the packet; 4 to the power of it coefficients.
    """
    restored, truth = (keep_padding(restored, truth, real) + 1) / 2, (truth + 1) / 2
    found, wanted = haar_packet(restored, levels), haar_packet(truth, levels)
    squares = (found - wanted).square().sum((2, 3)).unflatten(1, (-1, 3)).sum(2)
    share = TRAINED_SIDE**2 / (restored.shape[-1] * restored.shape[-2])
    halved = share / 2 * squares.mean(0)
    energies = [pixels[:, 3:].unflatten(1, (-1, 3)).square().sum(2) for pixels in (found, wanted)]
    texture = F.relu(TEXTURE_GAIN * energies[1] - energies[0]).mean()
    picture = share / 2 * (restored - truth).square().sum((1, 2, 3)).mean()
    total: Tensor = AVERAGE * halved[0] + DETAIL * halved[1:].sum() + TEXTURE * texture + PICTURE * picture
    return total
