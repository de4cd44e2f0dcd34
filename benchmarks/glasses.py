"""Measure what keeping glasses of guides out of results costs and brings, and draw it.

    python benchmarks/glasses.py --data DATA [--data DATA ...] [--every 4] [-o PICTURE.png]

DATA are data sets of `gfrnet data build`. Every so many-th pair is degraded blindly 4 and 8 times. It is
restored with the person's guide, with and without the rule. The table gives PSNR and identity distance to the
truth. One row is for all faces, one for those whose guide is taken for one with glasses. The picture shows
up to twelve of these: degraded, guide, warped guide, without the rule, with it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gfrnet import faces, images, metrics, weights
from gfrnet.data import read_manifests
from gfrnet.degradation import degrade
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.restore import NetworkInput, run_fused
from gfrnet.restore.colour import lock_colour
from gfrnet.restore.glasses import find_glasses
from gfrnet.runtime import Runtime, open_runtime
from gfrnet.types import AnyArray, FloatImage, UInt8Image

SCALES = (4, 8)
"""Downsampling factors."""

DRAWN = 12
"""Most faces in the picture."""


@dataclass(frozen=True)
class Case:
    """Hold a face restored in two ways.

    Attributes:
        covered: Whether the guide is taken for one with glasses.
        figures: PSNR and identity distance without the rule, then with it.
        pictures: Five crops, for the picture.
    """

    covered: bool
    figures: tuple[float, float, float, float]
    pictures: tuple[AnyArray, ...]


def main() -> None:
    """Read the command line, measure, print, draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, action="append", required=True, help="a built data set")
    parser.add_argument("--every", type=int, default=4, help="take every so many-th pair")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or file")
    parser.add_argument("-o", "--output", type=Path, help="picture to write")
    options = parser.parse_args()
    runtime = open_runtime(options.model, threads=1)
    pairs = list_pairs(read_manifests(options.data))[:: options.every]
    drawn: list[AnyArray] = []
    sys.stdout.write("| scale | guide | faces | PSNR before | with the rule | identity before | with it |\n")
    sys.stdout.write(f"|---|---|{'---:|' * 5}\n")
    for scale in SCALES:
        cases = [measure(runtime, pair, scale) for pair in pairs]
        row(f"{scale}x", "all", cases)
        with_glasses = [case for case in cases if case.covered]
        row(f"{scale}x", "with glasses", with_glasses)
        drawn += [np.hstack(case.pictures) for case in with_glasses[: DRAWN // len(SCALES)]]
    if options.output and drawn:
        images.write(images.Photo(np.vstack(drawn).astype(np.uint8)), options.output)


def measure(runtime: Runtime, pair: Pair, scale: float) -> Case:
    """Restore a face with and without the rule, at the default fidelity."""
    truth, real, guide = pair.target.pixels(), pair.target.mask(), pair.guide.pixels()
    degraded, cover = degrade(truth, pair.recipe("blind", scale)), find_glasses(guide)
    seen, shown = images.to_signed(degraded), images.to_signed(guide)
    person = faces.embed_crop(truth)

    def restored(share: FloatImage | None) -> tuple[UInt8Image, UInt8Image, tuple[float, float]]:
        (found,) = run_fused(runtime, [NetworkInput(seen, shown[None], (1.0,), True, share)])
        pixels = images.to_uint8(lock_colour(found.at_fidelity(None), seen, real))
        warped = guide if found.warped is None else images.to_uint8(found.warped)
        distance = faces.distance(faces.embed_crop(pixels), person)
        return pixels, warped, (metrics.psnr(pixels, truth, real), distance)

    before, warped, figures = restored(None)
    after, _, changed = (before, warped, figures) if cover is None else restored(cover)
    pictures = tuple(cv2.resize(one, (384, 384)) for one in (degraded, guide, warped, before, after))
    return Case(cover is not None, (*figures, *changed), pictures)


def row(scale: str, guide: str, cases: list[Case]) -> None:
    """Print the means of a group."""
    if cases:
        psnr, identity, psnr_with, identity_with = np.mean([case.figures for case in cases], axis=0)
        sys.stdout.write(
            f"| {scale} | {guide} | {len(cases)} | {psnr:.3f} | {psnr_with:.3f} | "
            f"{identity:.4f} | {identity_with:.4f} |\n"
        )


if __name__ == "__main__":
    main()
