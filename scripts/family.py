#!/usr/bin/env python3
"""Draw the photos of a family that does not exist, for the walk-through of docs/guide/album.md.

    python scripts/family.py family                             draw the photos into a new folder
    python scripts/family.py family --pictures docs/pictures    also scan and name them, and draw the pictures

The people are drawn by `gfrnet.data.synthetic`. Their faces differ so much that the recogniser tells them
apart, as it does real people.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from gfrnet import images
from gfrnet.cli import main as gfrnet
from gfrnet.data.synthetic import Identity, View, render, sample_view
from gfrnet.data.synthetic.person import Colour, colour
from gfrnet.degradation import Recipe, degrade
from gfrnet.errors import DataError, GfrnetError
from gfrnet.types import UInt8Image

SEEDS = {"Otto": 156, "Anna": 228, "Emil": 151, "Ida": 79, "Jonas": 106, "Marta": 20}
"""People, each by the seed of the face: of 260 faces, some that the recogniser tells apart best."""

SIDE, MARGIN = 360, 50
"""Side of a person in a photo, and what is around all of them, pixels."""


HEIGHT = 110
"""Height of a photo in the overview, pixels."""


@dataclass(frozen=True)
class Shot:
    """Describe a photo.

    Attributes:
        path: Its file in the folder.
        people: Who is on it, from left to right.
        backdrop: Colour of the background.
        worn: Factor by which it is smaller than when it was taken; 1 for a good photo.
        turned: Quarter turns, clockwise.
    """

    path: str
    people: tuple[str, ...]
    backdrop: Colour
    worn: float = 1.0
    turned: int = 0


GREEN, BLUE, SAND, GREY = (148, 170, 140), (140, 160, 190), (196, 180, 150), (150, 150, 150)

SHOTS = (
    Shot("2021 garden/001.jpg", ("Otto", "Anna"), GREEN),
    Shot("2021 garden/002.jpg", ("Emil", "Otto", "Ida"), GREEN),
    Shot("2021 garden/003.jpg", ("Anna", "Emil", "Otto"), GREEN),
    Shot("2021 garden/004.jpg", ("Otto", "Anna", "Jonas"), GREEN),
    Shot("2022 seaside/001.jpg", ("Ida", "Otto"), BLUE),
    Shot("2022 seaside/002.jpg", ("Marta", "Anna", "Otto"), BLUE),
    Shot("2022 seaside/003.jpg", ("Emil", "Jonas"), BLUE, turned=1),
    Shot("2022 seaside/004.jpg", ("Ida", "Anna", "Emil"), BLUE),
    Shot("2022 seaside/005.jpg", ("Otto", "Anna"), BLUE),
    Shot("scans/sofa.jpg", ("Otto", "Emil"), SAND, worn=3),
    Shot("scans/birthday.jpg", ("Ida", "Jonas"), SAND, worn=6),
    Shot("scans/kitchen.jpg", ("Marta",), GREY, worn=4),
    Shot("scans/wedding.jpg", ("Otto", "Anna"), GREY, worn=8),
)
"""The photos. No two people are on equally many, so that each group has a number that is known beforehand."""


def draw_family(folder: Path) -> None:
    """Write all photos, and a file that some disk has lost the content of.

    Raises:
        DataError: The folder exists.
    """
    if folder.exists():
        raise DataError(f"{folder} exists already. Name a new folder.")
    for number, shot in enumerate(SHOTS):
        images.write(images.Photo(draw_shot(shot, number)), folder / shot.path, quality=92)
    (folder / "2021 garden" / "005.jpg").write_bytes(b"")


def draw_shot(shot: Shot, number: int) -> UInt8Image:
    """Draw a photo; its number chooses poses and light."""
    people = [
        render(replace(identity(SEEDS[name]), backdrop=shot.backdrop), pose(number, place), SIDE).pixels
        for place, name in enumerate(shot.people)
    ]
    edge = cv2.BORDER_REPLICATE
    photo = cv2.copyMakeBorder(np.concatenate(people, axis=1), MARGIN, MARGIN, MARGIN, MARGIN, edge)
    if shot.worn > 1:
        photo = degrade(photo, Recipe(blur=1, scale=shot.worn, noise=3, jpeg=60, seed=number))
    return np.ascontiguousarray(np.rot90(photo, -shot.turned), dtype=np.uint8)


def pose(number: int, place: int) -> View:
    """Invent pose, expression and light of a person in a photo."""
    return sample_view(np.random.default_rng([number, place]), 0.5)


def identity(seed: int) -> Identity:
    """Invent a person who differs from others more than those of `gfrnet.data.synthetic` do."""
    rng = np.random.default_rng(seed)
    skin = np.array([228, 184, 158]) * rng.uniform(0.35, 1.1) + rng.normal(0, 8, 3)
    hair = np.array([130, 92, 60]) * rng.uniform(0.15, 1.9) + rng.normal(0, 12, 3)
    return Identity(
        width=rng.uniform(0.6, 0.95),
        chin=rng.uniform(0.85, 1.3),
        taper=rng.uniform(0.5, 1.3),
        eye_distance=rng.uniform(0.25, 0.43),
        eye_size=(rng.uniform(0.1, 0.2), rng.uniform(0.04, 0.11)),
        brow=rng.uniform(0.02, 0.13),
        nose=(rng.uniform(0.07, 0.22), rng.uniform(0.24, 0.48)),
        mouth=(rng.uniform(0.18, 0.42), rng.uniform(0.03, 0.13)),
        hairline=rng.uniform(0.5, 1.05),
        hair_length=rng.uniform(-0.2, 1.8),
        skin=colour(skin),
        hair=colour(hair),
        iris=colour(rng.uniform((30, 60, 40), (120, 130, 190))),
        cloth=colour(rng.uniform(30, 220, 3)),
        backdrop=colour(rng.uniform((60, 90, 110), (120, 150, 200))),
        detail=int(rng.integers(2**31)),
    )


def draw_pictures(folder: Path, pictures: Path) -> None:
    """Follow the walk-through with the photos of a folder, and keep the pictures that it makes.

    Raises:
        DataError: A command of the walk-through fails.
    """
    with TemporaryDirectory() as temporary:
        place = Path(temporary)
        album = ("--album", folder)
        run("scan", folder)
        run("people", *album, "--sheet", place / "sheets")
        names = (f"G{number}={name}" for number, name in enumerate(SEEDS, 1))
        run("people", *album, *(word for name in names for word in ("--name", name)))
        wedding = folder / "scans" / "wedding.jpg"
        run("people", *album, "--not", f"{wedding}:1", "Emil", "--is", f"{wedding}:1", "Otto")
        run("restore", *album, "-o", place / "restored", "--sheets", place / "restored-sheets")
        made = {
            "photos": overview(folder),
            "people": images.read(place / "sheets" / "people.jpg").rgb8,
            "emil": images.read(place / "sheets" / "person-0003-G3.jpg").rgb8,
            "worn": images.read(place / "sheets" / "worn.jpg").rgb8,
            "restored": images.read(place / "restored-sheets" / "Anna 1.jpg").rgb8,
        }
        for name, picture in made.items():
            images.write(images.Photo(picture), pictures / f"album-{name}.jpg", quality=85)


def run(command: str, *words: str | Path) -> None:
    """Run a command about an album.

    Raises:
        DataError: It fails.
    """
    if gfrnet(["album", command, *map(str, words)]) != 0:
        raise DataError(f"gfrnet album {command} failed. Read what it printed above.")


def overview(folder: Path) -> UInt8Image:
    """Draw all photos of the family, small."""
    tiles = []
    for shot in SHOTS:
        photo = images.read(folder / shot.path).rgb8
        size = (round(photo.shape[1] * HEIGHT / photo.shape[0]), HEIGHT)
        small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
        tiles.append(images.Tile(np.asarray(small, dtype=np.uint8), caption=shot.path))
    return images.contact_sheet([tiles[at : at + 4] for at in range(0, len(tiles), 4)], 12)


def main(arguments: Sequence[str]) -> int:
    """Draw the photos, and the pictures if they are wanted."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="folder for the pictures")
    given = parser.parse_args(arguments)
    try:
        draw_family(given.folder)
        if given.pictures:
            draw_pictures(given.folder, given.pictures)
    except GfrnetError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{len(SHOTS)} photos of {len(SEEDS)} people: {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
