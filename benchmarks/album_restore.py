"""Restore a degraded album end to end, and measure whose guides the bad faces get and what they bring.

    python benchmarks/album_restore.py FOLDER [FOLDER ...] -o OUT [--good 8] [--bad 8] [--seed 0]
    python benchmarks/album_restore.py FOLDER [FOLDER ...] --worn [--bad 2]

Each FOLDER holds one folder of photos per person. For each person some photos stay as they are. Others are
cut by the protocol, and degraded blindly 8 times. All lie mixed in one folder, which is scanned.

The first table tells which bad faces get only guides of their own person, a wrong one, or none. It does so
without a click, with unconfirmed suggestions, and after a person has named the bad faces. The second table
compares faces with the truth: degraded, restored by the album, by its fittest guide alone, and without one.

With ``--worn`` it measures instead what restoring brings to faces of different wear. `WORSE_THAN` of
`gfrnet.album.restore_plan` was read off its table.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from gfrnet import faces, images
from gfrnet.album import Album, AlbumFace, How, Named, WhichFaces, worn
from gfrnet.batch import Existing, Saving
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.errors import ImageError
from gfrnet.faces import Crop
from gfrnet.metrics import psnr
from gfrnet.restore import Guide, GuideFace, GuideSet, Place, RestoreOptions, Restorer, guide_faces
from gfrnet.types import UInt8Image

SCALE = 8.0
ALL = WhichFaces(worse_than=0.0, unconfirmed=True)
BINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 1.01)
"""Bounds of wear for the table of ``--worn``."""


@dataclass(frozen=True)
class Truth:
    """Hold whom a photo shows.

    Attributes:
        person: Name of the person's folder.
        crop: The crop before it was degraded; None for a photo that stayed as it was.
    """

    person: str
    crop: Crop | None = None


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+", help="folders of one folder of photos per person")
    parser.add_argument("-o", "--output", type=Path, help="folder for the album and its results")
    parser.add_argument("--good", type=int, default=8, help="most good photos of a person")
    parser.add_argument("--bad", type=int, default=8, help="most bad photos of a person")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--worn", action="store_true", help="measure wear instead")
    options = parser.parse_args()
    people = [path for folder in options.folders for path in sorted(folder.iterdir()) if path.is_dir()]
    if options.worn:
        sys.stdout.writelines(f"{line}\n" for line in report_wear(people, options.bad))
        return
    if options.output is None:
        parser.error("Name a folder with -o.")
    photos = options.output / "photos"
    truths = write_album(people, photos, options.good, options.bad, options.seed)
    sys.stdout.writelines(f"{line}\n" for line in measure(photos, options.output, truths))


def write_album(people: Sequence[Path], folder: Path, good: int, bad: int, seed: int) -> dict[str, Truth]:
    """Write the photos of an album; return whom each shows, by the names of their files."""
    truths: dict[str, Truth] = {}
    folder.mkdir(parents=True, exist_ok=True)
    for person in people:
        files = sorted(person.iterdir())
        np.random.default_rng([seed, zlib.crc32(person.name.encode())]).shuffle(files)  # type: ignore[arg-type]
        kept = max(1, min(good, len(files) - bad))
        for file in files[:kept]:
            name = f"{_seed(file):08x}{file.suffix}"
            (folder / name).write_bytes(file.read_bytes())
            truths[name] = Truth(person.name)
        for file in files[kept : kept + bad]:
            crop, name = protocol_crop(file), f"{_seed(file):08x}.png"
            if crop is not None:
                images.write(images.Photo(degraded(crop.pixels, file, SCALE)), folder / name)
                truths[name] = Truth(person.name, crop)
    return truths


def protocol_crop(file: Path) -> Crop | None:
    """Return the crop of a photo's largest face; None without a face."""
    try:
        image = images.read(file).rgb8
    except ImageError:
        return None
    found = faces.detect(image)
    if not found:
        return None
    return faces.cut(
        image, faces.CropPlace.around(max((face.box for face in found), key=lambda box: box.width))
    )


def degraded(crop: UInt8Image, file: Path, scale: float) -> UInt8Image:
    """Degrade a crop blindly, always in the same way."""
    return degrade(crop, sample_recipe(np.random.default_rng(_seed(file)), scale=scale))


def _seed(file: Path) -> int:
    return zlib.crc32(f"{file.parent.name}/{file.name}".encode())


def measure(photos: Path, output: Path, truths: dict[str, Truth]) -> Iterator[str]:
    """Scan the album, restore it, and yield the lines of both tables."""
    restorer = Restorer.load()
    with Album.open(photos) as album:
        found = album.scan()
        people = {truth.person for truth in truths.values()}
        bad = {name: truth for name, truth in truths.items() if truth.crop is not None}
        yield f"{found.listed} photos of {len(people)} people, {len(bad)} of them degraded {SCALE:g} times"
        yield f"{len(album.people())} groups; {_shown_rightly(album, truths)}"
        yield guided(album, truths, "without a click", WhichFaces(worse_than=0.0))
        yield guided(album, truths, "with suggestions", ALL)
        confirm(album, truths)
        yield guided(album, truths, "bad faces named", WhichFaces(worse_than=0.0))
        plan = album.plan(output / "results")
        yield f"plan: {plan.restorable} faces, {plan.no_guide} without a guide, {plan.good} good enough"
        yield f"estimate: {album.estimate(plan, How(restorer)) or 0:.0f} s"
        how = How(restorer, saving=Saving(Existing.REPLACE), sheets=output / "sheets")
        records = list(album.restore(plan, how=how))
        yield f"restored in {sum(record.seconds for record in records):.0f} s"
        done = {Path(record.photo).name: Path(record.output) for record in records if record.output}
        yield from compare(album, restorer, bad, done)


def _shown_rightly(album: Album, truths: dict[str, Truth]) -> str:
    """Tell how pure the groups of the good faces are."""
    groups: dict[str, Counter[str]] = {}
    for face in album.faces(by=("group",)):
        groups.setdefault(face.person, Counter())[truths[face.photo.name].person] += 1
    wrong = sum(sum(group.values()) - max(group.values()) for group in groups.values())
    return (
        f"{wrong} of {sum(sum(group.values()) for group in groups.values())} grouped faces are in a wrong one"
    )


def guided(album: Album, truths: dict[str, Truth], title: str, which: WhichFaces) -> str:
    """Return the shares of bad faces that get only right guides, a wrong one, or none."""
    counts: Counter[str] = Counter()
    for face in _bad_faces(album, truths):
        sure = face.by in ("person", "file", "group", "likeness")
        guides = album.guides_for(face) if face.person and (sure or which.unconfirmed) else ()
        right = [truths[guide.photo.name].person == truths[face.photo.name].person for guide in guides]
        kind = "none" if not right else "only right" if all(right) else "a wrong one"
        counts[kind] += 1
        counts[f"none: {face.by}"] += kind == "none"
    bad = sum(truth.crop is not None for truth in truths.values())
    counts["none"] += bad - sum(counts[kind] for kind in ("only right", "a wrong one", "none"))
    return f"{title:18}| " + ", ".join(
        f"{kind} {n} ({100 * n / bad:.1f} %)" for kind, n in counts.items() if n
    )


def _bad_faces(album: Album, truths: dict[str, Truth]) -> list[AlbumFace]:
    """Return the largest face of each bad photo."""
    found: dict[str, AlbumFace] = {}
    for face in album.faces():
        name = face.photo.name
        if truths[name].crop is not None and (name not in found or found[name].size < face.size):
            found[name] = face
    return list(found.values())


def confirm(album: Album, truths: dict[str, Truth]) -> None:
    """Name every bad face, and every group by the face that stands for it, as one who knows them would."""
    covers = {person.cover for person in album.people() if person.faces}
    known = (face for face in album.faces(by=("group",)) if face.id in covers)
    faces_of: dict[str, list[AlbumFace]] = {}
    for face in (*_bad_faces(album, truths), *known):
        faces_of.setdefault(truths[face.photo.name].person, []).append(face)
    album.decide(*(Named(person=f"p {name}", faces=album.keys(some)) for name, some in faces_of.items()))


def compare(album: Album, restorer: Restorer, bad: dict[str, Truth], done: dict[str, Path]) -> Iterator[str]:
    """Yield PSNR and identity of the bad photos, of the album's results, with one guide, and without."""
    values: dict[str, list[tuple[float, float]]] = {}
    for face in _bad_faces(album, bad | {guide: Truth("") for guide in _names(album) if guide not in bad}):
        name, truth = face.photo.name, bad[face.photo.name].crop
        if name not in done or truth is None:
            continue
        one = _guide_set(album.guides_for(face, 1)[0])
        none = GuideSet((replace(one.guides[0], face=_nothing(one.guides[0].face)),))
        results = {"degraded": images.read(face.photo), "album": images.read(done[name])}
        for kind, guides in (("one guide", one), ("no guide", none)):
            places = [Place(face.box, face.turn, guides)]
            results[kind] = restorer.restore(face.photo, places=places).photo
        for kind, result in results.items():
            values.setdefault(kind, []).append(quality(result.rgb8, truth))
    for kind, rows in values.items():
        mean = np.mean(rows, axis=0)
        yield f"{kind:10}| PSNR {mean[0]:.2f} dB, identity distance {mean[1]:.3f} ({len(rows)} faces)"


def _names(album: Album) -> set[str]:
    return {face.photo.name for face in album.faces()}


def _guide_set(face: AlbumFace) -> GuideSet:
    (cut,) = guide_faces(images.read(face.photo), [Place(face.box, face.turn)])
    return GuideSet((Guide(0, face.label, "", cut),))


def _nothing(face: GuideFace) -> GuideFace:
    """Return a guide that shows nothing, as the network learnt to do without."""
    return GuideFace(np.full_like(face.crop, 128), face.portrait)


def quality(result: UInt8Image, truth: Crop) -> tuple[float, float]:
    """Return the PSNR over the real part, and the distance of identities."""
    distance = faces.distance(faces.embed_crop(result), faces.embed_crop(truth.pixels))
    return psnr(result, truth.pixels, truth.real), distance


def report_wear(people: Sequence[Path], photos: int) -> Iterator[str]:
    """Yield what restoring with the other photos of a person brings, by wear of the face before."""
    restorer, rows = Restorer.load(), list[tuple[float, float, float, float]]()
    for person in people:
        files = sorted(person.iterdir())[: photos + 4]
        crops = {file: crop for file in files if (crop := protocol_crop(file)) is not None}
        for file, crop in list(crops.items())[:photos]:
            others = [other.pixels for name, other in crops.items() if name != file]
            guides = restorer.guides(others, RestoreOptions(cropped=True)) if others else None
            for scale in (1.0, 2.0, 4.0, 8.0) if guides else ():
                before = crop.pixels if scale == 1 else degraded(crop.pixels, file, scale)
                place = Place(faces.face_box(before.shape[0]), 0, guides)
                after = restorer.restore(before, places=[place]).photo.rgb8
                gains = np.subtract(quality(after, crop), quality(before, crop))
                rows.append((scale, worn(faces.sharpness(before, faces.face_box())), *gains))
    measured = np.array(rows)
    for scale in (1, 2, 4, 8):
        some = np.percentile(measured[measured[:, 0] == scale, 1], (5, 25, 50, 75, 95))
        yield f"{scale}x: wear at 5, 25, 50, 75, 95 %: " + ", ".join(f"{value:.2f}" for value in some)
    damaged = measured[measured[:, 0] > 1]
    for low, high in pairwise(BINS):
        some = damaged[(damaged[:, 1] >= low) & (damaged[:, 1] < high)]
        if len(some):
            better = 100 * (some[:, 3] < 0).mean()
            yield (
                f"wear {low:.1f} to {high:.1f}: {len(some)} faces, PSNR {some[:, 2].mean():+.2f} dB, "
                f"identity {some[:, 3].mean():+.3f}, nearer to the truth {better:.0f} %"
            )


if __name__ == "__main__":
    main()
