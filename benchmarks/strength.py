"""Measure what faces that are hardly degraded gain from restoring, at several strengths.

    python benchmarks/strength.py --data DATA [--data DATA ...] [--every 6]

DATA are data sets of `gfrnet data build`. Every so many-th pair is degraded in several mild ways and blindly.
It is restored with its guide at the default fidelity. All of the change is applied, a half, a quarter, and as
much as `gfrnet restore` applies without --strength. The tables give the gain in PSNR and the
change of identity distance to the truth. One table is by kind of degradation. The other is by the strength
that `gfrnet restore` applies.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from gfrnet import Restorer, faces, metrics, weights
from gfrnet.data import read_manifests
from gfrnet.degradation import Recipe, degrade, sample_recipe
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.types import UInt8Image

KINDS = {
    "JPEG of quality 90": Recipe(jpeg=90),
    "JPEG of quality 40": Recipe(jpeg=40),
    "JPEG of quality 15": Recipe(jpeg=15),
    "noise of 5 levels": Recipe(noise=5),
    "half as large": Recipe(scale=2),
    "half as large, JPEG 75": Recipe(scale=2, jpeg=75),
    "half as large, JPEG 40": Recipe(scale=2, jpeg=40),
    "a third as large": Recipe(scale=3),
    "blurred, 1 px": Recipe(blur=1),
    "blurred, 2 px": Recipe(blur=2),
    "blurred, 2 px, grain of 5 levels": Recipe(blur=2, noise=5),
    "blurred, 5 px, grain of 5 levels": Recipe(blur=5, noise=5),
}
"""Fixed degradations by name."""

BLIND = {
    "blind, 1 to 2 times": (1.0, 2.0),
    "blind, 2 to 4 times": (2.0, 4.0),
    "blind, 4 times": (4.0, 4.0),
    "blind, 8 times": (8.0, 8.0),
}
"""Limits of the downsampling factor by name; blur, noise and JPEG come from the paper's sets."""

STRENGTHS: dict[str, float | None] = {"as advised": None, "1": 1.0, "0.5": 0.5, "0.25": 0.25}
"""Strengths by title; None is the strength that `gfrnet restore` applies."""

GROUPS = (0.25, 0.251, 0.5, 0.75, 1.0, 1.01)
"""Limits of the advised strength that divide faces into groups."""


@dataclass(frozen=True)
class Case:
    """Hold the results of one degraded face.

    Attributes:
        kind: Kind of degradation.
        advised: Strength that `gfrnet restore` applies.
        gains: For each of `STRENGTHS` the change in PSNR, dB, and in identity distance to the truth.
    """

    kind: str
    advised: float
    gains: tuple[tuple[float, float], ...]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, action="append", required=True, help="a built data set")
    parser.add_argument("--every", type=int, default=6, help="take every so many-th pair")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or ONNX file")
    options = parser.parse_args()
    restorer = Restorer.load(options.model, threads=1)
    pairs = list_pairs(read_manifests(options.data))[:: options.every]
    cases = [case for pair in pairs for case in measure(restorer, pair)]
    sys.stdout.write(f"{len(pairs)} faces\n\n")
    table("degradation", [*KINDS, *BLIND], lambda case, name: case.kind == name, cases)
    groups = {f"{low:g} to {high:g}": (low, high) for low, high in pairwise(GROUPS)}
    table("advised", groups, lambda case, name: groups[name][0] <= case.advised < groups[name][1], cases)


def measure(restorer: Restorer, pair: Pair) -> list[Case]:
    """Measure every kind of degradation on one pair."""
    rng = np.random.default_rng(zlib.crc32(pair.name.encode()))
    scales = {kind: round(float(rng.uniform(*between)), 1) for kind, between in BLIND.items()}
    recipes = KINDS | {kind: sample_recipe(rng, scale=scale) for kind, scale in scales.items()}
    truth, real, guide = pair.target.pixels(), pair.target.mask(), pair.guide.pixels()
    person = faces.embed_crop(truth)

    def compared(pixels: UInt8Image) -> np.ndarray:
        return np.array([metrics.psnr(pixels, truth, real), faces.distance(faces.embed_crop(pixels), person)])

    cases = []
    for kind, recipe in recipes.items():
        photo = degrade(truth, recipe)
        found = [
            restorer.restore(photo, guide, cropped=True, force=True, strength=strength)
            for strength in STRENGTHS.values()
        ]
        before = compared(photo)
        gains = tuple(tuple(compared(one.photo.rgb8) - before) for one in found)
        result = found[0].faces[0].result
        assert result is not None, "forced, every face is restored"
        cases.append(Case(kind, result.strength, gains))
    return cases


def table(title: str, names: Iterable[str], belongs: Callable[[Case, str], bool], cases: list[Case]) -> None:
    """Print one line a group: the mean advised strength, and the mean gains."""
    heads = [f"{what} {strength}" for what in ("PSNR", "identity") for strength in STRENGTHS]
    sys.stdout.write(
        f"| {title} | faces | strength | {' | '.join(heads)} |\n|---{'|---:' * (2 + len(heads))}|\n"
    )
    for name in names:
        group = [case for case in cases if belongs(case, name)]
        if not group:
            continue
        psnr, identity = np.mean([case.gains for case in group], axis=0).T
        cells = [f"{value:+.2f}" for value in psnr] + [f"{value:+.3f}" for value in identity]
        advised = np.mean([case.advised for case in group])
        sys.stdout.write(f"| {name} | {len(group)} | {advised:.2f} | {' | '.join(cells)} |\n")
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
