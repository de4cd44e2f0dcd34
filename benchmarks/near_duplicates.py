"""Measure how well near-duplicates are told apart from other photos of the same person.

    python benchmarks/near_duplicates.py FOLDER [-o OUT] [--pairs 200] [--seed 0]

FOLDER holds one folder of photos per person. Photos drawn from it are copied in four ways, a quarter each:

- cropping: up to 12 % off every side;
- mirroring;
- recolouring: grey, sepia, tint, gamma, contrast;
- recompressing: shrunk to 40..100 %, JPEG quality 20..80.

Equally many pairs are two different photos of one person. Both go through the very steps of
``gfrnet data build``. Two shares measure the rule of `gfrnet.data.fingerprint`. It should catch many
copies, and throw out few true pairs. OUT gets the curve over all thresholds, as a table
and a plot.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from gfrnet import images
from gfrnet.data.build.layouts import PhotoFile, list_photos
from gfrnet.data.build.portray import portray
from gfrnet.data.fingerprint import NEAR_DUPLICATE, AlignedFace, aligned, likeness, pair_likeness
from gfrnet.data.manifest import Portrait
from gfrnet.types import AnyArray, UInt8Image

THRESHOLDS = np.round(np.arange(0.5, 1.0, 0.01), 2)

TRIES = 1000
"""Draws for each wanted pair of one person's photos, before the folder is refused as too small."""

SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="one folder of photos per person")
    parser.add_argument("-o", "--output", type=Path, help="folder for the curve as CSV and PNG")
    parser.add_argument("--pairs", type=int, default=200, help="of each sort")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    photos = list_photos(options.folder, "folders")
    rng = np.random.default_rng(options.seed)
    with TemporaryDirectory() as place:
        copies = copied_pairs(photos, options.pairs, rng, Path(place))
        others = other_pairs(photos, options.pairs, rng, Path(place))
    sys.stdout.write(report(copies, others))
    if options.output:
        scores = np.array([score for scores in copies.values() for score in scores])
        write_curve(scores, np.array(others), options.output)


def crop(pixels: UInt8Image, rng: np.random.Generator) -> UInt8Image:
    """Cut off up to 12 % of every side."""
    height, width = pixels.shape[:2]
    left, right, top, bottom = rng.uniform(0, 0.12, 4)
    rows = slice(int(top * height), int((1 - bottom) * height))
    return np.ascontiguousarray(pixels[rows, int(left * width) : int((1 - right) * width)])


def mirror(pixels: UInt8Image, rng: np.random.Generator) -> UInt8Image:
    """Exchange left and right."""
    return np.ascontiguousarray(pixels[:, ::-1])


def recolour(pixels: UInt8Image, rng: np.random.Generator) -> UInt8Image:
    """Turn grey, sepia or neither, then change white balance, gamma, contrast and brightness."""
    colour = pixels / 255
    kind = rng.integers(3)
    if kind == 0:
        colour = np.repeat(colour.mean(axis=2, keepdims=True), 3, axis=2)
    elif kind == 1:
        colour = colour @ SEPIA.T
    colour = np.clip(colour * np.exp(rng.normal(0, 0.15, 3)), 0, 1) ** np.exp(rng.normal(0, 0.3))
    colour = (colour - 0.5) * rng.uniform(0.7, 1.3) + 0.5 + rng.normal(0, 0.05)
    return np.rint(np.clip(colour, 0, 1) * 255).astype(np.uint8)


def recompress(pixels: UInt8Image, rng: np.random.Generator) -> UInt8Image:
    """Shrink and save as a bad JPEG."""
    scale = rng.uniform(0.4, 1)
    small = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 81))])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def copied_pairs(
    photos: tuple[PhotoFile, ...], count: int, rng: np.random.Generator, place: Path
) -> dict[str, list[float]]:
    """Return the likeness of photos and their copies by kind of copy, where both have a face."""
    kinds: list[Callable[[UInt8Image, np.random.Generator], UInt8Image]] = [
        crop,
        mirror,
        recolour,
        recompress,
    ]
    scores: dict[str, list[float]] = {kind.__name__: [] for kind in kinds}
    done, path = 0, place / "copy.png"
    for photo in (photos[index] for index in rng.permutation(len(photos))):
        kind = kinds[done % len(kinds)]
        images.write(images.Photo(kind(images.read(photo.path).rgb8, rng)), path)
        score = pair_score(photo, PhotoFile(photo.person, "copy.png", path), place)
        if score is not None:
            scores[kind.__name__].append(score)
            done += 1
        if done == count:
            return scores
    sys.exit(f"There are only {done} photos with a face. Ask for fewer --pairs.")


def other_pairs(
    photos: tuple[PhotoFile, ...], count: int, rng: np.random.Generator, place: Path
) -> list[float]:
    """Return the likeness of two different photos of one person."""
    scores: list[float] = []
    for _ in range(TRIES * count):
        one, other = (photos[index] for index in rng.choice(len(photos), 2, replace=False))
        score = pair_score(one, other, place) if one.person == other.person else None
        scores += [] if score is None else [score]
        if len(scores) == count:
            return scores
    sys.exit("Too few people have two photos with a face. Give more photos, or ask for fewer --pairs.")


def pair_score(one: PhotoFile, other: PhotoFile, place: Path) -> float | None:
    """Rate two photos' likeness in detail; -1 if their fingerprints differ, None if one has no face."""
    seen = [portray(photo, place, 256, "png")[0] for photo in (one, other)]
    if any(face.fingerprint is None for face in seen):
        return None
    coarse = float(likeness(np.stack([face.fingerprint for face in seen]))[0, 1])
    return pair_likeness(coarse, *(partial(aligned_face, face.portrait) for face in seen))


def aligned_face(portrait: Portrait) -> AlignedFace:
    """Align the face of a crop."""
    return aligned(portrait.pixels(), portrait.points(), portrait.mask())


def report(copies: dict[str, list[float]], others: list[float]) -> str:
    """Return the figures as text."""
    rows = {kind: np.array(scores) for kind, scores in copies.items()}
    rows["all copies"] = np.concatenate(list(rows.values()))
    lines = [f"caught {caught(scores):6.1%}  of {len(scores)}  {kind}" for kind, scores in rows.items()]
    lines.append(f"thrown out {caught(np.array(others)):6.1%}  of {len(others)}  true pairs of one person")
    return f"threshold {NEAR_DUPLICATE}\n" + "\n".join(lines) + "\n"


def caught(scores: AnyArray, threshold: float = NEAR_DUPLICATE) -> float:
    """Return the share of pairs above the threshold."""
    return float((scores > threshold).mean())


def write_curve(copies: AnyArray, others: AnyArray, folder: Path) -> None:
    """Write the shares at every threshold as near_duplicates.csv and .png."""
    from matplotlib.figure import Figure

    rates = [(t, caught(copies, t), caught(others, t)) for t in THRESHOLDS]
    rows = [f"{t:.2f},{found:.4f},{lost:.4f}" for t, found, lost in rates]
    images.write_text(
        "threshold,caught,thrown_out\n" + "\n".join(rows) + "\n", folder / "near_duplicates.csv"
    )
    figure = Figure(figsize=(6, 3.6), layout="constrained")
    axes = figure.subplots()
    axes.plot(THRESHOLDS, [100 * found for _, found, _ in rates], label="copies caught")
    axes.plot(THRESHOLDS, [100 * lost for _, _, lost in rates], label="true pairs thrown out")
    axes.axvline(NEAR_DUPLICATE, color="grey", linestyle=":", label=f"threshold {NEAR_DUPLICATE}")
    axes.set(xlabel="likeness in detail", ylabel="% of pairs above", ylim=(0, 101))
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(folder / "near_duplicates.png", dpi=100)


if __name__ == "__main__":
    main()
