"""Measure irises, teeth and mouths of restored faces against the truth, step by step.

    python benchmarks/eyes_and_mouths.py --data DATA [--data DATA ...] [--every 8]

DATA are data sets of `gfrnet data build`. Every so many-th pair is degraded blindly 4 and 8 times. It is
restored with the person's guide. Each row of the table is a step: the degraded photo, and the network at
fidelity 1 and 0.5. Then colour and light are locked, and the advised strength is applied. Two controls follow
at fidelity 0.5: without a guide, and with the truth itself as guide.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from gfrnet import faces, images, weights
from gfrnet.data import read_manifests
from gfrnet.degradation import degrade
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.restore import NetworkInput, run_fused
from gfrnet.restore.colour import lock_colour
from gfrnet.restore.strength import advised_strength
from gfrnet.runtime import Runtime, open_runtime
from gfrnet.types import FloatArray, FloatImage, UInt8Image

SCALES = (4, 8)
"""Downsampling factors."""

EYES = (slice(36, 42), slice(42, 48))
"""Outlines of the eyes among the 68 landmarks."""

INNER_LIPS = slice(60, 68)
"""Inner outline of the lips among the 68 landmarks."""

OPEN = 0.12
"""Height over width of the inner lips from which a mouth counts as open and shows teeth."""

COLUMNS = (
    *("eyes, contrast", "darkest", "teeth, green", "yellow", "brightness", "texture"),
    *("mouth opening, error", "closed, % of open"),
)
"""What is measured.

- Eyes: the spread of brightness within the outline, over that of the truth. Darkest is the darkest twentieth
  of it minus the truth's, in levels of 255. A missing pupil is too bright.
- Teeth: the brighter half within the inner lips of an open mouth, minus the truth's. Green is -a* of CIELAB,
  yellow b*, brightness L*. Texture is the spread of L* over that of the truth.
- Mouth: height over width of the inner lips by landmarks, minus the truth's. A mouth is closed if less than
  half of its opening is left.
"""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, action="append", required=True, help="a built data set")
    parser.add_argument("--every", type=int, default=8, help="take every so many-th pair")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or file")
    options = parser.parse_args()
    runtime = open_runtime(options.model, threads=1)
    pairs = list_pairs(read_manifests(options.data))[:: options.every]
    for scale in SCALES:
        steps: dict[str, list[FloatArray]] = {}
        for pair in pairs:
            truth = pair.target.pixels()
            points = _landmarks(truth)
            for step, pixels in restored(runtime, pair, scale).items():
                steps.setdefault(step, []).append(measure(pixels, truth, points))
        sys.stdout.write(f"\n{scale}x, {len(pairs)} faces\n\n| | {' | '.join(COLUMNS)} |\n")
        sys.stdout.write(f"|---|{'---:|' * len(COLUMNS)}\n")
        for step, found in steps.items():
            cells = " | ".join(f"{value:.2f}" for value in np.nanmean(found, axis=0))
            sys.stdout.write(f"| {step} | {cells} |\n")


def restored(runtime: Runtime, pair: Pair, scale: float) -> Mapping[str, UInt8Image]:
    """Return the face of a pair after each step."""
    truth, real = pair.target.pixels(), pair.target.mask()
    seen, guide, itself = (
        images.to_signed(pixels)
        for pixels in (degrade(truth, pair.recipe("blind", scale)), pair.guide.pixels(), truth)
    )
    guides: list[FloatImage] = [guide, np.zeros_like(guide), itself]
    found, alone, best = run_fused(runtime, [NetworkInput(seen, one[None], (1.0,), True) for one in guides])
    locked = lock_colour(found.at_fidelity(None), seen, real)
    advised = seen + np.float32(advised_strength(seen, found.restored, real)) * (locked - seen)
    steps = {
        "degraded": seen,
        "network, fidelity 1": found.restored,
        "network, fidelity 0.5": found.at_fidelity(None),
        "colour and light locked": locked,
        "as restored": advised,
        "no guide": alone.at_fidelity(None),
        "the truth as guide": best.at_fidelity(None),
    }
    return {step: images.to_uint8(pixels) for step, pixels in steps.items()}


def measure(pixels: UInt8Image, truth: UInt8Image, points: FloatArray) -> FloatArray:
    """Return the values of `COLUMNS`; NaN for teeth and closing of a mouth that is shut in the truth."""
    lab, right = (cv2.cvtColor(one.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) for one in (pixels, truth))
    eyes = [_inside(points[outline]) for outline in EYES]
    spreads = [float(one[eye][:, 0].std()) for eye in eyes for one in (lab, right)]
    spread = np.mean([spreads[0] / max(spreads[1], 1), spreads[2] / max(spreads[3], 1)])
    dark = [np.percentile(lab[eye][:, 0], 5) - np.percentile(right[eye][:, 0], 5) for eye in eyes]
    wide, found = _opening(points), _opening(_landmarks(pixels))
    teeth, closed = [np.nan] * 4, np.nan
    if wide > OPEN:
        mouth = _inside(points[INNER_LIPS])
        mouth &= right[..., 0] >= np.median(right[mouth][:, 0])
        off = (lab[mouth] - right[mouth]).mean(axis=0)
        texture = float(lab[mouth][:, 0].std()) / max(float(right[mouth][:, 0].std()), 1)
        teeth, closed = [-off[1], off[2], off[0], texture], 100.0 * (found < wide / 2)
    return np.array([spread, np.mean(dark) * 2.55, *teeth, found - wide, closed], dtype=np.float32)


def _landmarks(pixels: UInt8Image) -> FloatArray:
    return faces.landmarks68(pixels, faces.face_box(pixels.shape[0]))


def _inside(outline: FloatArray) -> np.ndarray:
    mask = np.zeros((256, 256), np.uint8)
    cv2.fillConvexPoly(mask, cv2.convexHull(np.rint(outline).astype(np.int32)), 1)
    return mask.astype(np.bool_)


def _opening(points: FloatArray) -> float:
    """Return the height of the inner lips over their width."""
    lips = points[INNER_LIPS]
    height, width = (float(np.linalg.norm(lips[a] - lips[b])) for a, b in ((6, 2), (4, 0)))
    return height / max(width, 1.0)


if __name__ == "__main__":
    main()
