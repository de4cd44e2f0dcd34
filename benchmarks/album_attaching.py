"""Measure how surely the bad faces of an album find their people.

    python benchmarks/album_attaching.py PINS/val LONDON/val --crowd LFW --cache FILE.npz
    python benchmarks/album_attaching.py PINS/train --crowd LFW --fit --cache FILE.npz

Each folder holds one folder of photos per person. Some photos of each person stay good, the others are
degraded blindly, 8 and 4 times. LFW is the crowd: half of its people judge, and the other half fit. People
of four photos and more make the album larger. People of fewer photos are strangers: nobody knows them.

- The first table has the people of the folders alone, the second one has the crowd too.
- *Together* puts four bad faces of different people into each photo.
- ``--fit`` prints the curve and the shares that `ACCEPTED` was chosen from, instead.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np
from identity_threshold import largest_face

from gfrnet import faces, weights
from gfrnet.album import attaching
from gfrnet.album.attaching import Attachments, BadFaces, KnownPeople, Verdict, attach, trace
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.metrics import bootstrap_interval
from gfrnet.runtime import Runtime, open_runtime
from gfrnet.types import AnyArray

SCALES = (8, 4)
BAD, GOOD = (10, 1), (5, 3)
"""Most bad and good photos of a person, to judge and to fit."""

CROWD, STRANGERS, CROWD_PHOTOS = (80, 30), 60, 4
"""People of the crowd, to judge and to fit, strangers, and photos of a person of the crowd."""

ALBUM, DRAWS = 20, 8
"""People of the albums that are drawn to fit the curve, and albums that each face is drawn into."""


@dataclass(frozen=True)
class Person:
    """Hold the photos of a person.

    Attributes:
        name: The folder.
        bad: Photos that are degraded.
        good: Photos that stay good; a stranger has none.
    """

    name: str
    bad: Sequence[Path]
    good: Sequence[Path]


class Measures:
    """Measure photos, and keep what was measured in a file."""

    def __init__(self, cache: Path | None) -> None:
        self._cache, self._new = cache, 0
        stored = np.load(cache) if cache and cache.is_file() else {}
        self._known: dict[str, AnyArray] = {name: stored[name] for name in stored}
        self._runtime: Runtime = open_runtime(weights.DEFAULT, threads=1)

    def of(self, path: Path, scale: int) -> AnyArray | None:
        """Return the sharpness and the trace, (257,), of a degraded face; of a good one (129,).

        None without a face.
        """
        key = f"{'/'.join(path.parts[-4:])}@{scale}"
        if key not in self._known:
            self._known[key] = self._measured(path, scale)
            self._new += 1
            if self._new % 20 == 0:
                self.save()
        return self._known[key] if self._known[key].size else None

    def _measured(self, path: Path, scale: int) -> AnyArray:
        crop = largest_face(path)
        if crop is None:
            return np.empty(0, np.float32)
        if scale > 1:
            seed = zlib.crc32("/".join(path.parts[-2:]).encode())
            crop = degrade(crop, sample_recipe(np.random.default_rng(seed), scale=float(scale)))
        told = trace(crop, self._runtime).ravel() if scale > 1 else faces.embed_crop(crop)
        return np.append(np.float32(faces.sharpness(crop, faces.face_box())), told)

    def save(self) -> None:
        """Write the file."""
        if self._cache and self._new:
            np.savez(self._cache, **self._known)


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of one folder of photos per person")
    parser.add_argument("--crowd", type=Path, required=True, help="LFW")
    parser.add_argument("--fit", action="store_true", help="fit the curve")
    parser.add_argument("--centres", type=Path, help="with --fit: write the centres of the embeddings here")
    parser.add_argument("--cache", type=Path, help="file of what was measured")
    options = parser.parse_args()
    measures, fitting = Measures(options.cache), options.fit
    people = [
        person for folder in options.folders for person in people_of(folder, BAD[fitting], GOOD[fitting])
    ]
    crowd, strangers = crowd_of(options.crowd, judging=not fitting)
    lines = (
        fit(measures, [*people, *crowd], options.centres)
        if fitting
        else judge(measures, people, crowd, strangers)
    )
    for line in lines:
        sys.stdout.write(f"{line}\n")
    measures.save()


def people_of(folder: Path, bad: int, good: int) -> list[Person]:
    """Divide the photos of each person: a third are good at least, and two thirds bad at most."""
    found = []
    for path in sorted(path for path in folder.iterdir() if path.is_dir()):
        files = sorted(path.iterdir())
        np.random.default_rng(zlib.crc32(path.name.encode())).shuffle(files)  # type: ignore[arg-type]
        spoilt = min(bad, max(1, len(files) - good))
        found.append(Person(path.name, files[:spoilt], files[spoilt : spoilt + good]))
    return found


def crowd_of(folder: Path, judging: bool) -> tuple[list[Person], list[Person]]:
    """Return people of the crowd, with one bad photo each, and strangers."""
    half = [one for one in people_of(folder, 1, CROWD_PHOTOS - 1) if _half(one.name) == (not judging)]
    known = [one for one in half if len(one.bad) + len(one.good) >= CROWD_PHOTOS]
    alone = [one for one in half if len(one.bad) + len(one.good) < CROWD_PHOTOS]
    return known[: CROWD[not judging]], [Person(one.name, one.bad, ()) for one in alone[:STRANGERS]]


def _half(name: str) -> bool:
    return zlib.crc32(name.encode()) % 2 == 1


@dataclass(frozen=True)
class Drawn:
    """Hold an album.

    Attributes:
        bad: The bad faces, each in a photo of its own.
        known: The known people.
        truth: (N,) number of the person of each bad face; -1 for strangers.
        names: (N,) name of the person.
    """

    bad: BadFaces
    known: KnownPeople
    truth: AnyArray
    names: tuple[str, ...]


def album(measures: Measures, people: Sequence[Person], scale: int) -> Drawn:
    """Measure an album at one scale."""
    traces, sharpness, truth, names = [], [], [], []
    embeddings, owner = [], []
    number = -1
    for person in people:
        good = [found for path in person.good if (found := measures.of(path, 1)) is not None]
        number += bool(good)
        embeddings += [found[1:] for found in good]
        owner += [number] * len(good)
        for path in person.bad:
            found = measures.of(path, scale)
            if found is not None:
                traces.append(found[1:].reshape(2, -1))
                sharpness.append(found[0])
                truth.append(number if good else -1)
                names.append(person.name)
    bad = BadFaces(np.stack(traces), np.array(sharpness), np.arange(len(traces)))
    return Drawn(bad, KnownPeople(np.stack(embeddings), np.array(owner)), np.array(truth), tuple(names))


def judge(
    measures: Measures, people: Sequence[Person], crowd: Sequence[Person], strangers: Sequence[Person]
) -> Iterator[str]:
    """Yield what becomes of the bad faces of the album, alone and in a crowd."""
    for scale in SCALES:
        for name, known in (("folders", people), ("crowd", [*people, *crowd])):
            drawn = album(measures, [*known, *strangers], scale)
            count = int(drawn.known.person.max()) + 1
            yield f"{scale}x, {count} people ({name}), sharpness {_spread(drawn.bad.sharpness)}"
            yield f"  each by itself: {_outcome(drawn, attach(drawn.bad, drawn.known))}"
            mixed = together(drawn)
            yield f"  together:       {_outcome(mixed, attach(mixed.bad, mixed.known))}"
    yield from _cost(measures, people[0].bad[0])


def together(drawn: Drawn) -> Drawn:
    """Put four bad faces of different people into each photo."""
    rng = np.random.default_rng(0)
    photo, open_photos = np.empty(len(drawn.names), int), list[list[int]]()
    for row in rng.permutation(len(drawn.names)):
        fits = [
            number
            for number, rows in enumerate(open_photos)
            if len(rows) < 4 and drawn.names[row] not in {drawn.names[other] for other in rows}
        ]
        if not fits:
            open_photos.append([])
            fits = [len(open_photos) - 1]
        open_photos[fits[0]].append(int(row))
        photo[row] = fits[0]
    return Drawn(BadFaces(drawn.bad.traces, drawn.bad.sharpness, photo), *_rest(drawn))


def _rest(drawn: Drawn) -> tuple[KnownPeople, AnyArray, tuple[str, ...]]:
    return drawn.known, drawn.truth, drawn.names


def _spread(values: AnyArray) -> str:
    low, middle, high = np.percentile(values, (1, 50, 99))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _outcome(drawn: Drawn, found: Attachments) -> str:
    own = drawn.truth >= 0
    right = found.people[:, 0] == drawn.truth
    listed = (found.people[:, :3] == drawn.truth[:, None]).any(axis=1)
    taken = np.array([verdict is Verdict.ACCEPTED for verdict in found.verdicts])
    nobody = np.array([verdict is Verdict.NOBODY for verdict in found.verdicts])
    rows = {
        "right": (taken & right, own),
        "wrong": (taken & ~right, own),
        "first": (right, own),
        "first three": (listed, own),
        "nobody": (nobody, own),
        "strangers: wrong": (taken, ~own),
        "nobody ": (nobody, ~own),
    }
    return ", ".join(f"{name} {_share(values, which, drawn)}" for name, (values, which) in rows.items())


def _share(values: AnyArray, which: AnyArray, drawn: Drawn) -> str:
    by_person: dict[str, list[float]] = {}
    for row in np.flatnonzero(which):
        by_person.setdefault(drawn.names[row], []).append(100 * float(values[row]))
    found = bootstrap_interval(by_person, seed=0)
    return f"{found.mean:.1f} % ({found.low:.1f} to {found.high:.1f})"


def _cost(measures: Measures, path: Path) -> Iterator[str]:
    crop = largest_face(path)
    if crop is not None:
        trace(crop, measures._runtime)
        start = process_time()
        for _ in range(5):
            trace(crop, measures._runtime)
        yield f"a trace takes {(process_time() - start) / 5 * 1000:.0f} ms of one core"


def fit(measures: Measures, people: Sequence[Person], file: Path | None) -> Iterator[str]:
    """Yield the curve of each scale that makes the right answers of drawn albums likeliest."""
    drawn = {scale: album(measures, people, scale) for scale in SCALES}
    good = drawn[SCALES[0]].known
    means = [good.embeddings[good.person == one].mean(axis=0) for one in np.unique(good.person)]
    shares = np.array(attaching.SHARES)
    bad = [np.einsum("nkd,k->nd", one.bad.traces, shares).mean(axis=0) for one in drawn.values()]
    centres = np.stack([np.mean(means, axis=0), *bad]).astype(np.float32)
    if file:
        np.save(file, centres)
    for scale in SCALES:
        yield from _fit_scale(scale, drawn[scale], centres)


def _fit_scale(scale: int, drawn: Drawn, centres: AnyArray) -> Iterator[str]:
    likenesses, right = albums(drawn, centres)
    places = [(middle, slope) for middle in np.arange(0, 0.8, 0.01) for slope in range(4, 60)]
    middle, slope = min(places, key=lambda place: _loss(*place, likenesses, right))
    chances = _chances(middle, slope, likenesses)[:, :-1]
    first = chances.argmax(axis=1) == right
    cells = []
    for limit in (0.8, 0.85, 0.9, 0.95):
        taken = chances.max(axis=1) >= limit
        cells.append(f"{limit}: right {100 * (taken & first).mean():.1f} %, wrong ")
        cells[-1] += f"{100 * (taken & ~first).mean():.2f} %"
    sharpness = np.median(drawn.bad.sharpness)
    yield f"{scale}x: {len(drawn.truth)} bad faces, curve ({sharpness:.3f}, {middle:.2f}, {slope:.1f})"
    yield f"  of all that have a person or not, accepted from {' | '.join(cells)}"


def albums(drawn: Drawn, centres: AnyArray) -> tuple[AnyArray, AnyArray]:
    """Draw each bad face into albums of `ALBUM` people; a fifth of the albums lack its person.

    Returns:
        (A, ALBUM) likenesses, and (A,) index of the right person, -1 where missing.
    """
    rng = np.random.default_rng(0)
    likenesses = attaching.likenesses(drawn.bad, drawn.known, centres)
    rows, right = [], []
    for row, own in enumerate(drawn.truth):
        others = np.setdiff1d(np.arange(likenesses.shape[1]), [own])
        for _ in range(DRAWS):
            some = rng.permutation(others)[:ALBUM]
            known = rng.random() > attaching.STRANGERS
            some[0] = own if known else some[0]
            rows.append(likenesses[row, some])
            right.append(0 if known else -1)
    return np.array(rows), np.array(right)


def _chances(middle: float, slope: float, likenesses: AnyArray) -> AnyArray:
    prior = np.log((1 - attaching.STRANGERS) / likenesses.shape[1])
    odds = slope * (likenesses - middle) + prior
    weights = np.exp(np.c_[odds, np.full(len(odds), np.log(attaching.STRANGERS))])
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def _loss(middle: float, slope: float, likenesses: AnyArray, right: AnyArray) -> float:
    chances = _chances(middle, slope, likenesses)
    return float(-np.log(np.maximum(chances[np.arange(len(right)), right], 1e-9)).mean())


if __name__ == "__main__":
    main()
