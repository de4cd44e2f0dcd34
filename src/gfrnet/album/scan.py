"""Scan folders of photos: look at what is new or changed, and write at once what is found."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TypeAlias

from gfrnet import work
from gfrnet.album.index import Index
from gfrnet.album.look import Failed, SeenPhoto, add_faces, look
from gfrnet.album.moves import as_prefix, count_moves, missed
from gfrnet.album.store import (
    KnownPath,
    drop_paths,
    known_paths,
    known_sizes,
    note_change,
    photo_with,
    put_failure,
    put_path,
    put_photo,
    put_sidecar,
)
from gfrnet.album.walk import Listed, walk
from gfrnet.errors import DataError, GfrnetError, WorkerDiedError
from gfrnet.files import kept_within
from gfrnet.restore import content_hash
from gfrnet.types import Box
from gfrnet.work import Advanced, Noted, Stopped

ScanEvent: TypeAlias = Advanced | Noted
"""An event of a scan: how far it is, or what a person should read."""

_FLUSH_SECONDS, _FLUSH_PHOTOS = 1.0, 32
"""Time and number of photos after which what was found is written. A killed scan loses no more."""

_ROOTS = "roots"


@dataclass(frozen=True)
class ScanSummary:
    """Count what a scan met.

    Attributes:
        listed: Photos in the folders.
        looked: Photos that were looked at, because they are new or changed.
        moved: Known photos at a new place, whose earlier file is gone.
        copies: Further files of known photos whose earlier file is still there.
        gone: Files whose photo is nowhere any more.
        failed: Files that cannot be read, with the reason.
        stopped: Whether it was stopped before its end. The same scan then goes on.
    """

    listed: int
    looked: int
    moved: int
    copies: int
    gone: int
    failed: tuple[Failed, ...]
    stopped: bool


Claimed: TypeAlias = Mapping[str, Sequence[Box]]
"""Faces that people have spoken of, by the hash of the photo's file or of its pixels."""


def remembered_roots(index: Index) -> tuple[Path, ...]:
    """Return the folders of all scans so far.

    Raises:
        DamagedIndexError: The index does not tell.
    """
    with index.parsed():
        return tuple(
            Path(os.fsdecode(bytes.fromhex(root))) for root in json.loads(index.fact(_ROOTS) or "[]")
        )


def scan(
    index: Index,
    folders: Sequence[Path],
    claimed: Claimed,
    *,
    workers: int = 2,
    on_event: Callable[[ScanEvent], None] = work.unheard,
    stopped: Stopped = work.never,
) -> ScanSummary:
    """Look at every photo below folders that is new or changed.

    Args:
        index: The index.
        folders: Folders of photos.
        claimed: Faces of which people have spoken. They stay faces, whatever the detector says.
        workers: Number of processes.
        on_event: Hears events as they happen.
        stopped: Asked before every photo; if true, the scan ends soon.

    Raises:
        DataError: A folder is missing, or the index cannot be written.
    """
    _check_folders(folders)
    job = _Scan(index, folders, claimed, workers, on_event, stopped)
    remember(index, folders)
    return job.run()


def _check_folders(folders: Sequence[Path]) -> None:
    for folder in folders:
        if not os.path.isdir(folder):
            raise DataError(
                f"{folder} is no folder that can be reached. Connect its disk, or name another folder. What "
                "is known of its photos is kept."
            )


def remember(index: Index, folders: Sequence[Path]) -> None:
    """Note that folders belong to the album."""
    roots = dict.fromkeys([*remembered_roots(index), *(Path(os.path.abspath(each)) for each in folders)])
    text = json.dumps([os.fsencode(root).hex() for root in roots])
    with index.changing() as connection:
        connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (_ROOTS, text))


@dataclass
class _Scan:
    """Do one scan, and count."""

    index: Index
    folders: Sequence[Path]
    claimed: Claimed
    workers: int
    on_event: Callable[[ScanEvent], None]
    stopped: Stopped
    unlisted: list[Path] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    found: dict[bytes, int] = field(default_factory=dict)
    looked: int = 0

    def run(self) -> ScanSummary:
        known = known_paths(self.index)
        listed = self._listed()
        new = [each for path, each in listed.items() if not _is_known(known.get(path), each)]
        unseen = self._found_again(new)
        self._read_sidecars(
            [each for path, each in listed.items() if _has_new_sidecar(known.get(path), each)]
        )
        self._look(unseen)
        stopped = self.stopped()
        gone = [] if stopped else self._gone(known, listed)
        changed = {os.fsencode(each.path) for each in unseen} & known.keys()
        moves = count_moves(known, self.found, {*gone, *changed})
        if gone:
            with self.index.changing() as connection:
                drop_paths(connection, gone)
                note_change(connection)
        counts = (len(listed), self.looked, moves.moved, moves.copies, moves.gone)
        return ScanSummary(*counts, tuple(self.failed), stopped)

    def _listed(self) -> dict[bytes, Listed]:
        listed: dict[bytes, Listed] = {}
        for folder in dict.fromkeys(Path(os.path.abspath(each)) for each in self.folders):
            for found in walk(folder, self._unlisted):
                listed[os.fsencode(found.path)] = found
        return listed

    def _unlisted(self, folder: Path, error: OSError) -> None:
        self.unlisted.append(folder)
        self.on_event(
            Noted(
                f"{folder} cannot be listed ({error.strerror}). Allow reading it. What is known of its "
                "photos is kept."
            )
        )

    def _found_again(self, new: Sequence[Listed]) -> list[Listed]:
        """Give known photos their new places; return the files whose content is new."""
        sizes, unseen = known_sizes(self.index), list[Listed]()
        found: list[tuple[Listed, int]] = []
        for number, each in enumerate(new, 1):
            if self.stopped():
                break
            photo = self._known_photo(each) if each.size in sizes else None
            if photo is None:
                unseen.append(each)
                continue
            found.append((each, photo))
            if number % 100 == 0:
                self.on_event(Advanced("files", number, len(new)))
        if found:
            with self.index.changing() as connection:
                for each, photo in found:
                    put_path(connection, each, photo)
                note_change(connection)
        self.found = {os.fsencode(each.path): photo for each, photo in found}
        return unseen

    def _known_photo(self, listed: Listed) -> int | None:
        try:
            return photo_with(self.index, content_hash(listed.path))
        except DataError:
            raise
        except GfrnetError:
            return None  # looking at it says why

    def _read_sidecars(self, changed: Sequence[Listed]) -> None:
        """Read who is where from sidecars that are new or changed, though their photos are not."""
        if changed and not self.stopped():
            with self.index.changing() as connection:
                for each in changed:
                    put_sidecar(connection, each)
                note_change(connection)

    def _look(self, unseen: Sequence[Listed]) -> None:
        files = {each.path: each for each in unseen}
        waiting: list[SeenPhoto | Failed] = []
        written = monotonic()
        try:
            for done, found in enumerate(_looked(list(files), self.workers, self.stopped), 1):
                waiting.append(self._completed(found))
                if len(waiting) >= _FLUSH_PHOTOS or monotonic() - written > _FLUSH_SECONDS:
                    self._write(waiting, files)
                    waiting, written = [], monotonic()
                self.on_event(Advanced("photos", done, len(files)))
        finally:
            self._write(waiting, files)

    def _completed(self, found: SeenPhoto | Failed) -> SeenPhoto | Failed:
        """Add faces that people have spoken of and the detector has not found."""
        if isinstance(found, Failed):
            if not found.lasting:
                _check_folders(self.folders)
            return found
        boxes = [*self.claimed.get(found.content, ()), *self.claimed.get(found.pixels, ())]
        return add_faces(found, boxes)

    def _write(self, waiting: Sequence[SeenPhoto | Failed], files: Mapping[Path, Listed]) -> None:
        if not waiting:
            return
        with self.index.changing() as connection:
            for found in waiting:
                listed = files[found.path]
                if isinstance(found, Failed):
                    put_failure(connection, listed, found)
                    self.failed.append(found)
                else:
                    put_path(connection, listed, put_photo(connection, found, listed.size))
                    self.looked += 1
            note_change(connection)

    def _gone(self, known: Mapping[bytes, KnownPath], listed: Mapping[bytes, Listed]) -> list[bytes]:
        """Return files that are no longer there; not those whose folder vanished or cannot be listed."""
        if not all(os.path.isdir(folder) for folder in self.folders):
            return []
        for folder in self.folders:
            photos = missed(folder, known, listed, self.found)
            if photos:
                self.unlisted.append(folder)
                self.on_event(Noted(_empty(folder, photos, self.index.path)))
        roots = [as_prefix(folder) for folder in self.folders]
        hidden = tuple(as_prefix(folder) for folder in self.unlisted)
        return [
            path
            for path in known
            if path not in listed and path.startswith(tuple(roots)) and not path.startswith(hidden)
        ]


def _empty(folder: Path, photos: int, index: Path) -> str:
    """Tell that a folder is empty which was not. A folder that holds the decisions is not to be removed."""
    holds = os.fsencode(os.path.abspath(index)).startswith(as_prefix(folder))
    remedy = "put another photo there" if holds else "remove this folder and scan the one above it"
    return (
        f"{folder} holds no photo any more, but {photos} are known from there. If it is a disk, connect it. "
        f"What is known of them is kept. To forget them, {remedy}."
    )


def _is_known(known: KnownPath | None, listed: Listed) -> bool:
    return known is not None and known.fits(listed)


def _has_new_sidecar(known: KnownPath | None, listed: Listed) -> bool:
    return (
        known is not None
        and known.photo is not None
        and known.fits(listed)
        and known.sidecar != listed.sidecar
    )


def _looked(paths: Sequence[Path], workers: int, stopped: Stopped) -> Iterator[SeenPhoto | Failed]:
    """Look at photos in several processes. A file that kills its process is found out, and reported."""
    left = dict.fromkeys(paths)
    while left and not stopped():
        begun: list[Path] = []
        try:
            for path, found in work.run(
                _look_here(), _noting(list(left), begun), workers, ahead=workers, stopped=stopped
            ):
                del left[path]
                yield found
        except WorkerDiedError:
            for path in [path for path in begun if path in left]:
                del left[path]
                yield _looked_alone(path)


def _look_here() -> Callable[[Path], SeenPhoto | Failed]:
    """Return what looks at photos in another process, which reads no more than this one may."""
    return partial(look, within=kept_within())


def _noting(paths: Sequence[Path], begun: list[Path]) -> Iterator[Path]:
    for path in paths:
        begun.append(path)
        yield path


def _looked_alone(path: Path) -> SeenPhoto | Failed:
    try:
        return next(found for _, found in work.run(_look_here(), [path], 1))
    except WorkerDiedError:
        reason = f"{path} makes the process that reads it die. Save it anew with another program."
        return Failed(path, reason, lasting=True)
