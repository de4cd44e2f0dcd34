"""Draw cases in which the model fails, from the demo's portrait.

    python benchmarks/failures.py -o docs/pictures/failures.jpg [--model MODEL]

A row shows one case: the bad photo, the guide, the result of ``gfrnet restore --force``, and the truth.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from gfrnet import Restorer, faces, images, weights
from gfrnet.data.synthetic import View, render, sample_identity
from gfrnet.degradation import Recipe, degrade
from gfrnet.demo import PORTRAIT, make_guide
from gfrnet.images import Tile, contact_sheet
from gfrnet.types import UInt8Image

BAD = Recipe(blur=1, scale=6, noise=3, jpeg=40, seed=1)
LITTLE = Recipe(blur=2, scale=16, noise=3, jpeg=40, seed=1)
SOFT = Recipe(blur=2, scale=2, noise=3, jpeg=60, seed=1)

SCRATCHES = 9
"""Lines and stains on the scratched photo, each."""

LENS = 0.36
"""Radius of a lens of the sunglasses, distances between the eyes."""


@dataclass(frozen=True)
class Case:
    """Hold one row: a title, and (256, 256, 3) pictures."""

    title: str
    degraded: UInt8Image
    guide: UInt8Image


def main() -> None:
    """Read the command line, restore, draw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, required=True, help="the picture")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or ONNX file")
    options = parser.parse_args()
    portrait = images.read(PORTRAIT).rgb8
    truth, guide = face(portrait), face(make_guide(portrait))
    restorer = Restorer.load(options.model)
    rows = []
    for case in cases(truth, guide):
        result = restorer.restore(case.degraded, [case.guide], cropped=True, force=True).faces[0].result
        if result is None:
            raise RuntimeError(f"{case.title}: not restored")
        rows.append(
            [
                Tile(case.degraded, case.title, "before"),
                Tile(case.guide, "", "guide"),
                Tile(result.restored, "", f"after\nsimilarity {result.similarity:.2f}"),
                Tile(truth, "", "truth"),
            ]
        )
    images.write(images.Photo(contact_sheet(rows)), options.output)


def face(photo: UInt8Image) -> UInt8Image:
    """Cut the only face of a photo."""
    (found,) = faces.detect(photo)
    return faces.cut(photo, faces.CropPlace.around(found.box)).pixels


def cases(truth: UInt8Image, guide: UInt8Image) -> list[Case]:
    """Return all rows."""
    stranger = render(sample_identity(np.random.default_rng(3)), View()).pixels
    return [
        Case("a stranger's guide", degrade(truth, BAD), stranger),
        Case("a guide in sunglasses", degrade(truth, BAD), in_sunglasses(guide)),
        Case("almost nothing left", degrade(truth, LITTLE), guide),
        Case("scratches and stains", scratched(degrade(truth, SOFT)), guide),
    ]


def in_sunglasses(crop: UInt8Image) -> UInt8Image:
    """Draw dark lenses before the eyes of a face."""
    points = faces.landmarks5(crop, faces.face_box())
    eyes = points[:2].mean(0), points[2:4].mean(0)
    apart = float(np.linalg.norm(eyes[0] - eyes[1]))
    drawn = crop.copy()
    for x, y in eyes:
        centre, radius = (round(float(x)), round(float(y))), round(LENS * apart)
        cv2.circle(drawn, centre, radius, (25, 22, 20), cv2.FILLED, cv2.LINE_AA)
    bridge = [tuple(int(value) for value in eye) for eye in eyes]
    cv2.line(drawn, *bridge, (25, 22, 20), 4, cv2.LINE_AA)
    return drawn


def scratched(photo: UInt8Image) -> UInt8Image:
    """Draw bright lines and brown stains on a photo."""
    rng = np.random.default_rng(1)
    drawn, side = photo.copy(), len(photo)
    for _ in range(SCRATCHES):
        x, y, slant = rng.integers(0, side, 3).tolist()
        cv2.line(drawn, (x, y - side // 2), (x + slant // 8, y + side // 2), (225, 220, 210), 1, cv2.LINE_AA)
        x, y, radius = *rng.integers(0, side, 2).tolist(), int(rng.integers(3, 9))
        cv2.circle(drawn, (x, y), radius, (150, 110, 70), cv2.FILLED, cv2.LINE_AA)
    return cv2.addWeighted(drawn, 0.7, photo, 0.3, 0)


if __name__ == "__main__":
    main()
