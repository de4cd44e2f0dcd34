"""From a collection of photographs to a data set of face crops (section 4.1)."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass, replace
from itertools import groupby, repeat
from multiprocessing import get_context
from pathlib import Path

from gfrnet.data.journal import JOURNAL, Journal
from gfrnet.data.layouts import Layout, PhotoFile, find_photos, root_of
from gfrnet.data.manifest import (
    CARD,
    USED,
    Card,
    Format,
    Portrait,
    kind_of_reason,
    read_card,
    write_card,
    write_rows,
)
from gfrnet.data.people import one_person_twice, split_of
from gfrnet.data.portray import CROPS, ImageFormat, Seen, portray
from gfrnet.data.select import finish_person
from gfrnet.data.synthetic import LAYOUT as SYNTHETIC
from gfrnet.data.workers import start_worker
from gfrnet.errors import DataError
from gfrnet.types import FloatArray

_WINDOW = 256
"""Photos that are given to the processes at a time, per process."""

_REAL_DETAIL = 0.375
"""Share of the crop's side that must be real detail, unless asked otherwise: 96 of 256 pixels."""


@dataclass(frozen=True)
class Settings:
    """How a data set is built.

    Attributes:
        layout: How the photos lie on the disk.
        size: Side of the crops, pixels.
        image_format: Of the crops.
        per_person: At most so many photos of each person, the guide included (5 in the paper); 0 for all.
        min_resolution: Pixels of real detail along the crop's side, at least; 0.375 of the side if None.
        self_guide: Keep people of one photo; the layout "singles" always does.
        val: Share of the people in the split "val"; 0 for no splits.
        manifest: Format of the manifest.
    """

    layout: Layout = "auto"
    size: int = 256
    image_format: ImageFormat = "png"
    per_person: int = 0
    min_resolution: float | None = None
    self_guide: bool = False
    val: float = 0.0
    manifest: Format = "csv"

    def __post_init__(self) -> None:
        if self.per_person == 1:
            raise DataError(
                "One photo per person leaves no target beside the guide. Ask for 2 or more, or 0."
            )
        if not 0 <= self.val < 1:
            raise DataError(f"The share of the split val must be 0 or more and below 1, got {self.val}.")
        if self.detail > self.size:
            raise DataError(
                f"No crop of {self.size} pixels has {self.detail:g} of detail. Ask for larger crops or less."
            )

    @property
    def keep_single(self) -> bool:
        """Whether people of one photo are kept."""
        return self.self_guide or self.layout == "singles"

    @property
    def detail(self) -> float:
        """Pixels of real detail that a crop must have along its side."""
        return _REAL_DETAIL * self.size if self.min_resolution is None else self.min_resolution


@dataclass(frozen=True)
class Built:
    """What came of a build.

    Attributes:
        manifest: The manifest.
        photos: Number of photos found.
        people: Number of people with a photo in use.
        roles: Number of photos by role.
        dropped: Number of photos by the kind of reason.
        notes: What somebody should look at.
    """

    manifest: Path
    photos: int
    people: int
    roles: dict[str, int]
    dropped: dict[str, int]
    notes: tuple[str, ...]

    @property
    def used(self) -> int:
        """Number of photos in use."""
        return sum(self.roles.get(role, 0) for role in USED)


def build(
    source: Path,
    target: Path,
    settings: Settings | None = None,
    workers: int = 2,
    on_photo: Callable[[], None] = lambda: None,
) -> Built:
    """Build a data set: find, cut out and measure the faces, then decide per person what is used for what.

    Photos that are not used stay in the manifest with the reason. What is done is written down at once: an
    interrupted build goes on where it stopped, and a repeated one does only what has changed. Crops that no
    row names any more are deleted.

    Args:
        source: A collection of photos in one of the `layouts`; nothing in it is touched.
        target: Where crops and manifest go; must not be inside ``source``.
        settings: The defaults if None.
        workers: Processes.
        on_photo: Called for every photo.

    Raises:
        DataError: There are no photos, ``target`` overlaps ``source``, has crops of other making, is being
            written by another build or cannot be written, or a process died.
        WriteError: A crop cannot be written.
    """
    settings = settings or Settings()
    if _overlap(root_of(source).resolve(), target.resolve()):
        raise DataError(
            f"{target} and {source} overlap, and photos are never touched. Choose another output folder."
        )
    if (target / CROPS).exists() and not _is_built(target):
        raise DataError(
            f"{target / CROPS} is not of gfrnet data build's making. Choose another output folder."
        )
    photos = find_photos(source, settings.layout)
    look = {"size": settings.size, "image_format": settings.image_format}
    with Journal(target, look, settings.size) as journal:
        # Without its card a half-built data set cannot be taken for a whole one.
        (target / CARD).unlink(missing_ok=True)
        _portray_all(photos, target, settings, workers, journal, on_photo)
        tally = _Tally(settings)
        manifest = write_rows(target, tally.counted(_finished(photos, journal)), settings.manifest)
        built = tally.built(manifest, len(photos))
        made = asdict(settings) | {"min_resolution": settings.detail}
        write_card(target, Card(settings.manifest, settings.size, made, built.notes))
        _delete_others(target, tally.crops)
        journal.compact(photos)
    return built


def _is_built(target: Path) -> bool:
    """Whether the crops of a folder come from here, and not from somebody else or `write_synthetic`."""
    if (target / JOURNAL).exists() or not (target / CARD).exists():
        return (target / JOURNAL).exists()
    return read_card(target).settings.get("layout") != SYNTHETIC


def _overlap(source: Path, target: Path) -> bool:
    return target.is_relative_to(source) or source.is_relative_to(target / CROPS)


def _delete_others(target: Path, kept: Container[str]) -> None:
    """Delete crops of photos that are gone, and what killed processes left."""
    try:
        for part in target.glob(".gfrnet-*.part"):
            part.unlink()
        for place, _, files in os.walk(target / CROPS, topdown=False):
            for path in (os.path.join(place, name) for name in files):
                if path not in kept:
                    os.unlink(path)
            if not os.listdir(place):
                os.rmdir(place)
    except OSError as error:
        raise DataError(f"Old crops cannot be deleted ({error}). Delete them, or build again.") from error


def _portray_all(
    photos: Sequence[PhotoFile],
    target: Path,
    settings: Settings,
    workers: int,
    journal: Journal,
    on_photo: Callable[[], None],
) -> None:
    todo = [photo for photo in photos if not journal.holds(photo)]
    for _ in range(len(photos) - len(todo)):
        on_photo()
    if not todo:
        return
    done = 0
    # Spawned, not forked: OpenCV's and ONNX Runtime's threads do not survive a fork.
    with ProcessPoolExecutor(workers, get_context("spawn"), start_worker) as pool:
        try:
            for start in range(0, len(todo), _WINDOW * workers):
                window = todo[start : start + _WINDOW * workers]
                rest = repeat(target), repeat(settings.size), repeat(settings.image_format)
                for photo, seen in zip(window, pool.map(portray, window, *rest, chunksize=4), strict=True):
                    journal.add(photo, seen)
                    done += 1
                    on_photo()
        except BrokenProcessPool as error:
            raise DataError(
                f"A process died at {todo[done].path} or soon after it, perhaps for want of memory. Run the "
                "same command again, it goes on where it stopped; with --workers 1 it needs least. If it "
                "dies there again, take that photo out."
            ) from error
        finally:
            pool.shutdown(cancel_futures=True)


def _finished(photos: Sequence[PhotoFile], journal: Journal) -> Iterator[list[tuple[Seen, ...]]]:
    """The photos of one person after the other."""
    for _, group in groupby(photos, key=lambda photo: photo.person):
        yield [journal.read(photo) for photo in group]


class _Tally:
    """Decides for one person after the other, and counts.

    Attributes:
        crops: The crops of all rows.
    """

    def __init__(self, settings: Settings) -> None:
        self.crops: set[str] = set()
        self._settings = settings
        self._people = 0
        self._means: dict[str, FloatArray] = {}
        self._roles: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._notes: list[str] = []

    def counted(self, people: Iterator[list[tuple[Seen, ...]]]) -> Iterator[Portrait]:
        """Every row of the manifest."""
        wanted = self._settings
        for photos in people:
            finished = finish_person(photos, wanted.per_person, wanted.keep_single, wanted.detail)
            self._notes += finished.notes
            self._people += any(portrait.role in USED for portrait in finished.portraits)
            if finished.mean is not None:
                self._means[finished.portraits[0].person] = finished.mean
            self.crops.update(str(portrait.crop) for portrait in finished.portraits if portrait.crop)
            for portrait in finished.portraits:
                self._roles[portrait.role] += 1
                self._dropped[kind_of_reason(portrait.dropped)] += 1
                split = split_of(portrait.person, wanted.val) if portrait.role else ""
                yield replace(portrait, split=split)

    def built(self, manifest: Path, photos: int) -> Built:
        """The sum."""
        notes = (*self._notes, *one_person_twice(self._means))
        roles = {role: count for role, count in self._roles.items() if role}
        dropped = {reason: count for reason, count in self._dropped.most_common() if reason}
        return Built(manifest, photos, self._people, roles, dropped, notes)
