"""Measure how well the album groups faces by person, before and after some questions are answered.

    python benchmarks/album_people.py FOLDER [FOLDER ...] --cache DIR [--people 100 400] [--held-out]
    python benchmarks/album_people.py --synthetic 100000

Each FOLDER holds one folder of photos per person. All faces of the photos are grouped, and the main face of
each photo is judged. Its faces are remembered in DIR. `--people` keeps so many people, drawn at random: first
those of the first folder. `--held-out` leaves out the people of LFW from whom crowds were learned.

- B-cubed precision is the mean, over faces, of the share of its group that shows the face's person.
- B-cubed recall is the mean share of the person's faces that are in its group.
- Questions are answered from the labels, one at a time, and all faces are grouped again after each answer.
- Chinese whispers at 0.50 stand beside it: what others do with these embeddings.

`--set` tries other values of the limits in `gfrnet.album.closeness` and `gfrnet.album.grouping`, as
`--set ALLOWED=0 LIMIT=0.3`. `--answers 0` asks nothing.

`--synthetic` draws so many faces of 2,000 people, one of them with a twentieth of all faces. It prints time
and memory.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import dlib
import numpy as np
from album_drawn import drawn_embeddings
from album_faces import FaceTable, joined, read_faces

from gfrnet.album import closeness, grouping
from gfrnet.album.bonds import Bonds
from gfrnet.album.grouping import FaceRows, Groups, group_faces
from gfrnet.album.questions import questions
from gfrnet.types import AnyArray

WHISPERS = 0.5
"""Distance of two faces that Chinese whispers link."""

STEPS = (5, 10, 20, 30)
"""Numbers of answers after which a line is printed."""


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", help="folders of one folder of photos per person")
    parser.add_argument("--cache", type=Path, help="folder that remembers the faces")
    parser.add_argument("--people", type=int, nargs="+", help="numbers of people to measure")
    parser.add_argument("--held-out", action="store_true", help="only people from whom nothing was learned")
    parser.add_argument("--answers", type=int, default=30, help="number of questions that are answered")
    parser.add_argument("--synthetic", type=int, help="number of faces to draw")
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="limits to try")
    options = parser.parse_args()
    for name, _, value in (each.partition("=") for each in options.set):
        room = next(room for room in (closeness, grouping) if hasattr(room, name))
        setattr(room, name, float(value))
    lines = report_synthetic(options.synthetic) if options.synthetic else report_folders(options)
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def report_folders(options: argparse.Namespace) -> Iterator[str]:
    """Yield the figures of each number of people."""
    tables = [read_faces(folder, options.cache) for folder in options.folders]
    table = joined(tables)
    names = [name for each in tables for name in _shuffled(np.unique(each.person))]
    if options.held_out:
        names = [name for name in names if not (name.startswith("lfw/") and learned_from(name))]
    for count in options.people or [len(names)]:
        some = table.of(np.isin(table.person, names[:count]))
        yield f"{min(count, len(names))} people, {some.main.sum()} photos, {len(some.photo)} faces"
        yield from report(some, options.answers)


def learned_from(name: str) -> bool:
    """Return whether crowds may be learned from a person of LFW: from half of them, drawn by name."""
    return zlib.crc32(Path(name).name.encode()) % 2 == 1


def report(table: FaceTable, most: int) -> Iterator[str]:
    """Yield the figures of Chinese whispers, of the album, and of the album after answers."""
    person = table.person[table.main]
    yield f"  Chinese whispers at {WHISPERS}: {told(whispers(table.embedding[table.main]), person)}"
    faces = FaceRows(table.embedding, table.photo, table.sharpness, table.size, table.score)
    yields = 0
    for answers, (groups, yes) in enumerate(answered(faces, table, most)):
        yields += yes
        if answers in (0, *STEPS):
            left_out = int((groups.labels[table.main] < 0).sum())
            yield (
                f"  {answers:2} answers ({yields} yes): {told(groups.labels[table.main], person)}, "
                f"{groups.count} groups, {left_out} faces not good"
            )


def told(labels: AnyArray, person: AnyArray) -> str:
    """Return precision and recall in words."""
    return "precision {:.4f}, recall {:.4f}".format(*bcubed(labels, person))


def bcubed(labels: AnyArray, person: AnyArray) -> tuple[float, float]:
    """Return B-cubed precision and recall (Bagga and Baldwin, 1998). Faces labelled -1 are groups of one."""
    alone = labels < 0
    labels = np.where(alone, labels.max() + 1 + np.arange(len(labels)), labels)
    _, group = np.unique(labels, return_inverse=True)
    _, owner = np.unique(person, return_inverse=True)
    _, both, counts = np.unique(group * len(person) + owner, return_inverse=True, return_counts=True)
    shared = counts[both]
    return (
        float((shared / np.bincount(group)[group]).mean()),
        float((shared / np.bincount(owner)[owner]).mean()),
    )


def answered(faces: FaceRows, table: FaceTable, most: int) -> Iterator[tuple[Groups, bool]]:
    """Yield the groups before any answer, and after each answer, with whether the answer was yes."""
    bonds = Bonds()
    groups, yes = group_faces(faces), False
    yield groups, yes
    for _ in range(most):
        asked = questions(faces, groups, bonds, 1)
        if not asked:
            return
        sides = [np.flatnonzero(groups.labels == label) for label in (asked[0].left, asked[0].right)]
        owners = [_owner(table, side) for side in sides]
        yes = owners[0] == owners[1] is not None
        if yes:
            bonds = Bonds((*bonds.together, np.concatenate(sides)), bonds.apart)
        else:
            bonds = Bonds(bonds.together, (*bonds.apart, (sides[0], sides[1])))
        groups = group_faces(faces, bonds)
        yield groups, yes


def _owner(table: FaceTable, rows: AnyArray) -> str | None:
    """Return the person whom most of the judged faces show; None without such a face."""
    names = Counter(table.person[rows[table.main[rows]]].tolist())
    return names.most_common(1)[0][0] if names else None


def whispers(embeddings: AnyArray) -> AnyArray:
    """Return the groups of dlib's Chinese whispers."""
    links = []
    for row, face in enumerate(embeddings):
        near = np.linalg.norm(embeddings[row:] - face, axis=1) <= WHISPERS
        links += [(row, row + int(other)) for other in np.flatnonzero(near)]
    return np.array(dlib.chinese_whispers(links))


def _shuffled(names: AnyArray) -> list[str]:
    return sorted(names.tolist(), key=lambda name: zlib.crc32(name.encode()))


def report_synthetic(count: int) -> Iterator[str]:
    """Yield time, memory and correctness of a large album of people who do not exist."""
    rng = np.random.default_rng(0)
    shares = 1 / np.arange(20, 2020)
    sizes = np.maximum(1, (0.95 * count * shares / shares.sum()).astype(int))
    sizes[0] += count - sizes.sum()
    person = np.repeat(np.arange(len(sizes)), sizes)
    embeddings = drawn_embeddings(person, rng)
    order = rng.permutation(len(person))
    good = np.ones(len(person), np.float32)
    faces = FaceRows(
        embeddings[order], (np.arange(len(person)) % (1 + count // 4))[order], good, 150 * good, good
    )
    before, start, worked = _megabytes(), time.perf_counter(), time.process_time()
    groups = group_faces(faces)
    took, worked = time.perf_counter() - start, time.process_time() - worked
    yield (
        f"{len(person)} faces of {len(sizes)} people, {sizes.max()} of one: {took:.0f} s "
        f"({worked:.0f} s of processor time), "
        f"{_megabytes():.0f} MB at most, of which {before:.0f} MB before; {groups.count} groups, "
        f"{told(groups.labels, person[order])}"
    )
    start = time.perf_counter()
    asked = questions(faces, groups)
    yield f"{len(asked)} questions: {time.perf_counter() - start:.0f} s, {_megabytes():.0f} MB at most"


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
