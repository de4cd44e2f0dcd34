"""Restore inputs on which an earlier version fell short, and tell which are right now.

    python benchmarks/cases.py FOLDER

FOLDER holds one folder for each kind of fault, as `shared/cases` of the developers does. A missing folder is
passed over. Each line names a case, what was measured, and whether it is right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import perf_counter

import numpy as np

from gfrnet import images
from gfrnet.errors import GfrnetError
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
    folder = parser.parse_args().folder
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


def _metadata(restorer: Restorer, folder: Path) -> Found:
    for path in sorted(folder.iterdir()):
        photo = images.read(path)
        lost = [*photo.remarks, *images.losses(photo, path)]
        kept = [name for name in ("exif", "xmp", "icc", "iptc", "text", "png_colour") if getattr(photo, name)]
        yield path.name, f"kept {', '.join(kept)}; {' '.join(lost)}", bool(kept or lost or photo.lossless)


def _read(restorer: Restorer, folder: Path) -> Found:
    for path in sorted(folder.iterdir()):
        photo = images.read(path)
        yield path.name, f"{photo.width} x {photo.height}; {' '.join(photo.remarks)}", True


def _hostile(restorer: Restorer, folder: Path) -> Found:
    for path in sorted(folder.iterdir()):
        start = perf_counter()
        if path.suffix in (".png", ".jpg", ".tif"):
            result = _restored(restorer, path, folder.parent / "guide.jpg")
            yield path.name, _statuses(result), perf_counter() - start < 10


KINDS: dict[str, Callable[[Restorer, Path], Found]] = {
    "toned-print": _toned,
    "grain": _grain,
    "class-photo": _class_photo,
    "turned": _found,
    "cut-face": _found,
    "colour-profile": _profile,
    "metadata": _metadata,
    "jpeg-without-end": _read,
    "face-regions-turned": _read,
    "hostile": _hostile,
}


if __name__ == "__main__":
    sys.exit(main())
