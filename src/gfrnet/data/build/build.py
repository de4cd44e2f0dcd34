"""Build a data set of face crops from a collection of photographs (section 4.1)."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import groupby, islice
from pathlib import Path

from gfrnet.data.build.journal import JOURNAL, Journal
from gfrnet.data.build.layouts import PhotoFile, list_photos, root_of
from gfrnet.data.build.portray import Seen, portray
from gfrnet.data.build.settings import BuildSettings
from gfrnet.data.build.tally import Built, Tally
from gfrnet.data.manifest import CARD, CROPS, Card, read_card, write_card, write_rows
from gfrnet.data.synthetic import LAYOUT as SYNTHETIC
from gfrnet.errors import Advice, DataError, WorkerDiedError
from gfrnet.work import Advanced, run, unheard


def build_dataset(
    source: Path,
    target: Path,
    settings: BuildSettings | None = None,
    workers: int = 2,
    on_event: Callable[[Advanced], None] = unheard,
) -> Built:
    """Build a data set: cut out and measure every face, then decide per person which photo serves for what.

    Photos that are not used stay in the manifest with the reason. Finished photos are
    written down at once, so an interrupted build goes on where it stopped. A repeated one does only what has
    changed. Crops
    without a row are deleted at the end.

    Args:
        source: A collection of photos in one of the `layouts`; nothing in it is touched.
        target: Folder of crops and manifest; must not be inside ``source``.
        settings: How it is built; the defaults if None.
        workers: Number of processes.
        on_event: Called after every photo; photos of an earlier run count as one event.

    Raises:
        DataError: There are no photos, or ``target`` overlaps ``source``, holds foreign crops, is written by
            another build or cannot be written.
        WorkerDiedError: A process died.
        WriteError: A crop cannot be written.
    """
    settings = settings or BuildSettings()
    _check_folders(source, target)
    photos = list_photos(source, settings.layout)
    look = {"size": settings.size, "image_format": settings.image_format}
    with Journal(target, look, settings.size) as journal:
        # Without its card a half-built data set cannot be taken for a whole one.
        (target / CARD).unlink(missing_ok=True)
        look_at = partial(portray, root=target, size=settings.size, image_format=settings.image_format)
        _portray_all(photos, look_at, workers, journal, on_event)
        tally = Tally(settings)
        manifest = write_rows(target, tally.counted(_finished(photos, journal)), settings.manifest)
        built = tally.built(manifest, len(photos))
        made = asdict(settings) | {"min_resolution": settings.detail}
        write_card(target, Card(settings.manifest, settings.size, made, built.notes))
        _delete_others(target, tally.crops)
        journal.compact(photos)
    return built


def _check_folders(source: Path, target: Path) -> None:
    if _overlap(root_of(source).resolve(), target.resolve()):
        raise DataError(
            f"{target} and {source} overlap, and photos are never touched. Choose another output folder.",
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )
    if (target / CROPS).exists() and not _is_built(target):
        raise DataError(
            f"{target / CROPS} was not made by building a data set. Choose another output folder.",
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )


def _is_built(target: Path) -> bool:
    """Say whether a build made the crops of a folder, and not somebody else or `write_synthetic`."""
    if (target / JOURNAL).exists() or not (target / CARD).exists():
        return (target / JOURNAL).exists()
    return read_card(target).settings.get("layout") != SYNTHETIC


def _overlap(source: Path, target: Path) -> bool:
    return target.is_relative_to(source) or source.is_relative_to(target / CROPS)


def _delete_others(target: Path, kept: Container[str]) -> None:
    """Delete crops of photos that are gone, and remains of killed processes."""
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
    look_at: Callable[[PhotoFile], tuple[Seen, ...]],
    workers: int,
    journal: Journal,
    on_event: Callable[[Advanced], None],
) -> None:
    """Write down the faces of every photo that the journal does not hold yet."""
    left = dict.fromkeys(photo for photo in photos if not journal.holds(photo))
    if len(left) < len(photos):
        on_event(Advanced("photos", len(photos) - len(left), len(photos)))
    if not left:
        return
    try:
        for photo, seen in run(look_at, tuple(left), workers, ahead=workers):
            journal.add(photo, seen)
            del left[photo]
            on_event(Advanced("photos", len(photos) - len(left), len(photos)))
    except WorkerDiedError as error:
        # Photos are begun in their order, so the first that are left were at hand.
        at_hand = ", ".join(str(photo.path) for photo in islice(left, workers))
        raise WorkerDiedError(
            f"A process died at {at_hand} or soon after, perhaps because memory ran out. Do the same again; "
            "it goes on where it stopped, and one process alone needs least memory. If it dies there again, "
            "take that photo out.",
            advice=error.advice,
        ) from error


def _finished(photos: Sequence[PhotoFile], journal: Journal) -> Iterator[list[tuple[Seen, ...]]]:
    """Yield the photos of one person after the other."""
    for _, group in groupby(photos, key=lambda photo: photo.person):
        yield [journal.read(photo) for photo in group]
