"""Measure how well a face is matched with a guide of its own person, sharp and degraded.

    python benchmarks/identity_threshold.py FOLDER [--people 40] [--photos 4] [--apart FOLDER ...] \
        [--model gfrnet-slim-int8]

FOLDER holds one folder of photos per person. Every photo is cut by the protocol, and compared with
every other one as its guide. It is compared sharp, and degraded blindly 4 and 8 times.

The first figures are the distances of right and wrong guides, and the shares that `needed_similarity` refuses
or accepts. The second figures are of degraded faces that are blurred and accepted. They are the distances
after restoring with that guide, and the shares that are refused or accepted in the end. There
`needed_restored` has decided too. `LIMITS` and `RESTORED_LIMIT` in `gfrnet.faces.identity` were read off
such figures.

A folder given with ``--apart`` holds photos of different people, one each. The figure for it is the share of
these photos that are accepted as each other's guide, as they are.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gfrnet import faces, images, weights
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.errors import ImageError
from gfrnet.restore.colour import lock_colour
from gfrnet.runtime import OnnxRuntime
from gfrnet.types import FloatArray, UInt8Image

SCALES = (1, 4, 8)
"""Downsampling factors; 1 is the sharp photo as it is."""


@dataclass(frozen=True)
class Measured:
    """Hold what is measured of one photo.

    Attributes:
        person: Name of the person's folder.
        crops: Crop at each scale, (256, 256, 3) RGB, 0..255.
        embeddings: Embedding at each scale, (128,).
        sharpness: Sharpness at each scale.
    """

    person: str
    crops: dict[int, UInt8Image]
    embeddings: dict[int, FloatArray]
    sharpness: dict[int, float]


@dataclass(frozen=True)
class Compared:
    """Hold the comparison of a photo with a guide.

    Attributes:
        before: Distance of the photo as it is to the guide.
        accepted: Whether that distance is small enough.
        after: Distance of the restored photo to the guide; None where the photo is not restored.
        in_the_end: Whether the guide is used.
    """

    before: float
    accepted: bool
    after: float | None
    in_the_end: bool


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="one folder of photos per person")
    parser.add_argument("--people", type=int, default=40, help="at most so many people")
    parser.add_argument("--photos", type=int, default=4, help="at most so many photos of each")
    parser.add_argument("--apart", type=Path, action="append", default=[], help="photos of different people")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or ONNX file")
    options = parser.parse_args()
    runtime = OnnxRuntime(weights.find(options.model))
    measured = list(people_of(options.folder, options.people, options.photos))
    people = len({photo.person for photo in measured})
    lines = [f"{len(measured)} photos of {people} people in {options.folder}"]
    lines += [report(runtime, measured, scale) for scale in SCALES]
    lines += [report_apart(folder) for folder in options.apart]
    sys.stdout.write("\n".join(lines) + "\n")


def people_of(folder: Path, people: int, photos: int) -> Iterator[Measured]:
    """Measure the first photos with a face, in name order, of the first people."""
    for person in sorted(path for path in folder.iterdir() if path.is_dir())[:people]:
        found = (measure(path) for path in sorted(person.iterdir()))
        yield from [m for m, _ in zip((m for m in found if m), range(photos), strict=False)]


def largest_face(path: Path) -> UInt8Image | None:
    """Return the crop of a photo's largest face; None without a face."""
    try:
        image = images.read(path).rgb8
    except ImageError:
        return None
    found = faces.detect(image)
    if not found:
        return None
    box = max((face.box for face in found), key=lambda box: box.width)
    return faces.cut(image, faces.CropPlace.around(box)).pixels


def measure(path: Path) -> Measured | None:
    """Measure embeddings and sharpness of a photo's largest face; None without a face."""
    crop = largest_face(path)
    if crop is None:
        return None
    crops = versions(crop, path)
    return Measured(
        path.parent.name,
        crops,
        {scale: faces.embed_crop(crop) for scale, crop in crops.items()},
        {scale: faces.sharpness(crop, faces.face_box()) for scale, crop in crops.items()},
    )


def versions(crop: UInt8Image, path: Path) -> dict[int, UInt8Image]:
    """Return the crop sharp and degraded; the recipe depends only on the names of folder and file."""
    seed = zlib.crc32(f"{path.parent.name}/{path.name}".encode())
    recipes = {scale: sample_recipe(np.random.default_rng(seed), scale=float(scale)) for scale in SCALES}
    return {scale: crop if scale == 1 else degrade(crop, recipe) for scale, recipe in recipes.items()}


def report(runtime: OnnxRuntime, measured: list[Measured], scale: int) -> str:
    """Return the figures of one scale as text."""
    own, strange = [], []
    for photo in measured:
        for guide in measured:
            if guide is not photo:
                found = compared(runtime, photo, guide, scale)
                (own if guide.person == photo.person else strange).append(found)
    sharp = np.median([photo.sharpness[scale] for photo in measured])
    name = "sharp" if scale == 1 else f"{scale}x blind"
    lines = [
        f"{name:9s} sharpness {sharp:.2f} | right guide: distance {_spread(own)}, "
        f"refused {100 - _share(own):4.1f} % | stranger: distance {_spread(strange)}, "
        f"accepted {_share(strange):4.1f} %"
    ]
    if scale > 1:
        lines.append(
            f"   restored, where blurred | right guide: distance {_spread(own, after=True)}, "
            f"refused in the end {100 - _share(own, after=True):4.1f} % | "
            f"stranger: distance {_spread(strange, after=True)}, "
            f"accepted in the end {_share(strange, after=True):4.1f} %"
        )
    return "\n".join(lines)


def report_apart(folder: Path) -> str:
    """Return the share of different people that are accepted as one person, as text."""
    photos = [photo for photo in map(measure, sorted(folder.iterdir())) if photo]
    passing = [
        faces.similarity(photo.embeddings[1], guide.embeddings[1])
        >= faces.needed_similarity(photo.sharpness[1])
        for photo in photos
        for guide in photos
        if guide is not photo
    ]
    share = 100 * np.mean(passing)
    return f"{len(photos)} photos of as many people in {folder} | stranger: accepted {share:.1f} %"


def compared(runtime: OnnxRuntime, photo: Measured, guide: Measured, scale: int) -> Compared:
    """Compare a photo with a guide as the program does; a sharp photo is not restored."""
    pair = photo.embeddings[scale], guide.embeddings[1]
    before, similarity = faces.distance(*pair), faces.similarity(*pair)
    needed = faces.needed_similarity(photo.sharpness[scale])
    accepted = similarity >= needed
    if not accepted or needed == faces.SAME_PERSON:
        return Compared(before, accepted, None, accepted)
    degraded, other = (images.to_signed(crop) for crop in (photo.crops[scale], guide.crops[1]))
    restored = runtime.run(degraded[None], other[None], texture=True).at_fidelity(None)[0]
    pixels = images.to_uint8(lock_colour(restored, degraded, np.ones(restored.shape[:2], bool)))
    pair = faces.embed_crop(pixels), guide.embeddings[1]
    enough = faces.needed_restored(faces.sharpness(pixels, faces.face_box()))
    return Compared(before, accepted, faces.distance(*pair), faces.similarity(*pair) >= enough)


def _spread(rows: list[Compared], after: bool = False) -> str:
    found = [row.after if after else row.before for row in rows]
    low, middle, high = np.percentile([one for one in found if one is not None], [3, 50, 97])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _share(rows: list[Compared], after: bool = False) -> float:
    return float(100 * np.mean([row.in_the_end if after else row.accepted for row in rows]))


if __name__ == "__main__":
    main()
