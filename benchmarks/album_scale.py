"""Measure an album of 100,000 invented faces: grouping, the list of people, a decision, and memory.

python benchmarks/album_scale.py -o FOLDER --faces 100000
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from album_drawn import drawn_embeddings

from gfrnet.album import Album, Named
from gfrnet.album.index import Index
from gfrnet.album.look import SeenFace, SeenPhoto
from gfrnet.album.store import note_change, put_path, put_photo
from gfrnet.album.walk import Listed
from gfrnet.faces import VIEW_VALUES, FacePortrait, Quality
from gfrnet.images import Frame
from gfrnet.types import Box

FACES_A_PHOTO, PEOPLE = 4, 2000

T = TypeVar("T")


def main() -> None:
    """Fill an index, and print how long each step takes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--faces", type=int, default=100_000)
    given = parser.parse_args()
    fill(given.output, given.faces)
    album = Album(given.output)
    timed("group all faces", album.people)
    people = timed("list all people", album.people)
    timed("list fifty people", lambda: album.people(most=50))
    faces = timed("list the faces of the largest group", lambda: album.faces(people[0].label))
    album.decide(Named(person="Anna", faces=album.keys(faces)))
    timed("name the largest group, and list fifty people", lambda: album.people(most=50))
    timed("ask ten questions", lambda: album.questions(10))
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = (given.output / "index.sqlite").stat().st_size / 1e6
    sys.stdout.write(f"\n{len(people)} groups; most memory {most:.0f} MB; index of {size:.0f} MB\n")


def timed(name: str, step: Callable[[], T]) -> T:
    """Do a step, and print how long it took."""
    start = time.perf_counter()
    result = step()
    sys.stdout.write(f"| {name} | {time.perf_counter() - start:.2f} s |\n")
    sys.stdout.flush()
    return result


def fill(folder: Path, faces: int) -> None:
    """Write photos of invented people into the index; some people have thousands of photos, many have few."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(1, PEOPLE + 1)
    person = rng.choice(PEOPLE, faces, p=shares / shares.sum())
    embeddings = drawn_embeddings(person, rng).astype(np.float32)
    view, quality = np.zeros(VIEW_VALUES, np.float32), Quality(0.4, 0.9, 150.0)
    index = Index(folder)
    with index.changing() as connection:
        for number in range(faces // FACES_A_PHOTO):
            seen = tuple(
                SeenFace(
                    Box(200 * place, 0, 200 * place + 150, 150),
                    0.0,
                    0.9,
                    FacePortrait(embeddings[number * FACES_A_PHOTO + place], quality, view),
                    bytes(5000),
                    None,
                )
                for place in range(FACES_A_PHOTO)
            )
            content = f"{number * 7919:032x}"
            path = Path(f"/photos/{number // 100}/{number}.jpg")
            photo = SeenPhoto(path, content, content, Frame(1000, 800), None, (), seen)
            put_path(connection, Listed(path, number, 1), put_photo(connection, photo, number))
        note_change(connection)
    index.close()


if __name__ == "__main__":
    main()
