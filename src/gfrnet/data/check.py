"""Check that data sets are fit for training and evaluation: files, landmarks, roles, splits, duplicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np

from gfrnet.data.fingerprint import AlignedFace, aligned, fingerprint, is_near_duplicate, likeness
from gfrnet.data.manifest import USED, Portrait, by_person, read_rows
from gfrnet.errors import ImageError
from gfrnet.types import AnyArray, FloatArray
from gfrnet.work import Advanced, unheard

FACE_SLACK, JAW_SLACK = 0.06, 0.2
"""Largest distances of landmarks outside the photo, shares of the crop's side.

Tight photos cut off the chin, whose place is then guessed. Brows, eyes, nose and mouth of a used photo lie
inside.
"""

SMALLEST_REAL = 0.25
"""Least share of the crop that must be photo and not padding."""

PLAUSIBLE = 0.5
"""Plain correlation of fingerprints above which `likeness` decides, which costs a thousand times as much."""

_ROWS = 512
"""Number of photos compared with all others at a time."""


@dataclass(frozen=True)
class _Looked:
    """Hold a photo in use that has passed its own checks.

    Attributes:
        root: The data set's folder.
        portrait: Its row.
        print: (32, 32) its fingerprint.
    """

    root: Path
    portrait: Portrait
    print: AnyArray

    @property
    def name(self) -> str:
        """Return its name in findings."""
        return f"{self.root / self.portrait.source}"


def check_datasets(roots: Sequence[Path], on_event: Callable[[Advanced], None] = unheard) -> list[str]:
    """Read every crop, and compare the photos in use with all others.

    Args:
        roots: Folders of data sets. Several must have nobody and no photo in common.
        on_event: Called after every crop.

    Returns:
        A sentence or two for every fault: the file or person, and what to do. Empty if all is well.

    Raises:
        DataError: A folder holds no data set.
    """
    findings: list[str] = []
    looked: list[_Looked] = []
    homes: dict[str, Path] = {}
    sets = [(root, [row for row in read_rows(root, embeddings=False) if row.crop]) for root in roots]
    done, total = count(1), sum(len(rows) for _, rows in sets)
    for root, rows in sets:
        for portrait in rows:
            looked += _look_at(root, portrait, findings)
            on_event(Advanced("photos", next(done), total))
        used = by_person(row for row in rows if row.role in USED)
        if not used:
            findings.append(f"{root} has no usable photo. The column dropped of its manifest says why.")
        for person, group in used.items():
            findings += _person_problems(root, person, group, homes.setdefault(person, root))
    return findings + list(_duplicates(looked))


def _look_at(root: Path, portrait: Portrait, findings: list[str]) -> Iterator[_Looked]:
    """Add what is wrong with a photo to the findings; yield it if nothing is and it is in use."""
    name = str(root / portrait.source)
    try:
        pixels = portrait.pixels()
    except ImageError as error:
        findings.append(f"{name}: its crop is of no use ({error}). Delete the crop and build again.")
        return
    problems = list(_photo_problems(portrait, pixels.shape[:2], name))
    findings += problems
    if portrait.role in USED and not problems:
        yield _Looked(root, portrait, fingerprint(pixels, portrait.points(), portrait.mask()))


def _photo_problems(portrait: Portrait, shape: tuple[int, ...], name: str) -> Iterator[str]:
    size = portrait.size
    if shape != (size, size):
        yield f"{name}: its crop is of {shape}, not {(size, size)}. Delete the crop and build again."
        return
    if portrait.role not in USED:
        return
    left, top, right, bottom = portrait.real
    if not (0 <= left < right <= size and 0 <= top < bottom <= size):
        yield f"{name}: its real rectangle {portrait.real} does not fit a crop of {size}. Build again."
        return
    if (right - left) * (bottom - top) < SMALLEST_REAL * size**2:
        yield f"{name}: most of its crop is padding. Take the photo out and build again."
    points = portrait.points()
    outside = np.maximum((left, top) - points, points - (right - 1, bottom - 1)).max(axis=1) / size
    if outside[:17].max() > JAW_SLACK or outside[17:].max() > FACE_SLACK:
        yield f"{name}: its landmarks lie {outside.max() * size:.0f} px outside. Take it out and build again."


def _person_problems(root: Path, person: str, group: Sequence[Portrait], home: Path) -> Iterator[str]:
    guides = sum(portrait.guide for portrait in group)
    if len(group) > 1 and guides != 1:
        yield f"{root}: {person} has {guides} guide images instead of one. Build again."
    if len({portrait.split for portrait in group}) > 1:
        yield f"{root}: {person} is in several splits, so nothing measured counts. Build again."
    if home != root:
        yield f"{person} is in {home} and in {root}. Rename one of the two people, or take one out."


def _duplicates(looked: Sequence[_Looked]) -> Iterator[str]:
    """Find one photo under two people, or in two splits or data sets."""
    if not looked:
        return
    prints = np.stack([photo.print for photo in looked])
    plain, mirrored = _unit(prints), _unit(prints[:, :, ::-1])
    homes = np.unique(
        [f"{p.root}/{p.portrait.split}/{p.portrait.person}" for p in looked], return_inverse=True
    )[1]
    for start in range(0, len(looked), _ROWS):
        part = plain[start : start + _ROWS]
        alike = np.maximum(part @ plain.T, part @ mirrored.T) > PLAUSIBLE
        alike &= homes[start : start + _ROWS, None] < homes
        for one, other in np.argwhere(alike) + np.array([start, 0]):
            coarse = float(likeness(prints[[one, other]])[0, 1])
            faces = (partial(_aligned, looked[i].portrait) for i in (one, other))
            if is_near_duplicate(coarse, *faces):
                yield (
                    f"{looked[one].name} and {looked[other].name} are one photo, but not of one person and "
                    "split. Take one of them out and build again."
                )


def _aligned(portrait: Portrait) -> AlignedFace:
    return aligned(portrait.pixels(), portrait.points(), portrait.mask())


def _unit(prints: AnyArray) -> FloatArray:
    """Return (N, 1024) of unit norm, so that products of two are correlations; unseen pixels are 0."""
    values = np.where(prints == np.iinfo(np.int8).min, 0, prints).reshape(len(prints), -1).astype(np.float32)
    norms = np.linalg.norm(values, axis=1, keepdims=True)
    return np.asarray(values / np.maximum(norms, 1e-6), dtype=np.float32)
