"""Measure how well RecNet restores with a guide that is aligned perfectly, or by a known error.

    python benchmarks/alignment.py DATA [DATA ...] [--model gfrnet-slim] [--scale 8] [--every 12]

DATA are data sets of `gfrnet data build`. RecNet alone restores each target with the truth itself as the
warped guide, shifted sideways by some pixels. That is the best that any guide can give, by the warp's error.

The whole network is measured beside it: with the right guide, with none, and with the truth as guide. It is
measured with the right guide, too, where WarpNet sees the truth instead of the degraded photo. The last line
is the distance, around the face, between the flows from the degraded photo and from the truth.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from gfrnet import images, metrics
from gfrnet.data import read_manifests
from gfrnet.degradation import degrade
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.nets import GFRNet, warp
from gfrnet.runtime.pytorch import to_array, to_tensor
from gfrnet.train import open_network
from gfrnet.types import FloatArray

SHIFTS = (0, 1, 2, 4, 8, 16)
"""Errors of the warp, in pixels of 256."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, nargs="+", help="what gfrnet data build made")
    parser.add_argument("--model", default="gfrnet-slim", help="installed name, ONNX file or checkpoint")
    parser.add_argument("--scale", type=float, default=8, help="downsampling factor")
    parser.add_argument("--every", type=int, default=12, help="every so many-th pair")
    options = parser.parse_args()
    network = open_network(options.model).eval()
    pairs = list_pairs(read_manifests(options.data))[:: options.every]
    gains: dict[str, list[float]] = {}
    apart = []
    for pair in pairs:
        for name, gain in gains_of(network, pair, options.scale):
            gains.setdefault(name, []).append(gain)
        apart.append(flows_apart(network, pair, options.scale))
    lines = [f"{len(pairs)} pairs, {options.scale:g}x, blind; PSNR over the degraded photo's, dB"]
    lines += [f"{name:<48}{np.mean(values):+6.2f}" for name, values in gains.items()]
    lines.append(f"flow from the photo to flow from the truth, px:{np.mean(apart):8.2f}")
    sys.stdout.write("\n".join(lines) + "\n")


@torch.no_grad()
def gains_of(network: GFRNet, pair: Pair, scale: float) -> Iterator[tuple[str, float]]:
    """Yield each way to restore the pair, and its gain in PSNR."""
    pixels, mask = pair.target.pixels(), pair.target.mask()
    degraded, guide, truth = seen(pair, scale)
    before = metrics.psnr(images.to_uint8(to_array(degraded)[0]), pixels, mask)
    results = {
        "no guide": network(degraded, torch.zeros_like(guide)).restored,
        "the right guide": network(degraded, guide).restored,
        "the right guide, its flow found from the truth": network.recnet(
            degraded, warp(guide, network.flows(truth, guide)[-1])
        ),
        "the truth as guide": network(degraded, truth).restored,
    }
    for shift in SHIFTS:
        moved = torch.roll(truth, shift, dims=3)
        results[f"the truth, warped {shift} px wrong"] = network.recnet(degraded, moved)
    for name, result in results.items():
        yield name, metrics.psnr(images.to_uint8(to_array(result)[0]), pixels, mask) - before


@torch.no_grad()
def flows_apart(network: GFRNet, pair: Pair, scale: float) -> float:
    """Return the flows' mean distance in pixels, in the box around the target's landmarks."""
    degraded, guide, truth = seen(pair, scale)
    found, wanted = (to_array(network.flows(photo, guide)[-1])[0] for photo in (degraded, truth))
    points: FloatArray = pair.target.points().clip(0, len(found) - 1)
    (left, top), (right, bottom) = points.min(0).astype(int), points.max(0).astype(int) + 1
    distance = np.linalg.norm(found - wanted, axis=-1)[top:bottom, left:right]
    return float(distance.mean()) * (len(found) - 1) / 2


def seen(pair: Pair, scale: float) -> tuple[torch.Tensor, ...]:
    """Return degraded photo, guide and truth, (1, 3, 256, 256) each."""
    pixels = pair.target.pixels()
    pictures = (degrade(pixels, pair.recipe("blind", scale)), pair.guide.pixels(), pixels)
    return tuple(to_tensor(images.to_signed(picture)[None]) for picture in pictures)


if __name__ == "__main__":
    main()
