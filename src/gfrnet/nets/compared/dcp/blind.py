"""Deblur a photo: find its kernel from coarse to fine, and deconvolve it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import monotonic

import numpy as np

from gfrnet.errors import ImageError, TimeLimitError
from gfrnet.nets.compared.dcp.border import continued
from gfrnet.nets.compared.dcp.edges import differences, edge_threshold, strong_edges
from gfrnet.nets.compared.dcp.final import deconvolved
from gfrnet.nets.compared.dcp.kernel import estimate_kernel, point, significant
from gfrnet.nets.compared.dcp.latent import latent_picture
from gfrnet.nets.compared.dcp.options import LEAST_WEIGHT, DCPOptions
from gfrnet.nets.compared.dcp.pyramid import centred, first_kernel, grown, scales, shrunk
from gfrnet.types import FloatArray, UInt8Image
from gfrnet.work import Advanced, Stopped, never, unheard

GREY = np.array((0.2989, 0.587, 0.114), np.float32)
"""Share of red, green and blue in grey (BT.601, as MATLAB's rgb2gray)."""

EASING = 1.1
"""Divisor of weights and of the edge threshold after each round (the authors' code)."""


@dataclass(frozen=True)
class Deblurred:
    """Hold a deblurred photo.

    Attributes:
        picture: (H, W, 3) RGB, 0..255.
        kernel: (k, k), the blur that was found: no value below 0, of sum 1.
    """

    picture: UInt8Image
    kernel: FloatArray


def deblur(
    picture: UInt8Image,
    options: DCPOptions = DCPOptions(),  # noqa: B008 - it is frozen
    on_event: Callable[[Advanced], None] = unheard,
    stopped: Stopped = never,
) -> Deblurred | None:
    """Deblur a photo whose blur is unknown, but the same everywhere (Pan et al., CVPR 2016).

    A photo of a single colour comes back as it is.

    Args:
        picture: (H, W, 3) RGB, 0..255, each side at least three times the kernel's.
        options: The choices of the method.
        on_event: Called with `Advanced` for every finished step.
        stopped: Asked after every step but the last whether to end.

    Returns:
        The sharp photo and its kernel; None if it was stopped.

    Raises:
        ValueError: The picture has another shape or type.
        ImageError: The picture is too small for the kernel.
        TimeLimitError: The time limit was reached. It is looked at after every step but the last.
    """
    _check(picture, options.kernel_size)
    colours: FloatArray = picture.transpose(2, 0, 1).astype(np.float32, "C") / np.float32(255)
    grey: FloatArray = np.tensordot(GREY, colours, 1)
    kernel, begun = point(options.kernel_size), monotonic()
    if not np.ptp(picture, (0, 1)).any():
        return Deblurred(picture.copy(), kernel)
    total = len(scales(options.kernel_size)) * options.iterations + 1
    for done, kernel in enumerate(_kernels(grey, options), 1):  # noqa: B007
        on_event(Advanced("steps", done, total))
        if stopped():
            return None
        _check_time(monotonic() - begun, options.time_limit, done, total)
    kernel = significant(centred(kernel))
    sharp = deconvolved(colours, kernel).transpose(1, 2, 0)
    on_event(Advanced("steps", total, total))
    return Deblurred(np.rint(sharp * 255).astype(np.uint8), kernel)


def _check(picture: UInt8Image, kernel_size: int) -> None:
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
        raise ValueError(f"picture must be (H, W, 3) RGB uint8, got {picture.shape} {picture.dtype}.")
    height, width = picture.shape[:2]
    if min(height, width) < 3 * kernel_size:
        raise ImageError(
            f"A picture of {width} x {height} is too small for a kernel of {kernel_size} pixels. Give one of "
            f"{3 * kernel_size} pixels or more on each side, or look for a smaller kernel."
        )


def _check_time(seconds: float, limit: float | None, done: int, total: int) -> None:
    if limit is not None and seconds > limit:
        raise TimeLimitError(
            f"Deblurring was given {limit:g} s, and after {seconds:.1f} s only {done} of {total} steps are "
            "done. Allow more time, or give a smaller picture, a smaller kernel or fewer iterations."
        )


def _kernels(grey: FloatArray, options: DCPOptions) -> Iterator[FloatArray]:
    """Yield the kernel after every round, from coarse to fine.

    Args:
        grey: (H, W), 0..1.
        options: The choices of the method.
    """
    sizes, initial = scales(options.kernel_size), (options.dark_weight, options.gradient_weight)
    kernel = first_kernel(sizes[0].kernel_size)
    threshold = edge_threshold(shrunk(grey, sizes[0].ratio), sizes[0].kernel_size)
    for number, scale in enumerate(sizes):
        if number:
            kernel = grown(centred(kernel), scale.kernel_size)
        blurred = shrunk(grey, scale.ratio)
        periodic, height, width = continued(blurred, scale.kernel_size), *blurred.shape
        for turn in range(options.iterations):
            ease = EASING ** (number * options.iterations + turn)
            dark, gradient = (max(each / ease, LEAST_WEIGHT) for each in initial)
            latent = latent_picture(periodic, kernel, dark, gradient)[:height, :width]
            edges = strong_edges(latent, threshold / EASING**turn)
            kernel = estimate_kernel(edges, differences(blurred), scale.kernel_size, options.kernel_weight)
            yield kernel
