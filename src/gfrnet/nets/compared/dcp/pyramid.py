"""Go from coarse to fine: shrink pictures, and enlarge and centre kernels."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log, sqrt

import numpy as np
from PIL import Image
from scipy import ndimage

from gfrnet.nets.compared.dcp.kernel import normalised, point
from gfrnet.types import FloatArray

RATIO = sqrt(0.5)
"""Size of a scale, compared with the next finer one (the authors' code)."""

COARSEST = 5
"""Side of the kernel from which the number of scales follows (the authors' code)."""

TAIL = 1.645
"""Where the Gaussian before shrinking is cut off, in standard deviations: 5 % are beyond on each side."""


@dataclass(frozen=True)
class Scale:
    """Describe one scale.

    Attributes:
        ratio: Size of its picture, as a share of the full size.
        kernel_size: Side of its kernel, odd.
    """

    ratio: float
    kernel_size: int


def scales(kernel_size: int) -> tuple[Scale, ...]:
    """List the scales from coarse to fine; a kernel of 25 has the sizes 7, 9, 13, 19 and 25."""
    count = max(floor(log(COARSEST / kernel_size) / log(RATIO)), 0) + 1
    return tuple(Scale(RATIO**step, _odd(kernel_size * RATIO**step)) for step in reversed(range(count)))


def _odd(size: float) -> int:
    return ceil(size - 1e-9) // 2 * 2 + 1


def shrunk(picture: FloatArray, ratio: float) -> FloatArray:
    """Blur a grey picture, (H, W), and sample it at a share of its size; 1 leaves it as it is."""
    if ratio == 1:
        return picture
    sigma = 1 / (2 * ratio)
    blurred = ndimage.gaussian_filter(picture, sigma, truncate=TAIL)
    margin = round(TAIL * sigma)
    whole = blurred[margin:-margin, margin:-margin]
    rows, columns = (np.arange(0, size - 1, 1 / ratio) for size in whole.shape)
    sampled: FloatArray = ndimage.map_coordinates(whole, np.meshgrid(rows, columns, indexing="ij"), order=1)
    return sampled


def first_kernel(size: int) -> FloatArray:
    """Return the kernel to begin with: two neighbours in the middle, 1/2 each."""
    return normalised(point(size) + np.roll(point(size), 1, 1))


def grown(kernel: FloatArray, size: int) -> FloatArray:
    """Enlarge a kernel to the next finer scale, and cut or pad it to a side.

    Where a row or column has to go or come, it does so on the lighter side.
    """
    side = ceil(len(kernel) / RATIO)
    picture = Image.fromarray(kernel).resize((side, side), Image.Resampling.BICUBIC)
    enlarged = np.maximum(np.asarray(picture), 0)
    return normalised(_fitted(_fitted(enlarged, size).T, size).T)


def _fitted(kernel: FloatArray, size: int) -> FloatArray:
    """Cut or pad the rows of a kernel."""
    while len(kernel) != size:
        lighter_first = kernel[0].sum() < kernel[-1].sum()
        if len(kernel) > size:
            kernel = kernel[1:] if lighter_first else kernel[:-1]
        else:
            kernel = np.pad(kernel, ((int(lighter_first), int(not lighter_first)), (0, 0)))
    return kernel


def centred(kernel: FloatArray) -> FloatArray:
    """Move the centre of mass of a kernel to the middle, by whole pixels; bring the sum to 1.

    What leaves the square is lost. The latent picture moves the other way.
    """
    middle = (len(kernel) - 1) / 2
    shift = [round(middle - each) for each in ndimage.center_of_mass(kernel)]
    moved: FloatArray = ndimage.shift(kernel, shift, order=0)
    return normalised(moved)
