"""Measure what locking colour and light to the photo costs, for locks of different fineness.

    python benchmarks/colour_lock.py --data DATA [--data DATA ...] [--every 6]

DATA are data sets of `gfrnet data build`. Every so many-th pair is degraded blindly 4 and 8 times and
restored with its guide, at the default fidelity. The table gives the mean PSNR of the network's result, and
of the result that `gfrnet restore` locks. It also gives the error of colour and light before and after. These
are everything that is coarser than the lock.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from gfrnet import images, metrics, weights
from gfrnet.data import read_manifests
from gfrnet.degradation import degrade
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.restore.colour import LOW_FREQUENCIES, lock_colour
from gfrnet.runtime import OnnxRuntime
from gfrnet.types import FloatImage

SCALES = (4, 8)
"""Downsampling factors."""

WIDTHS = (1 / 16, 1 / 8, 1 / 4, 1 / 2)
"""Locks to compare, as `LOW_FREQUENCIES`."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, action="append", required=True, help="a built data set")
    parser.add_argument("--every", type=int, default=6, help="take every so many-th pair")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or ONNX file")
    options = parser.parse_args()
    runtime = OnnxRuntime(weights.find(options.model))
    pairs = list_pairs(read_manifests(options.data))[:: options.every]
    for scale in SCALES:
        rows = np.mean([measure(runtime, pair, scale) for pair in pairs], axis=0)
        sys.stdout.write(f"{scale}x, {len(pairs)} pairs: not locked {rows[0, 0]:.3f} dB\n")
        for width, (psnr, before, after) in zip(WIDTHS, rows[1:], strict=True):
            mark = ", as restored" if width == LOW_FREQUENCIES else ""
            sys.stdout.write(
                f"  locked at 1/{1 / width:g}{mark}: {psnr:.3f} dB; "
                f"colour and light off by {before:.2f} levels in the photo, {after:.2f} in the result\n"
            )


def measure(runtime: OnnxRuntime, pair: Pair, scale: float) -> list[tuple[float, float, float]]:
    """Return PSNR of a result, and the errors of colour and light in photo and result, in levels.

    Returns:
        A row without a lock, whose second and third values mean nothing, and one for each of `WIDTHS`.
    """
    truth, real = pair.target.pixels(), pair.target.mask()
    degraded, guide = (
        images.to_signed(pixels)
        for pixels in (degrade(truth, pair.recipe("blind", scale)), pair.guide.pixels())
    )
    result = runtime.run(degraded[None], guide[None], texture=True).at_fidelity(None)[0]

    def psnr(restored: FloatImage) -> float:
        return metrics.psnr(images.to_uint8(restored), truth, real)

    def off(picture: FloatImage, width: float) -> float:
        # Locking a picture to the truth changes it by its error of colour and light.
        wrong = lock_colour(picture, images.to_signed(truth), real, width) - picture
        return float(np.abs(wrong)[real].mean() * 127.5)

    locked = [
        (psnr(lock_colour(result, degraded, real, width)), off(degraded, width), off(result, width))
        for width in WIDTHS
    ]
    return [(psnr(result), 0.0, 0.0), *locked]


if __name__ == "__main__":
    main()
