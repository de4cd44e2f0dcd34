"""Make a web page of results on really bad photographs, to judge by eye.

    python benchmarks/real_photos.py DATA -o PAGE_FOLDER [--model gfrnet-slim] [--fidelity 0.5]

DATA holds folders, each of which may be missing: ``real_pairs/NAME`` with ``degraded.png`` and ``guide.png``,
``old_photos`` and ``album`` with photos. The page explains each section at its head. It shows every face
before, its guide, the warped guide, the face after, and the face restored without a guide. The eyes of each
picture are enlarged below it. A photo that was left alone has the reason instead. The counts stand on the
page, and are printed.
"""

from __future__ import annotations

import argparse
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path
from urllib.parse import quote

import numpy as np

from gfrnet import faces, images, metrics, weights
from gfrnet.degradation import degrade, sample_recipe
from gfrnet.errors import GfrnetError
from gfrnet.evaluate import Contender
from gfrnet.evaluate.report.figures import open_restorer
from gfrnet.faces import Crop, CropPlace
from gfrnet.images import Photo, Tile
from gfrnet.restore import FaceOutcome, RestoredPhoto, Source
from gfrnet.runtime import BALANCED
from gfrnet.types import UInt8Image
from gfrnet.webpage import webpage

ALBUM_SCALE = 6
"""Downsampling factor of an album's photos: their good faces become 25 to 90 pixels wide."""

SIDE, EYES, REACH = 320, 128, 1.7
"""Width and height of the enlarged eyes in pixels; that width over the distance of the outer corners."""

BEFORE, AFTER, UNGUIDED = "before", "after", "after, no guide"

FORMATS = {
    "similarity to the guide": ".2f",
    "similarity to the original": ".2f",
    "PSNR, dB": ".2f",
    "sharpness": ".3f",
}
"""Measures of a face, and their formats."""

EXPLAINED = (
    "Similarity, 0 to 1, is how much a face recogniser takes two faces for one person. Similarity to the "
    "guide can rise by copying. Sharpness is fine detail over coarse detail, about 0.42 for a sharp photo; "
    "grain, scratches and compression count as detail too. PSNR is how near the pixels are to the "
    "original's. Where several guides were fused, the one that counts most is shown."
)

STYLE = """\
body { margin: 1.5rem; background: #f7f7f5; color: #222; font: 15px/1.5 system-ui, sans-serif; }
p, figcaption { max-width: 60rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 0.5rem 0; }
th, td { padding: 0.2rem 1rem 0.2rem 0; border-bottom: 1px solid #d0d0cc; text-align: right; }
th:first-child { text-align: left; }
th { font-weight: normal; }
figure { margin: 1.5rem 0; }
img { max-width: 100%; height: auto; }
.skipped, .failed, .untouched { color: #a3341f; }
"""


@dataclass(frozen=True)
class Case:
    """Hold a photo to restore.

    Attributes:
        photo: The bad photo.
        guides: Photos that may guide.
        original: The photo before it was degraded, of the same size; None for a photo that was always bad.
        said: Text on how it was degraded, which follows its size.
    """

    photo: Photo
    guides: Sequence[Source]
    original: UInt8Image | None = None
    said: str = ""


@dataclass(frozen=True)
class Section:
    """Describe one folder of DATA.

    Attributes:
        title: Heading on the page.
        files: Pattern of the bad photos in DATA.
        case: Function that makes a case of a bad photo.
        said: Explanation on the page.
    """

    title: str
    files: str
    case: Callable[[Path], Case]
    said: str


@dataclass(frozen=True)
class Entry:
    """Hold a face on the page, or a photo that was left alone.

    Attributes:
        name: Path of the photo in DATA.
        status: `FaceOutcome.status`; ``untouched`` where the photo failed before its faces.
        said: Remark, and the reason where the face was not restored.
        picture: File name of the face's sheet; empty where there is none.
        figures: Values by picture and measure; None for a face that was not restored.
    """

    name: str
    status: str
    said: str
    picture: str = ""
    figures: Mapping[str, Mapping[str, float]] | None = None


def main() -> None:
    """Read the command line, restore, write the page, print the counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="holds real_pairs, old_photos, album")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the page")
    parser.add_argument("--model", default=weights.DEFAULT, help="installed name or ONNX file")
    parser.add_argument("--fidelity", type=float, default=BALANCED, help="with a guide and without, 0..1")
    options = parser.parse_args()
    if not options.data.is_dir():
        parser.error(
            f"There is no folder {options.data}. Give the one that holds real_pairs, old_photos, album."
        )
    guided = Contender(options.model, fidelity=options.fidelity)
    unguided = replace(guided, variant="no-guide")
    gallery = Gallery(options.data, options.output, open_restorer(guided), open_restorer(unguided))
    found = {section.title: gallery.entries(section) for section in SECTIONS}
    for title, entries in found.items():
        lines = (f"{row[0]:28}" + "".join(f"{cell:>24}" for cell in row[1:]) for row in counts(entries))
        sys.stdout.write("\n".join([f"{title}: {statuses(entries)}", *lines, "\n"]))
    images.write_text(STYLE, options.output / "page.css")
    page = webpage(
        f"Really bad photographs, {options.model}, fidelity {options.fidelity:g}", body(found), "page.css"
    )
    sys.stdout.write(f"{images.write_text(page, options.output / 'index.html')}\n")


def real_pair(path: Path) -> Case:
    """Make a case of a degraded photo and the guide beside it."""
    return Case(images.read(path), [path.with_name("guide.png")])


def old_photo(path: Path) -> Case:
    """Make a case of a photo that only its own mirror image can guide."""
    photo = images.read(path)
    return Case(photo, [Photo(np.ascontiguousarray(photo.rgb8[:, ::-1]), path=Path("its mirror image"))])


def album_photo(path: Path) -> Case:
    """Make a case of a degraded copy of a photo, guided by all other photos of the album."""
    original = images.read(path).rgb8
    recipe = sample_recipe(np.random.default_rng(zlib.crc32(path.name.encode())), scale=ALBUM_SCALE)
    said = f", shrunk {recipe.scale:g} times, blur {recipe.blur:g}, noise {recipe.noise:g}, "
    said += f"JPEG {recipe.jpeg}" if recipe.jpeg else "no JPEG"
    others = [other for other in photos(path.parent, "*") if other != path]
    return Case(Photo(degrade(original, recipe), path=path), others, original, said)


SECTIONS = (
    Section(
        "Real pairs",
        "real_pairs/*/degraded.png",
        real_pair,
        "Bad photos, each with a good one of its person.",
    ),
    Section(
        "Old photos",
        "old_photos/*",
        old_photo,
        "No other photo of these people is at hand. So the guide is the photo's own mirror image, and beside "
        "it stands the result without any guide. A mirror image shows for certain the right person, but "
        "holds no detail that the photo lacks: at best it lends one half of the face to the other. "
        "Similarity to the guide therefore only tells whether the person was kept.",
    ),
    Section(
        "Album",
        "album/*",
        album_photo,
        "So that there is something to restore and the truth is known, every photo is degraded as a whole, "
        f"{ALBUM_SCALE} times and blindly (the seed is the file's name). All the other photos of the "
        "album, undegraded, are given as guides, and the program has to find the person among them.",
    ),
)


def photos(folder: Path, pattern: str) -> list[Path]:
    """Return the pictures of a folder in the order of names."""
    return sorted(path for path in folder.glob(pattern) if path.suffix.lower() in images.READABLE_SUFFIXES)


@dataclass(frozen=True)
class Gallery:
    """Restore photos, and draw the results.

    Attributes:
        data: Folder of the bad photos.
        output: Folder of the pictures.
        restore: Function that restores with guides.
        unguided: Function that restores without a guide.
    """

    data: Path
    output: Path
    restore: Callable[..., RestoredPhoto]
    unguided: Callable[..., RestoredPhoto]

    def entries(self, section: Section) -> list[Entry]:
        """Restore the photos of a section, and return an entry for every face."""
        return [entry for path in photos(self.data, section.files) for entry in self._restored(section, path)]

    def _restored(self, section: Section, path: Path) -> Iterator[Entry]:
        name = path.relative_to(self.data).as_posix()
        try:
            case = section.case(path)
            outcomes = self.restore(case.photo, case.guides).faces
        except GfrnetError as error:
            yield Entry(name, "untouched", str(error))
            return
        for number, face in enumerate(outcomes, 1):
            picture = f"{name.replace('/', '-')}-{number}.jpg"
            yield self._entry(f"{name} ({number} of {len(outcomes)})", picture, case, face)

    def _entry(self, name: str, picture: str, case: Case, face: FaceOutcome) -> Entry:
        place = CropPlace.around(face.box)
        original = None if case.original is None else faces.cut(case.original, place)
        shown = {BEFORE: face.degraded}
        if face.result:
            shown |= {AFTER: face.result.restored, UNGUIDED: self._without_guide(face)}
        found = {title: measured(pixels, face.guide_crop, original) for title, pixels in shown.items()}
        images.write(Photo(sheet(face, shown, original, found)), self.output / picture)
        said = f"{face.verdict}. {face.box.width:.0f} pixels wide{case.said}. {face.reason}"
        return Entry(name, face.status, said, picture, found if face.result else None)

    def _without_guide(self, face: FaceOutcome) -> UInt8Image:
        alone = self.unguided(face.degraded, face.guide_crop, cropped=True, force=True).faces[0]
        return alone.result.restored if alone.result else face.degraded


def measured(pixels: UInt8Image, guide: UInt8Image, original: Crop | None) -> dict[str, float]:
    """Return the measures of `FORMATS` of a face crop; two of them only where the original is known."""
    found = {"similarity to the guide": likeness(pixels, guide)}
    if original is not None:
        found["similarity to the original"] = likeness(pixels, original.pixels)
        found["PSNR, dB"] = metrics.psnr(pixels, original.pixels, original.real)
    return found | {"sharpness": faces.sharpness(pixels, faces.face_box())}


def likeness(one: UInt8Image, other: UInt8Image) -> float:
    """Return the similarity of two face crops, 0..1."""
    return faces.similarity(faces.embed_crop(one), faces.embed_crop(other))


def sheet(
    face: FaceOutcome,
    shown: Mapping[str, UInt8Image],
    original: Crop | None,
    found: Mapping[str, Mapping[str, float]],
) -> UInt8Image:
    """Draw all pictures of a face, and the eyes of each below it.

    Args:
        face: The face.
        shown: Pictures of the face before and after.
        original: True face, where it is known.
        found: Measures of each picture in ``shown``.
    """
    others = f"\nand {len(face.guides) - 1} more" if len(face.guides) > 1 else ""
    captions = {
        title: "\n".join(f"{key} {value:{FORMATS[key]}}" for key, value in values.items())
        for title, values in found.items()
    } | {"guide": images.shortened(Path(face.guide_name).name) + others}
    guides = {"guide": face.guide_crop} | ({"warped guide": face.result.warped} if face.result else {})
    originals = {} if original is None else {"original": original.pixels}
    pictures = {BEFORE: face.degraded} | guides | dict(shown) | originals
    # Eyes are hard to find in the bad photo, and all pictures of the face need the same place.
    surest = shown.get(AFTER, face.degraded) if original is None else original.pixels
    places = {title: eyes_place(face.guide_crop if title == "guide" else surest) for title in pictures}
    eyes = {title: enlarged(pictures[title], place) for title, place in places.items()}
    return images.contact_sheet(
        [
            [Tile(picture, title) for title, picture in pictures.items()],
            [Tile(picture, caption=captions.get(title, "")) for title, picture in eyes.items()],
        ]
    )


def eyes_place(pixels: UInt8Image) -> CropPlace:
    """Return the square around the eyes of a face crop."""
    corners = faces.landmarks5(pixels, faces.face_box())[:4]
    x, y = corners.mean(axis=0) + 0.5
    side = REACH * float(np.linalg.norm(corners[0] - corners[2]))
    return CropPlace((float(x), float(y)), side, size=SIDE)


def enlarged(pixels: UInt8Image, place: CropPlace) -> UInt8Image:
    """Cut the middle of a square, (EYES, SIDE, 3)."""
    top = (SIDE - EYES) // 2
    return np.ascontiguousarray(faces.cut(pixels, place).pixels[top : top + EYES])


def statuses(entries: Sequence[Entry]) -> str:
    """Count the entries by status, as text."""
    found = Counter(entry.status for entry in entries)
    return ", ".join(f"{count} {status}" for status, count in found.items()) or "no photos"


def counts(entries: Sequence[Entry]) -> Iterator[tuple[str, ...]]:
    """Yield rows of a table: each measure's means over the restored faces, and in how many it rose."""
    restored = [entry.figures for entry in entries if entry.figures]
    if not restored:
        return
    yield f"means of {len(restored)}", BEFORE, AFTER, UNGUIDED, f"{AFTER} > {BEFORE}", f"{AFTER} > no guide"
    for key in restored[0][BEFORE]:
        values = {title: np.array([one[title][key] for one in restored]) for title in restored[0]}
        means = (f"{value.mean():{FORMATS[key]}}" for value in values.values())
        risen = (f"in {(values[AFTER] > values[other]).sum()}" for other in (BEFORE, UNGUIDED))
        yield key, *means, *risen


def body(found: Mapping[str, Sequence[Entry]]) -> str:
    """Return the page below its heading, as HTML."""
    parts = [f"<p>{escape(EXPLAINED)}</p>\n"]
    for section in SECTIONS:
        entries = found[section.title]
        parts.append(f"<h2>{section.title}: {statuses(entries)}</h2>\n<p>{escape(section.said)}</p>\n")
        rows = ("".join(f"<th>{escape(cell)}" for cell in row) for row in counts(entries))
        parts.append("<table>\n" + "".join(f"<tr>{row}\n" for row in rows) + "</table>\n")
        parts += map(figure, entries)
    return "".join(parts)


def figure(entry: Entry) -> str:
    """Return a face as HTML."""
    link = quote(entry.picture)
    picture = f'<a href="{link}"><img src="{link}" alt="" loading="lazy"></a>' if link else ""
    status = f'<span class="{entry.status}">{entry.status}</span>'
    said = f"<b>{escape(entry.name)}</b> {status}: {escape(entry.said)}"
    return f"<figure><figcaption>{said}</figcaption>\n{picture}</figure>\n"


if __name__ == "__main__":
    main()
