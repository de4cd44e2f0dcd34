"""Measure how well a face is matched with a guide of its own person, sharp and degraded.

    python benchmarks/identity_threshold.py FOLDER [--people 40] [--photos 4]

FOLDER holds one folder of photos per person. Every photo, cut as the protocol says, is compared with every
other one as its guide: sharp, and degraded blindly 4 and 8 times. Printed are the distances of right and
wrong guides, and how many of each `needed_similarity` refuses or lets pass. `LIMITS` in
`gfrnet.faces.identity` holds what was read off these figures.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gfrnet import faces, images
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.errors import ImageError
from gfrnet.types import FloatArray, UInt8Image

SCALES = (1, 4, 8)
"""Downsampling factors; 1 is the sharp photo as it is."""


@dataclass(frozen=True)
class Measured:
    """One photo of one person.

    Attributes:
        person: Name of the folder.
        embeddings: Per scale, (128,).
        sharpness: Per scale.
    """

    person: str
    embeddings: dict[int, FloatArray]
    sharpness: dict[int, float]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="one folder of photos per person")
    parser.add_argument("--people", type=int, default=40, help="at most so many people")
    parser.add_argument("--photos", type=int, default=4, help="at most so many photos of each")
    options = parser.parse_args()
    measured = list(people_of(options.folder, options.people, options.photos))
    people = len({photo.person for photo in measured})
    lines = [f"{len(measured)} photos of {people} people in {options.folder}"]
    lines += [report(measured, scale) for scale in SCALES]
    sys.stdout.write("\n".join(lines) + "\n")


def people_of(folder: Path, people: int, photos: int) -> Iterator[Measured]:
    """Measure the first photos with a face, in name order, of the first people."""
    for person in sorted(path for path in folder.iterdir() if path.is_dir())[:people]:
        found = (measure(path) for path in sorted(person.iterdir()))
        yield from [m for m, _ in zip((m for m in found if m), range(photos), strict=False)]


def measure(path: Path) -> Measured | None:
    """Embeddings and sharpness of the largest face of a photo; None without a face."""
    try:
        image = images.read(path).rgb8
    except ImageError:
        return None
    found = faces.detect(image)
    if not found:
        return None
    box = max((face.box for face in found), key=lambda box: box.width)
    crops = versions(faces.cut(image, faces.CropPlace.around(box)).pixels, path)
    return Measured(
        path.parent.name,
        {scale: faces.embed_crop(crop) for scale, crop in crops.items()},
        {scale: faces.sharpness(crop, faces.face_box()) for scale, crop in crops.items()},
    )


def versions(crop: UInt8Image, path: Path) -> dict[int, UInt8Image]:
    """The crop sharp and degraded; the recipe depends on the file's name only."""
    seed = zlib.crc32(f"{path.parent.name}/{path.name}".encode())
    recipes = {scale: sample_recipe(np.random.default_rng(seed), scale=float(scale)) for scale in SCALES}
    return {scale: crop if scale == 1 else degrade(crop, recipe) for scale, recipe in recipes.items()}


def report(measured: list[Measured], scale: int) -> str:
    """The figures of one scale as text."""
    own: list[tuple[float, bool]] = []
    strange: list[tuple[float, bool]] = []
    for photo in measured:
        needed = faces.needed_similarity(photo.sharpness[scale])
        for guide in measured:
            if guide is photo:
                continue
            pair = photo.embeddings[scale], guide.embeddings[1]
            row = (faces.distance(*pair), faces.similarity(*pair) >= needed)
            (own if guide.person == photo.person else strange).append(row)
    sharp = np.median([photo.sharpness[scale] for photo in measured])
    name = "sharp" if scale == 1 else f"{scale}x blind"
    return (
        f"{name:9s} sharpness {sharp:.2f} | right guide: distance {_spread(own)}, "
        f"refused {100 - _accepted(own):4.1f} % | stranger: distance {_spread(strange)}, "
        f"accepted {_accepted(strange):4.1f} %"
    )


def _spread(rows: list[tuple[float, bool]]) -> str:
    low, middle, high = np.percentile([row[0] for row in rows], [3, 50, 97])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _accepted(rows: list[tuple[float, bool]]) -> float:
    return float(100 * np.mean([row[1] for row in rows]))


if __name__ == "__main__":
    main()
