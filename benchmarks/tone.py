"""Measure how surely toned photos are told from photos in colours.

    python benchmarks/tone.py --data DATA --data DATA

Every crop in colours is degraded in four ways, and must not count as toned. Printed in four tints, with
scanner noise of 2 levels, and degraded likewise, it must. Only the crop is asked, not a whole photo.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from gfrnet.data import read_manifests
from gfrnet.degradation import Recipe, degrade
from gfrnet.images import to_signed
from gfrnet.restore import as_grey
from gfrnet.restore.tone import find_tone
from gfrnet.types import UInt8Image

RECIPES = {
    "as it is": Recipe(),
    "JPEG 40": Recipe(jpeg=40),
    "blind, 4 times": Recipe(scale=4, noise=3, jpeg=50, seed=1),
    "blind, 8 times": Recipe(scale=8, noise=3, jpeg=40, seed=1),
}
TINTS = {
    "faint": ((3, 0, -4), (2, 0, -6)),
    "selenium": ((14, 0, 6), (4, 0, -4)),
    "sepia": ((30, 10, -15), (0, -8, -40)),
    "blue": ((-40, -5, 50), (-20, 0, 10)),
}
"""Red, green and blue of each tint in the shadows and in the lights."""


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, action="append", required=True, help="data set; repeat it")
    parser.add_argument("--every", type=int, default=1, help="take every n-th photo")
    given = parser.parse_args()
    portraits = [p for p in read_manifests(given.data)[:: given.every] if not p.grey]
    found = {name: [0] * len(RECIPES) for name in ("colours", *TINTS)}
    for portrait in portraits:
        pixels = portrait.pixels()
        variants = {"colours": pixels} | {name: _toned(pixels, name) for name in TINTS}
        for name, variant in variants.items():
            for column, recipe in enumerate(RECIPES.values()):
                photo = degrade(variant, recipe)
                found[name][column] += find_tone(to_signed(photo), portrait.mask(), photo) is not None
    sys.stdout.write(f"taken for toned, of {len(portraits)} photos\n")
    sys.stdout.write(f"{'':12}" + "".join(f"{name:>16}" for name in RECIPES) + "\n")
    for name, counts in found.items():
        sys.stdout.write(f"{name:12}" + "".join(f"{count:>16}" for count in counts) + "\n")


def _toned(pixels: UInt8Image, tint: str) -> UInt8Image:
    luma = as_grey(pixels).astype(np.float32)
    dark, light = map(np.array, TINTS[tint])
    printed = luma + dark * (1 - luma / 255) + light * luma / 255
    scanned = printed + np.random.default_rng(0).integers(-2, 3, pixels.shape)
    return np.clip(np.rint(scanned), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
