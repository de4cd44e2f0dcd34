"""Measure which of a person's photos should guide, and whether several results should be fused.

    python benchmarks/guides.py --data DATA [--data DATA ...] [--targets 60] [--guides 5]

DATA are data sets of `gfrnet data build`. Targets, drawn evenly over people, are degraded blindly 4 and 8
times. Each is restored with each of some random other photos of the person. The ways compared choose one of
these guides, fuse their results, or fuse them in a network that can.

For every way the tables give PSNR, SSIM and identity distance minus a base, with 95 % intervals over people.
There are three bases:

- a random guide, the mean over all;
- the best picture, whatever the target looks like;
- the guide that `gfrnet.faces.guide_fitness` chooses.

All ways see only the degraded target. The exceptions are the best PSNR and the best identity, which no
program can know. Sharpness shows how much fusing blurs. The mirrored run averages two results, too, but needs
only one guide.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gfrnet import faces, images, metrics, weights
from gfrnet.data import Portrait, by_person, read_manifests
from gfrnet.degradation import degrade
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.faces import FacePortrait, Pose
from gfrnet.metrics import paired_difference
from gfrnet.runtime import OnnxRuntime
from gfrnet.types import AnyArray, FloatArray, FloatImage, UInt8Image

SCALES = (4, 8)
"""Downsampling factors."""

COUNTS = (2, 5, 8, 12)
"""Numbers of the fittest guides that the network fuses; all guides are tried as well."""

METRICS = {"PSNR, dB": "+.3f", "SSIM": "+.4f", "identity": "+.4f"}
"""Titles of the metrics, and formats of their differences."""

RANDOM, BEST_PICTURE, FITTEST = "a random guide", "the best picture", "the fittest (guide_fitness)"
"""Ways with which all ways are compared."""


@dataclass(frozen=True)
class Seen:
    """Hold what is known of a face crop.

    Attributes:
        pixels: (256, 256, 3) RGB, 0..255.
        portrait: Portrait by `faces.portray`.
        pose: Pose from five landmarks.
        points: (68, 2) landmarks.
    """

    pixels: UInt8Image
    portrait: FacePortrait
    pose: Pose
    points: FloatArray


@dataclass(frozen=True)
class Measured:
    """Hold the results of one target at one scale.

    Attributes:
        person: Person on the target.
        scale: Downsampling factor.
        values: PSNR, SSIM, identity distance and sharpness of the result, by way.
    """

    person: str
    scale: int
    values: Mapping[str, AnyArray]


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, action="append", required=True, help="a built data set")
    parser.add_argument("--targets", type=int, default=60, help="how many, over all people")
    parser.add_argument("--guides", type=int, default=5, help="how many photos each target chooses from")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or ONNX file")
    parser.add_argument("--seed", type=int, default=0, help="of targets and guides")
    options = parser.parse_args()
    portraits = [one for one in read_manifests(options.data) if not one.dropped]
    runtime = OnnxRuntime(weights.find(options.model), 1)
    found = []
    for pair, guides in drawn(portraits, options.targets, options.guides, options.seed):
        candidates = [seen(guide.pixels()) for guide in guides]
        found += [measured(runtime, pair, candidates, scale) for scale in SCALES]
    sys.stdout.write("\n".join(line for scale in SCALES for line in report(found, scale)) + "\n")


def drawn(
    portraits: Sequence[Portrait], targets: int, guides: int, seed: int
) -> Iterator[tuple[Pair, list[Portrait]]]:
    """Yield targets, equally many of each person, and photos of the person to choose from."""
    people = {name: group for name, group in by_person(portraits).items() if len(group) > guides}
    pairs = [pair for pair in list_pairs(portraits) if pair.target.person in people]
    for number, (name, group) in enumerate(people.items()):
        own = [pair for pair in pairs if pair.target.person == name]
        share = (targets + number) // len(people)
        rng = np.random.default_rng((seed, zlib.crc32(name.encode())))
        for index in rng.permutation(len(own))[:share]:
            others = [one for one in group if one is not own[index].target]
            yield own[index], [others[place] for place in rng.permutation(len(others))[:guides]]


def seen(pixels: UInt8Image) -> Seen:
    """Find pose, landmarks and portrait of a face crop."""
    box = faces.face_box()
    pose = faces.pose5(faces.landmarks5(pixels, box))
    return Seen(pixels, faces.portray(pixels), pose, faces.landmarks68(pixels, box))


def measured(runtime: OnnxRuntime, pair: Pair, guides: Sequence[Seen], scale: int) -> Measured:
    """Restore a target with every guide, and judge every way."""
    truth, mask = pair.target.pixels(), pair.target.mask()
    identity = faces.embed_crop(truth)
    face = seen(degrade(truth, pair.recipe("blind", scale)))
    results = [restored(runtime, face, guide) for guide in guides]

    def judged(result: FloatImage) -> AnyArray:
        pixels = images.to_uint8(result)
        away = metrics.identity_distance(faces.embed_crop(pixels), identity)
        sharp = faces.sharpness(pixels, faces.face_box())
        return np.array([metrics.psnr(pixels, truth, mask), metrics.ssim(pixels, truth, mask), away, sharp])

    single = [judged(result) for result in results]
    choices = scores(face, guides) | {
        "the best PSNR": np.array([values[0] for values in single]),
        "the best identity": -np.array([values[2] for values in single]),
    }
    best = int(np.argmax(choices[FITTEST]))
    mirrored = restored(runtime, face, guides[best], mirrored=True)
    fusions = {
        f"fused: {name}": judged(np.tensordot(share, np.stack(results), 1).astype(np.float32))
        for name, share in shares(choices[FITTEST]).items()
    }
    if runtime.fuses:
        fittest_first = [guides[index] for index in np.argsort(-choices[FITTEST])]
        for count in (*(count for count in COUNTS if count < len(guides)), len(guides)):
            fusions[f"fused in the network: {count}"] = judged(
                restored(runtime, face, *fittest_first[:count])
            )
    fusions["the fittest, and its mirrored run"] = judged((results[best] + mirrored) / 2)
    chosen = {name: single[int(np.argmax(score))] for name, score in choices.items()}
    return Measured(pair.target.person, scale, {RANDOM: np.mean(single, axis=0)} | chosen | fusions)


def restored(runtime: OnnxRuntime, face: Seen, *guides: Seen, mirrored: bool = False) -> FloatImage:
    """Restore a face, (256, 256, 3), [-1, 1]; ``mirrored`` runs the network on mirrored pictures."""
    step = -1 if mirrored else 1
    pictures = images.to_signed(np.stack([one.pixels[:, ::step] for one in (face, *guides)]))
    return runtime.run(pictures[:1], pictures[1:]).restored[0][:, ::step]


def scores(face: Seen, guides: Sequence[Seen]) -> dict[str, AnyArray]:
    """Score each guide by each way to choose; a way chooses the guide with the highest score."""
    portraits = [guide.portrait for guide in guides]
    likeness = [faces.similarity(face.portrait.embedding, one.embedding) for one in portraits]
    pose = [-turn(face.pose, guide.pose) for guide in guides]
    shape = [-procrustes(face.points, guide.points) for guide in guides]
    sharp = np.array([one.quality.sharpness for one in portraits])
    ways = {
        BEST_PICTURE: [faces.guide_score(one.quality) for one in portraits] * np.array(likeness),
        "the most alike person": likeness,
        "the sharpest": sharp,
        "the nearest pose": pose,
        "the nearest shape (68 landmarks)": shape,
        "the nearest pose, and sharp": np.exp(np.array(pose) / 20) * sharp,
        "the nearest shape, and sharp": np.exp(np.array(shape) / 0.1) * sharp,
        "the nearest view": [float(face.portrait.view @ one.view) for one in portraits],
        FITTEST: [faces.guide_fitness(face.portrait, one) for one in portraits],
    }
    return {name: np.asarray(score) for name, score in ways.items()}


def shares(fitness: AnyArray) -> dict[str, AnyArray]:
    """Return the weights of the guides' results in their mean, by way to fuse."""
    order = np.argsort(-fitness)
    weighed = {
        "all alike": np.ones(len(fitness)),
        "the three fittest": np.isin(np.arange(len(fitness)), order[:3]),
        "the two fittest": np.isin(np.arange(len(fitness)), order[:2]),
        "weights fitness^6": (fitness / fitness.max()) ** 6,
        "weights of fusion_weights": np.zeros(len(fitness)),
    }
    for index, weight in faces.fusion_weights(dict(enumerate(fitness))).items():
        weighed["weights of fusion_weights"][index] = weight
    return {name: share / share.sum() for name, share in weighed.items()}


def turn(one: Pose, other: Pose) -> float:
    """Return the angle between two poses in degrees."""
    return float(np.linalg.norm((one.yaw - other.yaw, one.pitch - other.pitch, one.roll - other.roll)))


def procrustes(one: FloatArray, other: FloatArray) -> float:
    """Return the distance, 0..1, of landmarks moved, turned and scaled to fit; the jaw counts half."""
    share = np.where(np.arange(68) < 17, 0.5, 1.0) / 59.5
    planes = []
    for points in (one, other):
        plane = points[:, 0] + 1j * points[:, 1]
        plane = plane - share @ plane
        planes.append(plane / np.sqrt(share @ abs(plane) ** 2))
    return float(np.sqrt(max(0.0, 1 - abs((share * planes[0].conj()) @ planes[1]) ** 2)))


def report(found: Sequence[Measured], scale: int) -> Iterator[str]:
    """Yield the tables of one scale as lines of text."""
    chosen = [one for one in found if one.scale == scale]
    for base in (RANDOM, BEST_PICTURE, FITTEST):
        means = np.mean([one.values[base] for one in chosen], axis=0)
        people = len({one.person for one in chosen})
        yield (
            f"\n{len(chosen)} targets of {people} people, {scale}x blind; minus {base}: "
            f"PSNR {means[0]:.2f} dB, SSIM {means[1]:.4f}, identity distance {means[2]:.4f}"
        )
        yield f"{'':36}" + "".join(f"{title:<27}" for title in METRICS) + "sharpness"
        for name in chosen[0].values:
            cells = (
                difference(chosen, name, base, index, form) for index, form in enumerate(METRICS.values())
            )
            sharp = np.mean([one.values[name][3] for one in chosen])
            yield f"{name:36}" + "".join(f"{cell:<27}" for cell in cells) + f"{sharp:.4f}"


def difference(found: Sequence[Measured], name: str, base: str, index: int, form: str) -> str:
    """Return the mean difference of two ways in one metric, with its interval over people, as text."""
    people: dict[str, dict[str, list[float]]] = {name: {}, base: {}}
    for one in found:
        for way, values in people.items():
            values.setdefault(one.person, []).append(float(one.values[way][index]))
    mean, low, high = paired_difference(people[name], people[base], seed=0)
    return f"{mean:{form}} [{low:{form}}, {high:{form}}]"


if __name__ == "__main__":
    main()
