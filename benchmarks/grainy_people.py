"""Restore whole photos that are blurred and grainy, as advised and with all of the change.

    python benchmarks/grainy_people.py PEOPLE [--every 1]

PEOPLE holds one folder for each person, with neutral.jpg and smiling.jpg, as the Face Research Lab London Set
does. The neutral photo is blurred by 5 px, and gets grain of 5 levels. The smiling one is its guide. Each
line gives strength, identity distance to the truth, and PSNR of the face, as advised and at strength 1.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np

from gfrnet import Restorer, faces, images, metrics
from gfrnet.types import FloatArray

BLUR, GRAIN = 5.0, 5.0
"""Standard deviations of the blur, in pixels of the photo, and of the grain, in levels of 255."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("people", type=Path)
    parser.add_argument("--every", type=int, default=1, help="take every so many-th person")
    options = parser.parse_args()
    restorer = Restorer.load(threads=1)
    rows = []
    for person in sorted(options.people.iterdir())[:: options.every]:
        rows.append(measure(restorer, person))
        sys.stdout.write(f"{person.name} {np.round(rows[-1], 3)}\n")
    sys.stdout.write(f"mean {np.round(np.mean(rows, axis=0), 3)}\n")


def measure(restorer: Restorer, person: Path) -> FloatArray:
    """Return strength, identity distance and PSNR, as advised and then at strength 1."""
    truth = images.read(person / "neutral.jpg").rgb8
    noise = np.random.default_rng(1).normal(0, GRAIN, truth.shape)
    blurred = cv2.GaussianBlur(truth, (0, 0), BLUR).astype(np.float32)
    photo = np.clip(np.rint(blurred + noise), 0, 255).astype(np.uint8)
    place = faces.CropPlace.around(faces.detect(truth)[0].box)
    right = faces.cut(truth, place)
    values: list[float] = []
    for strength in (None, 1.0):
        found = restorer.restore(photo, person / "smiling.jpg", strength=strength, force=True)
        result = found.faces[0].result
        assert result is not None, "forced, every face is restored"
        pixels = faces.cut(found.photo.rgb8, place).pixels
        distance = faces.distance(faces.embed_crop(pixels), faces.embed_crop(right.pixels))
        values += [result.strength, distance, metrics.psnr(pixels, right.pixels, right.real)]
    return np.array(values, dtype=np.float32)


if __name__ == "__main__":
    main()
