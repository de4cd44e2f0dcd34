"""Measure how steady and how good restored faces of a film are, against the clean film.

    python benchmarks/film_stability.py FILM... [--frames 60] [--scale 4] [--fuse 2]
        [--strangers DIR] [--pictures DIR] [--write docs/results/film.md]

The first frames are degraded as old film is. Guides are clean frames from the rest of the film. Frame by
frame is the same plan without neighbours (``stable=0``): one place, one strength, the same guides.

- Warping error: mean squared difference of a frame and the next one along the flow of the clean film, in
  1e-4, inside the face. The light of both is made equal, because the film itself flickers.
- Share: how much of the error beyond the truth's is left, of that of frame by frame.
- PSNR inside the face, dB. Identity is the similarity to the guides, and its standard deviation in time.
- Jitter: standard deviation of the second difference of 68 landmarks against the clean film, in pixels.
- Strangers: shares of tracks that are restored with the portraits of other people, one folder a person.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from film_degradation import FilmRecipe, degraded
from section import machine, write_section

from gfrnet import faces
from gfrnet.faces import CropPlace
from gfrnet.film import FilmScan, FilmSource, TrackPlan, decide, people_guides, restored_shot, scan
from gfrnet.film.cast import Portraits
from gfrnet.film.steady import calmed, light, link
from gfrnet.images import Photo, to_signed
from gfrnet.restore import BegunFace, FaceRun, GuideSet, RestoreOptions, Restorer
from gfrnet.runtime import Runtime
from gfrnet.types import FloatArray, UInt8Image


class TimedRestorer(Restorer):
    """Add up the time that the network takes."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.seconds = 0.0

    def run(self, faces: Iterable[BegunFace]) -> Iterator[FaceRun]:
        """Run the network, and note how long it takes."""
        begun = time.perf_counter()
        runs = list(super().run(faces))
        self.seconds += time.perf_counter() - begun
        return iter(runs)


def written(frames: Iterable[UInt8Image], path: Path) -> FilmSource:
    """Write frames without loss, and open them as a film."""
    with av.open(str(path), "w") as container:
        stream = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("ffv1", rate=25)
                stream.width, stream.height, stream.pix_fmt = frame.shape[1], frame.shape[0], "bgr0"
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            for packet in stream.encode(picture.reformat(format="bgr0")):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode(None):
                container.mux(packet)
    return FilmSource.open(path, deinterlace="no", threads=1)


def crops_of(frames: Iterable[UInt8Image], places: Sequence[CropPlace]) -> list[UInt8Image]:
    """Return the face crops of all frames."""
    return [faces.cut(frame, place).pixels for frame, place in zip(frames, places, strict=True)]


def inside(crop: FloatArray) -> FloatArray:
    """Return the part of a crop inside the detector's box."""
    box = faces.face_box(crop.shape[0])
    return crop[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]


@dataclass(frozen=True)
class Way:
    """Hold where pixels of the clean film move, and where that is sure."""

    places: FloatArray
    sure: FloatArray


def ways(clean: Sequence[UInt8Image]) -> list[Way]:
    """Return the ways from each clean crop to the next one."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grid = np.dstack(np.meshgrid(np.arange(256), np.arange(256))).astype(np.float32)
    found = []
    for a, b in pairwise(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in clean):
        there, back = flow.calc(a, b, None), flow.calc(b, a, None)
        loop = there + cv2.remap(back, grid + there, None, cv2.INTER_LINEAR)
        found.append(Way(grid + there, (np.hypot(*loop.transpose(2, 0, 1)) < 1).astype(np.float32)))
    return found


def warping_error(crops: Sequence[UInt8Image], along: Sequence[Way]) -> float:
    """Return the mean squared difference of neighbours along the flow of the clean film, in 1e-4.

    The light of the frames is taken out, because the film itself flickers.
    """
    errors = []
    for (a, b), way in zip(pairwise(crops), along, strict=True):
        first = a.astype(np.float32) / 255
        moved = cv2.remap(b.astype(np.float32) / 255, way.places, None, cv2.INTER_LINEAR)
        apart = first - moved
        apart = (apart - light(apart)) ** 2
        errors.append(float((inside(apart).mean(axis=2) * inside(way.sure)).sum() / inside(way.sure).sum()))
    return 1e4 * float(np.mean(errors))


def psnr(crops: Sequence[UInt8Image], clean: Sequence[UInt8Image]) -> float:
    """Return the mean PSNR inside the face, dB."""
    pairs = zip(crops, clean, strict=True)
    errors = [float(np.mean((inside(a).astype(np.float32) - inside(b)) ** 2)) for a, b in pairs]
    return float(np.mean([10 * np.log10(255**2 / max(error, 1e-3)) for error in errors]))


def identities(crops: Sequence[UInt8Image], person: FloatArray, every: int = 3) -> FloatArray:
    """Return the similarity to a person of some frames."""
    return np.array([faces.likeness(faces.embed_crop(crop), person) for crop in crops[::every]])


def jitter(crops: Sequence[UInt8Image], clean: Sequence[UInt8Image]) -> float:
    """Return how much landmarks shake against those of the clean film, pixels of the crop."""
    box = faces.face_box()
    apart = [faces.landmarks68(a, box) - faces.landmarks68(b, box) for a, b in zip(crops, clean, strict=True)]
    return float(np.diff(np.array(apart), 2, axis=0).std())


@dataclass(frozen=True)
class Case:
    """Hold a degraded film beside the clean one, and the plan for its face."""

    name: str
    clean: list[UInt8Image]
    source: FilmSource
    found: FilmScan
    plan: TrackPlan
    guides: GuideSet

    @property
    def places(self) -> list[CropPlace]:
        """Return the places of the face."""
        track = self.plan.track
        return [track.place(frame) for frame in range(track.first, track.last + 1)]

    def crops(self, frames: Sequence[UInt8Image]) -> list[UInt8Image]:
        """Return the crops of the face."""
        return crops_of(frames[self.plan.track.first : self.plan.track.last + 1], self.places)


def case(film: Path, scale: float, folder: Path, restorer: Restorer, settings: argparse.Namespace) -> Case:
    """Degrade a film, scan it, and decide."""
    frames = [frame.rgb() for frame in FilmSource.open(film).frames()]
    side = 1.3 * max(face.box.width for face in faces.find_faces(frames[0]))
    pairs = list(degraded(frames[: settings.frames], side, FilmRecipe(scale=scale)))
    source = written((bad for _, bad in pairs), folder / f"{film.stem}-{scale:.0f}.mkv")
    rest = frames[settings.frames + 10 :]
    moments = np.linspace(0, len(rest) - 1, 4).round().astype(int)
    guides = restorer.guides([Photo(np.ascontiguousarray(rest[moment])) for moment in moments])
    found = scan(source, portraits=[Portraits.of("anna", guides)])
    assert found is not None
    track = max(found.tracks, key=len)
    person = found.person_of(track)
    gathered = people_guides(found, {"anna": guides})
    options = RestoreOptions(fuse=settings.fuse)
    plan = decide(track, person, gathered.get(person.number), source.frames, restorer, options)
    return Case(f"{film.stem} | {scale:.0f}", [clean for clean, _ in pairs], source, found, plan, guides)


@dataclass(frozen=True)
class Result:
    """Hold the measures of one version."""

    error: float
    psnr: float
    identity: float
    spread: float
    jitter: float


def measured(crops: Sequence[UInt8Image], clean: Sequence[UInt8Image], person: FloatArray) -> Result:
    """Measure one version."""
    similar = identities(crops, person)
    error = warping_error(crops, ways(clean))
    spread = float(similar.std())
    return Result(error, psnr(crops, clean), float(similar.mean()), spread, jitter(crops, clean))


def flow_ms(crops: Sequence[UInt8Image]) -> float:
    """Return the time of the flows of one face: to two frames before, there and back."""
    calm = [calmed(to_signed(crop)) for crop in crops[:3]]
    begun = time.perf_counter()
    for _ in range(10):
        link(calm[0], calm[1])
        link(calm[0], calm[2])
    return 100 * (time.perf_counter() - begun)


def row(one: Case, restorer: TimedRestorer, pictures: Path | None) -> list[str]:
    """Return the row of the measures, and the row of the times."""
    frames = list(one.source.frames())
    bad = one.crops([frame.rgb() for frame in frames])
    clean = one.crops(one.clean)
    person = Portraits.of("anna", one.guides).embeddings
    outs, spent = [], []
    for stable in (0.0, 1.0):
        restorer.seconds, begun = 0.0, time.perf_counter()
        outs.append(list(restored_shot(frames, [one.plan], restorer, stable=stable)))
        spent.append((time.perf_counter() - begun, restorer.seconds))
    single, ours = (one.crops([frame.rgb() for frame in out]) for out in outs)
    truth, before, alone, steady = (measured(crops, clean, person) for crops in (clean, bad, single, ours))
    share = (steady.error - truth.error) / (alone.error - truth.error)
    done = np.mean([a is not b for a, b in zip(frames, outs[1], strict=True)])
    total, network = (1000 * value / len(frames) for value in spent[1])
    flow = flow_ms(bad)
    if pictures is not None:
        draw(pictures / one.name.replace(" | ", "-"), [bad, single, ours, clean])
    errors = " | ".join(f"{r.error:.2f}" for r in (truth, before, alone, steady))
    others = " | ".join(
        f"{before_:.{digits}f} / {a:.{digits}f} / {b:.{digits}f}"
        for digits, before_, a, b in (
            (2, before.psnr, alone.psnr, steady.psnr),
            (3, before.identity, alone.identity, steady.identity),
            (3, before.spread, alone.spread, steady.spread),
            (2, before.jitter, alone.jitter, steady.jitter),
        )
    )
    times = f"{network:.0f} | {flow:.0f} | {total - network - flow:.0f} | {total:.0f}"
    return [f"| {one.name} | {errors} | {share:.0%} | {others} | {done:.1%} | {times} |"]


def strangers(one: Case, restorer: Restorer, folder: Path, most: int) -> tuple[int, int]:
    """Return for how many other people the track is restored, and how many there are."""
    passed, people = 0, sorted(folder.iterdir())[:most]
    for person in people:
        guides = restorer.guides(sorted(person.glob("*.jpg")))
        plan = decide(one.plan.track, one.plan.person, guides, one.source.frames, restorer, RestoreOptions())
        passed += plan.status == "restored"
    return passed, len(people)


def draw(path: Path, versions: Sequence[Sequence[UInt8Image]]) -> None:
    """Draw six frames of each version, the eyes and the mouth where they move most, and slices in time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = len(versions[0])
    some = np.linspace(0, count - 1, 6).round().astype(int)
    rows = [np.hstack([crops[frame] for frame in some]) for crops in versions]
    _save(path.with_name(path.name + "-frames.png"), np.vstack(rows))
    for what, part in (("eyes", np.s_[80:128, 48:208]), ("lips", np.s_[156:216, 70:186])):
        moves = [
            float(np.abs(a[part].astype(np.float32) - b[part]).mean()) for a, b in pairwise(versions[-1])
        ]
        first = min(max(int(np.argmax(moves)) - 3, 0), count - 8)
        strips = [np.hstack([crop[part] for crop in crops[first : first + 8]]) for crops in versions]
        _save(path.with_name(f"{path.name}-{what}.png"), np.vstack(strips))
    for what, height in (("eye", 104), ("mouth", 180)):
        slices = [np.stack([crop[height] for crop in crops]) for crops in versions]
        tall = [cv2.resize(one, None, fx=1.5, fy=6, interpolation=cv2.INTER_NEAREST) for one in slices]
        _save(path.with_name(f"{path.name}-{what}.png"), np.hstack(tall))


def _save(path: Path, picture: UInt8Image) -> None:
    cv2.imwrite(str(path), picture[..., ::-1])


HEAD = (
    "| film | scale | warping error: truth | film | frame by frame | ours | share "
    "| PSNR: film / frame by frame / ours | identity | its spread | jitter | restored "
    "| network ms | flow ms | rest ms | all ms |"
)


def main() -> None:
    """Read the command line, measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", type=Path, nargs="+")
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--scale", type=float, action="append")
    parser.add_argument("--fuse", type=int, default=2)
    parser.add_argument("--strangers", type=Path)
    parser.add_argument("--most", type=int, default=80)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--write", type=Path)
    settings = parser.parse_args()
    restorer = TimedRestorer.load()
    lines, refused = [HEAD, "|---" * 16 + "|"], []
    with TemporaryDirectory() as folder:
        for film in settings.films:
            for scale in settings.scale or (4.0, 8.0):
                one = case(film, scale, Path(folder), restorer, settings)
                lines += row(one, restorer, settings.pictures)
                say(lines[-1])
                if settings.strangers:
                    refused.append((one.name, *strangers(one, restorer, settings.strangers, settings.most)))
                    say(str(refused[-1]))
    if settings.write:
        write_section(
            settings.write, "Stability", report(lines, refused, settings), "benchmarks/film_stability.py"
        )


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report(
    lines: Sequence[str], refused: Sequence[tuple[str, int, int]], settings: argparse.Namespace
) -> list[str]:
    """Return the lines of the section."""
    rest = [*lines, "", f"The first {settings.frames} frames of each film count. {machine()}"]
    if refused:
        rest += [
            "",
            "| film | scale | strangers | tracks restored with their portraits |",
            "|---|---|---|---|",
        ]
        rest += [f"| {name} | {count} | {passed} |" for name, passed, count in refused]
    return rest


if __name__ == "__main__":
    main()
