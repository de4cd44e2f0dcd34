"""Restore inputs on which an earlier version fell short, and tell which are right now.

    python benchmarks/cases.py FOLDER

FOLDER holds one folder for each kind of fault, as `shared/cases` of the developers does. A missing folder is
passed over. Each line names a case, what was measured, and whether it is right.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from PIL import Image

from gfrnet import images
from gfrnet.cli.quiet import without_pillow_warnings
from gfrnet.data.manifest.tables import read_table
from gfrnet.data.shards import read_blocks
from gfrnet.errors import DataError, GfrnetError
from gfrnet.images import colour_space, to_signed
from gfrnet.restore import RestoredPhoto, Restorer, as_grey
from gfrnet.restore.tone import find_tone

Found = Iterator[tuple[str, str, bool]]
"""Name of a case, what was measured, and whether it is right."""


def main() -> int:
    """Try every case; return the number of those that fall short."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    with without_pillow_warnings():
        return tell(parser.parse_args().folder)


def tell(folder: Path) -> int:
    """Print a line for each case; return the number of those that fall short."""
    restorer, short = Restorer.load(), 0
    for kind, check in KINDS.items():
        if not (folder / kind).is_dir():
            continue
        for name, measured, right in check(restorer, folder / kind):
            short += not right
            sys.stdout.write(f"{'right' if right else 'falls short':12}{kind}/{name}: {measured}\n")
    sys.stdout.write(f"{short} fall short\n")
    return short


def _restored(restorer: Restorer, photo: Path, guide: Path) -> RestoredPhoto | None:
    try:
        return restorer.restore(photo, guide)
    except GfrnetError:
        return None


def _statuses(result: RestoredPhoto | None) -> str:
    return "no face" if result is None else ", ".join(face.status for face in result.faces)


def _toned(restorer: Restorer, folder: Path) -> Found:
    for photo in ("in_faint.jpg", "lon120_sepia.jpg"):
        before = images.read(folder / photo).rgb8
        after = restorer.restore(folder / photo, folder / "guide.jpg", strength=1.0).photo.rgb8
        tone = find_tone(to_signed(before), np.ones(before.shape[:2], dtype=np.bool_), before)
        if tone is None:
            yield photo, "not taken for toned", False
            continue
        tinted = images.to_uint8(tone.applied(as_grey(to_signed(after))))
        changed = (before != after).any(axis=2)
        off = float(np.percentile(np.abs(tinted.astype(np.int16) - after).max(axis=2)[changed], 99))
        yield photo, f"99 % of the changed pixels lie within {off:.0f} levels of the tint", off <= 6


def _grain(restorer: Restorer, folder: Path) -> Found:
    result = _restored(restorer, folder / "film.png", folder / "guide.jpg")
    strengths = [face.result.strength for face in result.faces if face.result] if result else []
    yield "film.png", f"strength {strengths}", bool(strengths) and min(strengths) > 0.9


def _found(restorer: Restorer, folder: Path) -> Found:
    for photo in sorted(folder.glob("*.png")):
        result = _restored(restorer, photo, folder / "guide.jpg")
        right = result is not None and [face.status for face in result.faces] == ["restored"]
        yield photo.name, _statuses(result), right


def _class_photo(restorer: Restorer, folder: Path) -> Found:
    guides = sorted((folder / "guides").iterdir())
    result = restorer.restore(folder / "group.jpg", guides)
    places = {int(guide.name[:2]): index for index, guide in enumerate(guides)}
    done = [face for face in result.faces if face.status == "restored"]
    mixed = 0
    for face in done:
        x, y = face.box.center
        own = places.get(int(y // 150) * 6 + int(x // 150))
        mixed += any(used.index != own for used in face.guides)
    yield "group.jpg", f"{mixed} of {len(done)} restored faces have strangers mixed in", mixed == 0


def _profile(restorer: Restorer, folder: Path) -> Found:
    photo, guide = images.read(folder / "p_prophoto.png"), images.read(folder / "g_srgb.png")
    space = colour_space(photo.icc)
    assert space is not None
    result = restorer.restore(photo, guide, strength=1.0).photo
    plain = restorer.restore(images.Photo(space.to_srgb(photo.rgb8)), guide, strength=1.0).photo
    difference = np.abs(space.to_srgb(result.rgb8).astype(np.int16) - plain.rgb8).max(axis=2)
    worst = float(np.percentile(difference, 99))
    yield "p_prophoto.png", f"99 % within {worst:.0f} levels of the result in sRGB", worst <= 8


MUST_KEEP = {
    "iptc.jpg": ("iptc", "text"),
    "text.png": ("text",),
    "cicp.png": ("png_colour",),
    "gama_chrm.png": ("png_colour",),
    "ultrahdr.jpg": ("xmp",),
    "lossless.webp": ("lossless",),
}
"""What the result of each file must still hold. Of an Ultra HDR photo a word must tell of the gain map."""


def _metadata(restorer: Restorer, folder: Path) -> Found:
    """Restore each file, and compare what it held with what its result holds."""
    with TemporaryDirectory() as work:
        for path in sorted(folder.iterdir()):
            before = images.read(path)
            output = Path(work) / path.name
            # A photo without a face is written as it is.
            result = _restored(restorer, path, folder.parent / "guide.jpg")
            images.write(before if result is None else result.photo, output)
            after, losses = images.read(output), [*before.remarks, *images.losses(before, path)]
            wanted = MUST_KEEP.get(path.name, tuple(name for name in FIELDS if getattr(before, name)))
            lost = [name for name in wanted if not _same(getattr(before, name), getattr(after, name), name)]
            told = path.name != "ultrahdr.jpg" or any("gain map" in word.lower() for word in losses)
            measured = f"lost {', '.join(lost)}" if lost else f"kept {', '.join(wanted)}"
            yield path.name, f"{measured}; {' '.join(losses)}", not lost and told


FIELDS = ("exif", "xmp", "icc", "iptc", "text", "png_colour")


def _same(before: object, after: object, name: str) -> bool:
    """Return whether something was there and is still; XMP and EXIF may be written in another way."""
    return bool(before) and (bool(after) if name in ("exif", "xmp") else before == after)


def _regions(restorer: Restorer, folder: Path) -> Found:
    """Look whether the face regions of a photo are turned as it is."""
    for path in sorted(folder.iterdir()):
        with Image.open(path) as file:
            turn = TURNS[file.getexif().get(ORIENTATION, 1)]
        wanted = [turn(*area) for area in _areas(path.read_bytes().decode("latin-1"))]
        areas = _areas((images.read(path).xmp or b"").decode("utf-8"))
        yield path.name, f"{len(areas)} regions", bool(areas) and np.allclose(areas, wanted, atol=0.01)


ORIENTATION = 274
"""Tag of the orientation in EXIF."""

TURNS: dict[int, Callable[[float, float], tuple[float, float]]] = {
    1: lambda x, y: (x, y),
    3: lambda x, y: (1 - x, 1 - y),
    6: lambda x, y: (1 - y, x),
    8: lambda x, y: (y, 1 - x),
}
"""Where a place of the lying picture is in the upright one, by orientation; shares of width and height."""


def _areas(xmp: str) -> list[tuple[float, float]]:
    """Return the middles of the face regions in XMP, as shares of width and height."""
    found = [re.findall(rf'stArea:{axis}(?:="|>)([0-9.eE+-]+)', xmp) for axis in "xy"]
    return [(float(x), float(y)) for x, y in zip(*found, strict=True)]


def _cut_jpegs(restorer: Restorer, folder: Path) -> Found:
    """Look whether cut photos are restored with a warning."""
    for path in sorted(folder.iterdir()):
        photo, result = images.read(path), _restored(restorer, path, folder.parent / "guide.jpg")
        measured = f"{_statuses(result)}; {' '.join(photo.remarks)}"
        yield path.name, measured, bool(photo.remarks) and result is not None


def _glasses(restorer: Restorer, folder: Path) -> Found:
    """Look whether the glasses of guides are seen, and a word tells of them."""
    for photo, guide in (("photo.png", "guide.jpg"), ("photo2.png", "guide2.jpg")):
        result = _restored(restorer, folder / photo, folder / guide)
        told = result is not None and all("glasses" in face.remark for face in result.faces)
        yield photo, f"{_statuses(result)}, {'with' if told else 'without'} a word about glasses", told


def _hostile(restorer: Restorer, folder: Path) -> Found:
    for path in sorted(folder.iterdir()):
        start = perf_counter()
        try:
            what, right = _tried(restorer, path)
        except (GfrnetError, OSError) as error:
            what, right = f"{type(error).__name__}: {error}", isinstance(error, GfrnetError)
            right = right and path.name in str(error)
        seconds = perf_counter() - start
        yield path.name, f"{seconds:.1f} s, {what}", right and seconds < 10


def _tried(restorer: Restorer, path: Path) -> tuple[str, bool]:
    """Use a file for what it pretends to be; return what became of it, and whether that is right.

    Raises:
        GfrnetError: The file is refused.
    """
    if path.suffix in (".png", ".jpg", ".tif"):
        result = restorer.restore(path, path.parent.parent / "guide.jpg")
        return _statuses(result), True
    with TemporaryDirectory() as work:
        name = "shards.json" if path.suffix == ".json" else f"manifest{path.suffix}"
        shutil.copy(path, Path(work) / name)
        try:
            if path.suffix == ".json":
                read_blocks([work])
            else:
                list(read_table(Path(work) / name, "parquet" if path.suffix == ".parquet" else "csv"))
        except DataError as error:
            return f"DataError: {error}", name in str(error)
    return "read as if it were whole", False


KINDS: dict[str, Callable[[Restorer, Path], Found]] = {
    "toned-print": _toned,
    "grain": _grain,
    "class-photo": _class_photo,
    "turned": _found,
    "cut-face": _found,
    "colour-profile": _profile,
    "metadata": _metadata,
    "jpeg-without-end": _cut_jpegs,
    "face-regions-turned": _regions,
    "guide-with-glasses": _glasses,
    "hostile": _hostile,
}


if __name__ == "__main__":
    sys.exit(main())
