"""Name results: formats that are only read become others, and no two photos share a name."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from gfrnet.images import HEIC_SUFFIXES, WRITABLE_SUFFIXES
from gfrnet.images.heic import fits_jpeg

_MOST_ALIKE = 10_000

RESTORED = "_restored"
"""Ending of the name of a result that lies beside its photo."""

_TRIED = 2
"""Number of stems under which results beside photos are looked for: the own one, and one with the format."""


def written_suffix(photo: Path) -> str:
    """Return the suffix of a photo's result: its own where it is written.

    HEIC becomes JPEG; with more than 8 bit or transparency it becomes PNG, as all others do.
    """
    suffix = photo.suffix
    if suffix.lower() in WRITABLE_SUFFIXES:
        return suffix
    return ".jpg" if suffix.lower() in HEIC_SUFFIXES and fits_jpeg(photo) else ".png"


def distinct_stems(
    photos: Sequence[Path], files_of: Callable[[Path, str], tuple[Path, Path | None]]
) -> dict[Path, str]:
    """Return a stem for every photo, so that no two results or sheets have one name.

    Names depend on the photos that are given. They never depend on files that exist, so that a job can go on.
    """
    names: dict[Path, str] = {}
    taken: set[str] = set()
    sources: set[str] = set()
    kinds = Counter(stem for stem, _ in {(photo.stem, photo.suffix.lower()) for photo in photos})
    # Sorting keeps the order of photos that are alike in this.
    for photo in sorted(dict.fromkeys(photos), key=lambda each: each.suffix.lower() not in WRITABLE_SUFFIXES):
        for stem in stems(photo, by_kind=kinds[photo.stem] > 1):
            files = {real_path(file) for file in files_of(photo, stem) if file is not None}
            # A photo that is given twice is a mistake, for which no second name is found.
            if not files & taken or os.path.realpath(photo) in sources:
                break
        names[photo] = stem
        taken |= files
        sources.add(os.path.realpath(photo))
    return names


def stems(photo: Path, by_kind: bool = True) -> Iterator[str]:
    """Yield the stem of a photo, and then others that tell it from photos of the same stem."""
    kind, folder = photo.suffix.lower().removeprefix("."), photo.absolute().parent.name
    yield photo.stem
    if by_kind:
        yield f"{photo.stem}_{kind}"
    yield f"{photo.stem}_{folder}"
    for number in range(2, _MOST_ALIKE):
        yield f"{photo.stem}_{folder}_{number}"


def result_stems(photos: Iterable[Path]) -> set[str]:
    """Return the stems that results beside these photos have. The photos lie in one folder."""
    return {stem + RESTORED for photo in photos for stem in islice(stems(photo), _TRIED)}


def real_path(path: Path) -> str:
    """Return the one spelling of a path to write. A link at its end is replaced, and so is not followed."""
    return os.path.normcase(os.path.join(os.path.realpath(path.parent), path.name))
