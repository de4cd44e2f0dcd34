"""Measure how surely faces find the guides of their own person, alone and in groups.

    python benchmarks/who_is_who.py FOLDER [FOLDER ...] [--photos 8] [--cache FILE.npz]

Each FOLDER holds one folder of photos per person. Every photo is cut by the protocol. It is measured
sharp, and degraded blindly 2, 4 and 8 times. `--cache` keeps what was measured.

- The first table compares each face with the guides of all people. It gives the share of strangers that pass
  where 1, 3 and 5 % of the right guides are refused.
- Then it fits `CERTAINTY` of `gfrnet.faces.identity`, and tells what `LIMITS` and `DOUBTFUL` do.
- The last table makes group photos of people drawn at random. A fifth of the people have no guide.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from identity_threshold import largest_face

from gfrnet import faces
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.faces import FacePortrait, GuideChoice, Quality, choose_guide, share_out
from gfrnet.faces.identity import SPREAD
from gfrnet.types import AnyArray, UInt8Image

SCALES = (1, 2, 4, 8)
REFUSED = (1, 3, 5)
FEWEST = 6
"""Fewest photos of a person, of which up to four guide."""


@dataclass(frozen=True)
class Measured:
    """Hold what is measured of N photos.

    Attributes:
        person: (N,) number of the person.
        sharp: (N, 128) embeddings.
        degraded: (N, 4, 128) embeddings at each scale.
        coarse: (N, 4, 128) embeddings of the photo shrunk by each scale, and enlarged again.
        sharpness: (N, 4) sharpness at each scale.
        score: (N,) how good a guide the photo is.
    """

    person: AnyArray
    sharp: AnyArray
    degraded: AnyArray
    coarse: AnyArray
    sharpness: AnyArray
    score: AnyArray


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of one folder of photos per person")
    parser.add_argument("--photos", type=int, default=8, help="at most so many photos of each")
    parser.add_argument("--cache", type=Path, help="file of what was measured")
    options = parser.parse_args()
    if options.cache and options.cache.is_file():
        stored = np.load(options.cache)
    else:
        stored = measure_all(options.folders, options.photos)
        if options.cache:
            np.savez(options.cache, **stored)
    photos = _of_people(stored)
    people = int(photos.person.max()) + 1
    lines = [f"{len(photos.person)} photos of {people} people", *report_pairs(photos)]
    lines += [*report_certainty(photos), *report_groups(photos, min(20, people // 2))]
    sys.stdout.write("\n".join(lines) + "\n")


def measure_all(folders: list[Path], photos: int) -> dict[str, AnyArray]:
    """Measure photos of all people, drawn at random."""
    rows: list[dict[str, AnyArray]] = []
    people = [path for folder in folders for path in sorted(folder.iterdir()) if path.is_dir()]
    for number, person in enumerate(people):
        files = sorted(person.iterdir())
        np.random.default_rng(zlib.crc32(person.name.encode())).shuffle(files)  # type: ignore[arg-type]
        found = (row for row in map(measure, files) if row)
        rows += [row | {"person": np.array(number)} for row, _ in zip(found, range(photos), strict=False)]
    return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def measure(path: Path) -> dict[str, AnyArray] | None:
    """Measure the largest face of a photo; None without a face."""
    crop = largest_face(path)
    if crop is None:
        return None
    seed = zlib.crc32(f"{path.parent.name}/{path.name}".encode())
    recipes = [sample_recipe(np.random.default_rng(seed), scale=float(scale)) for scale in SCALES]
    versions = [crop, *(degrade(crop, recipe) for recipe in recipes[1:])]
    quality = faces.measure_quality(crop, faces.face_box())
    return {
        "degraded": np.stack([faces.embed_crop(version) for version in versions]),
        "coarse": np.stack([faces.embed_crop(_shrunk(crop, scale)) for scale in SCALES]),
        "sharpness": np.array([faces.sharpness(version, faces.face_box()) for version in versions]),
        "score": np.array(faces.guide_score(quality)),
    }


def _shrunk(crop: UInt8Image, scale: int) -> UInt8Image:
    side = crop.shape[0]
    small = cv2.resize(crop, (side // scale, side // scale), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC), dtype=np.uint8)


def _of_people(stored: dict[str, AnyArray]) -> Measured:
    """Keep people of at least `FEWEST` photos, and number them anew."""
    person = stored["person"]
    kept = [one for one in np.unique(person) if (person == one).sum() >= FEWEST]
    rows = np.isin(person, kept)
    degraded, coarse = stored["degraded"][rows], stored["coarse"][rows]
    numbers = np.searchsorted(kept, person[rows])
    return Measured(
        numbers, degraded[:, 0], degraded, coarse, stored["sharpness"][rows], stored["score"][rows]
    )


def drawn(photos: Measured, guides: int, best: bool) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Draw the guides of each person, or take the best ones.

    Returns:
        (P, G) guides, (F,) the other photos, and (F, P) whether a person is that of the photo.
    """
    rng, chosen = np.random.default_rng(0), []
    for person in range(int(photos.person.max()) + 1):
        own = np.flatnonzero(photos.person == person)
        chosen.append((own[np.argsort(-photos.score[own])] if best else rng.permutation(own))[:guides])
    taken = np.array(chosen)
    others = np.setdiff1d(np.arange(len(photos.person)), taken)
    return taken, others, photos.person[others][:, None] == np.arange(len(taken))


def distances(a: AnyArray, b: AnyArray) -> AnyArray:
    """Return the (A, B) distances of embeddings."""
    squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1) - 2 * a @ b.T
    return np.sqrt(np.maximum(squares, 0))


def to_people(photos: Measured, scale: int, guides: AnyArray, others: AnyArray) -> AnyArray:
    """Return the (F, P) distances that the program uses: `identity.person_distance`."""
    means = photos.sharp[guides].mean(axis=1)
    spread = SPREAD * (1 - 1 / guides.shape[1])
    return np.sqrt(distances(photos.degraded[others, scale], means) ** 2 + spread)


def report_pairs(photos: Measured) -> Iterator[str]:
    """Yield rows of the first table: strangers that pass where 1, 3 and 5 % of the right are refused."""
    for guides, best in ((1, True), (1, False), (4, False)):
        taken, others, own = drawn(photos, guides, best)
        name = f"{guides} {'best' if best else 'random'} guide{'s' if guides > 1 else ''}"
        for at, scale in enumerate(SCALES):
            face = photos.degraded[others, at]
            each = [distances(face, photos.sharp[taken[:, one]]) for one in range(guides)]
            ways = {
                "median": np.median(each, axis=0),
                "mean": to_people(photos, at, taken, others),
                "coarse": distances(face, photos.coarse[taken, at].mean(axis=1)),
            }
            cells = [f"{way} {_passing(found, own)}" for way, found in ways.items()]
            yield f"{name:16}{scale}x | " + " | ".join(cells)


def _passing(found: AnyArray, own: AnyArray) -> str:
    limits = np.percentile(found[own], [100 - refused for refused in REFUSED])
    return " / ".join(f"{100 * (found[~own] <= limit).mean():.1f}" for limit in limits)


def report_certainty(photos: Measured) -> Iterator[str]:
    """Yield the logistic curve of each scale, and what limits and remarks do there."""
    for at, scale in enumerate(SCALES):
        drawings = [drawn(photos, 1, True), drawn(photos, 4, False)]
        near = [to_people(photos, at, taken, others) for taken, others, _ in drawings]
        right = np.concatenate([found[own] for found, (_, _, own) in zip(near, drawings, strict=True)])
        wrong = np.concatenate([found[~own] for found, (_, _, own) in zip(near, drawings, strict=True)])
        sharpness = float(np.median(photos.sharpness[:, at]))
        middle, slope = fitted(right, wrong)
        alike = [1 / (1 + np.exp(10 * (found - 0.6))) for found in (right, wrong)]
        needed = faces.needed_similarity(sharpness)
        sure = [np.array([faces.certainty(one, sharpness) for one in found]) for found in alike]
        yield (
            f"{scale}x: sharpness {sharpness:.2f}, even distance {middle:.3f}, slope {slope:.1f} | refused "
            f"{100 * (alike[0] < needed).mean():.1f} % of the right, passed {_share(alike[1] >= needed)} of "
            f"strangers, without a remark {_share(sure[1] >= faces.DOUBTFUL)}; right ones with a remark "
            f"{_share((alike[0] >= needed) & (sure[0] < faces.DOUBTFUL))}"
        )


def _share(which: AnyArray) -> str:
    return f"{100 * which.mean():.1f} %"


def fitted(right: AnyArray, wrong: AnyArray) -> tuple[float, float]:
    """Fit a logistic curve, both kinds weighing the same, by Newton steps.

    Returns:
        The even distance, and the slope of the log odds.
    """
    x = np.concatenate([right, wrong])
    terms = np.stack([np.ones_like(x), 0.7 - x])
    label = np.concatenate([np.ones(len(right)), np.zeros(len(wrong))])
    weight = np.where(label == 1, 1 / len(right), 1 / len(wrong))
    values = np.array([0.0, 10.0])
    for _ in range(30):
        p = 1 / (1 + np.exp(-values @ terms))
        slope = terms @ (weight * (label - p))
        values += np.linalg.solve((terms * (weight * p * (1 - p))) @ terms.T + 1e-9 * np.eye(2), slope)
    return 0.7 + values[0] / values[1], values[1]


Chooser = Callable[[list[FacePortrait], list[FacePortrait]], list[GuideChoice]]


def report_groups(photos: Measured, people: int) -> Iterator[str]:
    """Yield what becomes of the faces of groups, each by itself and shared out."""
    for guides in (1, 4):
        for at, scale in enumerate(SCALES):
            for name, choose in (("each by itself", _each), ("shared out", _shared)):
                rng = np.random.default_rng(0)
                found = np.concatenate([_group(photos, people, guides, at, choose, rng) for _ in range(12)])
                known = found[found[:, 0] == 1, 1]
                right, mixed, strange, skipped = (_share(known == kind) for kind in range(4))
                yield (
                    f"{people} people, {guides} guide(s), {scale}x, {name:14} | right {right}, "
                    f"mixed {mixed}, stranger {strange}, skipped {skipped} | without a guide, yet restored "
                    f"{_share(found[found[:, 0] == 0, 1] != 3)}"
                )


def _group(
    photos: Measured, people: int, guides: int, at: int, choose: Chooser, rng: np.random.Generator
) -> AnyArray:
    """Return (F, 2): whether a face has a guide, and 0 right, 1 mixed, 2 a stranger first, 3 skipped."""
    seen, known, whose = list[FacePortrait](), list[FacePortrait](), list[int]()
    for number, person in enumerate(rng.permutation(int(photos.person.max()) + 1)[:people]):
        own = rng.permutation(np.flatnonzero(photos.person == person))
        seen.append(_portrait(photos, int(own[0]), at))
        if rng.random() > 0.2:
            known += [_portrait(photos, int(one), 0) for one in own[1 : 1 + guides]]
            whose += [number] * guides
    rows = []
    for number, choice in enumerate(choose(seen, known)):
        right = [whose[index] == number for index in choice.weights]
        kind = 3 if not choice.accepted else 0 if all(right) else 1 if right[0] else 2
        rows.append((number in whose, kind))
    return np.array(rows)


def _portrait(photos: Measured, index: int, at: int) -> FacePortrait:
    quality = Quality(sharpness=float(photos.sharpness[index, at]), frontal=1, size=200)
    return FacePortrait(photos.degraded[index, at], quality, np.ones(1, np.float32))


def _each(seen: list[FacePortrait], known: list[FacePortrait]) -> list[GuideChoice]:
    return [choose_guide(face, known) for face in seen]


def _shared(seen: list[FacePortrait], known: list[FacePortrait]) -> list[GuideChoice]:
    alike = faces.same_people(np.stack([one.embedding for one in known]), faces.GROUP_DISTANCE)
    choices = []
    for face, row in zip(seen, share_out(seen, known, alike), strict=True):
        some = np.flatnonzero(row)
        part = [known[index] for index in some] if len(some) else [_nobody(face)]
        choice = choose_guide(face, part, alike=alike[np.ix_(some, some)] if len(some) else None)
        weights = {int(some[index]) if len(some) else 0: w for index, w in choice.weights.items()}
        choices.append(GuideChoice(weights, *_rest(choice)))
    return choices


def _nobody(face: FacePortrait) -> FacePortrait:
    """Return a guide of no person, whom no face resembles."""
    return FacePortrait(face.embedding + 1, face.quality, face.view)


def _rest(choice: GuideChoice) -> tuple[object, ...]:
    return choice.similarity, choice.needed, choice.verdict, choice.person, choice.probability


if __name__ == "__main__":
    main()
