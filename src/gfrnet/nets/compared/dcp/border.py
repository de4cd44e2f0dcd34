"""Continue a picture smoothly from each edge to the opposite one, so that it can be taken as periodic.

The Fourier transform takes a picture as periodic. Without this, the jump at the edges would ring through the
whole result. See Liu and Jia, Reducing boundary artifacts in image deconvolution, ICIP 2008.
"""

from __future__ import annotations

import numpy as np
from scipy import fft

from gfrnet.types import FloatArray


def continued(picture: FloatArray, kernel_size: int) -> FloatArray:
    """Append rows below and columns to the right that lead smoothly to the opposite edge.

    Args:
        picture: (..., H, W).
        kernel_size: Side of the kernel; at least as many rows and columns less one are appended.

    Returns:
        (..., H + a, W + b), sizes of which the Fourier transform is fast. The picture is at the upper left.
    """
    height, width = picture.shape[-2:]
    whole_height, whole_width = (fft.next_fast_len(n + kernel_size - 1, real=True) for n in (height, width))
    whole = np.zeros((*picture.shape[:-2], whole_height, whole_width), np.float32)
    whole[..., :height, :width] = picture
    rows = np.arange(height - 1, whole_height + 1) % whole_height
    columns = np.arange(width - 1, whole_width + 1) % whole_width
    whole[..., height:, :width] = _bridge(whole[..., rows, :width])
    whole[..., :height, width:] = _bridge(whole[..., :height, columns].swapaxes(-1, -2)).swapaxes(-1, -2)
    corner = whole[..., rows[:, None], columns]
    whole[..., height:, width:] = harmonic(corner)[..., 1:-1, 1:-1]
    return whole


def _bridge(strip: FloatArray) -> FloatArray:
    """Fill a strip between its first and last row; return it without those two."""
    share = np.linspace(0, 1, strip.shape[-2], dtype=np.float32)[:, None]
    sides = strip[..., [0, -1]]
    strip = strip.copy()
    strip[..., [0, -1]] = (1 - share) * sides[..., :1, :] + share * sides[..., -1:, :]
    return harmonic(strip)[..., 1:-1, :]


def harmonic(frame: FloatArray) -> FloatArray:
    """Fill a frame with the smoothest surface: every inner value is the mean of its four neighbours.

    Args:
        frame: (..., H, W), 3 x 3 or more; only its outermost rows and columns are read.

    Returns:
        (..., H, W), the frame and the solution of Laplace's equation inside.
    """
    filled = frame.astype(np.float32)
    filled[..., 1:-1, 1:-1] = 0
    known = filled[..., :-2, 1:-1] + filled[..., 2:, 1:-1] + filled[..., 1:-1, :-2] + filled[..., 1:-1, 2:]
    rows, columns = known.shape[-2:]
    # The sine transform makes Laplace's equation diagonal.
    of_rows = 2 - 2 * np.cos(np.pi * np.arange(1, rows + 1) / (rows + 1))
    of_columns = 2 - 2 * np.cos(np.pi * np.arange(1, columns + 1) / (columns + 1))
    waves = fft.dstn(known, type=1, axes=(-2, -1)) / (of_rows[:, None] + of_columns)
    filled[..., 1:-1, 1:-1] = fft.idstn(waves, type=1, axes=(-2, -1))
    return filled
