"""Open an album: photos of a family, the people on them, and what is known and decided about both."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from gfrnet import work
from gfrnet.album import queries
from gfrnet.album.damage import begin_again, check
from gfrnet.album.decisions import Decided, Decision, Decisions, FaceKey, as_box
from gfrnet.album.guides import GuideFinder, guides_of
from gfrnet.album.index import DamagedIndexError, Index
from gfrnet.album.model import AlbumFace, By, NamedPhoto, Person, Question
from gfrnet.album.naming import written_names
from gfrnet.album.people import ask, regroup
from gfrnet.album.places import FOLDER, is_album, some_folders
from gfrnet.album.resolve import faces_spoken_of
from gfrnet.album.restore_plan import RestorePlan, WhichFaces, plan_restoring
from gfrnet.album.restoring import How, RestoreEvent, estimate_seconds, restore_planned
from gfrnet.album.scan import ScanEvent, ScanSummary, remembered_roots, scan
from gfrnet.album.store import failures, put_sidecar
from gfrnet.album.table import load_table
from gfrnet.album.walk import Listed
from gfrnet.batch import PhotoRecord
from gfrnet.errors import Advice, DataError, PlanError
from gfrnet.faces import FUSED
from gfrnet.files import as_path
from gfrnet.lock import locked
from gfrnet.work import Noted, Stopped

_GROUPED = "grouped"
"""Name of the fact that says what the groups of people were made from."""


class Album:
    """Know the people on many photos. Several processes may use one album; each thread needs its own object.

    >>> from gfrnet.album import Album
    >>> album = Album.open("photos")  # doctest: +SKIP
    >>> album.scan()  # doctest: +SKIP
    >>> for person in album.people():  # doctest: +SKIP
    ...     print(person.label, person.faces)

    Originals are never written. Everything lies in the album's folder. An index there can be made again.
    Beside it are the decisions of people, which are only appended to.

    Args:
        folder: The folder of the album.
        photos: Folders to scan when none is named.

    Raises:
        DataError: The folder cannot be written to, or a newer program made the album.
    """

    def __init__(self, folder: Path, photos: Sequence[Path] = ()) -> None:
        self.folder = folder
        self._photos = tuple(photos) or ((folder.parent,) if folder.name == FOLDER else ())
        self._index = Index(folder)
        self._decisions = Decisions(folder)

    @classmethod
    def open(cls, folder: str | Path, album: str | Path | None = None) -> Album:
        """Open the album of a folder of photos, or make it.

        Args:
            folder: A folder of photos, or the folder of an album.
            album: Folder in which the album lies or will lie; None for ``.gfrnet-album`` in ``folder``.

        Raises:
            DataError: The folder is missing or cannot be written to, or a newer program made the album.
        """
        folder = as_path(folder)
        if album is not None:
            return cls(as_path(album), (folder,))
        if not os.path.isdir(folder):
            raise DataError(f"{folder} is no folder. Name a folder of photos, or of an album.")
        if is_album(folder):
            return cls(folder)
        return cls(folder / FOLDER, (folder,))

    @classmethod
    def find(cls, start: Path) -> Album:
        """Open the album that lies in a folder or in one above it.

        Raises:
            DataError: There is none.
        """
        for folder in (start.absolute(), *start.absolute().parents):
            if is_album(folder / FOLDER):
                return cls(folder / FOLDER, (folder,))
        raise DataError(
            f"There is no album in {start.absolute()} or above it. Scan a folder of photos first, or name "
            "the folder of the album.",
            advice=(Advice.SCAN_PHOTOS, Advice.PLACE_ALBUM),
        )

    def __enter__(self) -> Album:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the index."""
        self._index.close()

    @property
    def made_again(self) -> Path | None:
        """Return where a damaged index was put aside; None where it was whole. Scan again after that."""
        return self._index.made_again

    @property
    def unread_decisions(self) -> str | None:
        """Tell that lines of the decisions cannot be read; None where all can."""
        return self._decisions.unread()

    @property
    def roots(self) -> tuple[Path, ...]:
        """Return the folders of photos that were scanned, or will be."""
        return remembered_roots(self._index) or self._photos

    def scan(
        self,
        folders: Sequence[str | Path] = (),
        *,
        workers: int = 2,
        on_event: Callable[[ScanEvent], None] = work.unheard,
        stopped: Stopped = work.never,
    ) -> ScanSummary:
        """Look at the photos that are new or changed, and group their faces.

        An album without decisions takes over the names that an earlier one wrote into sidecars. A damaged
        index is put aside (`made_again`) and made again.

        Args:
            folders: Folders of photos; none for those of all scans so far.
            workers: Number of processes.
            on_event: Hears events as they happen.
            stopped: Asked before every photo. If true, the scan ends soon; the same scan goes on.

        Raises:
            DataError: A folder is missing, the disk is full, or another scan works on this album.
        """
        unread = self.unread_decisions
        if unread:
            on_event(Noted(unread))

        def scanned(folders: Sequence[Path]) -> ScanSummary:
            spoken = faces_spoken_of(self._decisions.read()[0])
            claimed = {photo: [as_box(key) for key in keys] for photo, keys in spoken.items()}
            found = scan(self._index, folders, claimed, workers=workers, on_event=on_event, stopped=stopped)
            if not found.stopped and not self._decisions.path.exists():
                self._decisions.append(written_names(self._index, load_table(self._index)))
            self._refresh()
            return found

        given = [as_path(folder) for folder in folders]
        with self._scanning():
            try:
                check(self._index)
                return scanned(some_folders(given or self.roots))
            except DamagedIndexError:
                known = begin_again(self._index, self._photos)
            on_event(Noted(f"The index was damaged. It lies in {self.made_again} now, and is made again."))
            return scanned(some_folders(dict.fromkeys([*map(Path.absolute, given), *known])))

    def failures(self) -> Iterator[tuple[Path, str]]:
        """Yield every photo that cannot be read, with the reason."""
        return failures(self._index)

    def people(self, most: int | None = None, skip: int = 0) -> tuple[Person, ...]:
        """Return the people: those with names by name, then groups, the largest first.

        Args:
            most: Number of people; None for all.
            skip: Number of people to leave out at the beginning.
        """
        self._refresh()
        return queries.people(self._index, queries.births(self._index), most, skip)

    def person(self, label: str) -> Person:
        """Return a person by name or number.

        Raises:
            PlanError: There is none.
        """
        self._refresh()
        return queries.person(self._index, queries.births(self._index), label)

    def faces(
        self,
        person: str | None = None,
        by: Sequence[By] = (),
        most: int | None = None,
        skip: int = 0,
    ) -> tuple[AlbumFace, ...]:
        """Return faces, the surest of a person first.

        Args:
            person: Label of a person; None for the faces of all, and those that belong to nobody.
            by: Only those of whom these say whom they show; none for all.
            most: Number of faces; None for all.
            skip: Number of faces to leave out at the beginning.

        Raises:
            PlanError: There is no such person.
        """
        self._refresh()
        return queries.faces(self._index, person, by, most, skip)

    def faces_around(self, worn: float, most: int = 6) -> tuple[tuple[AlbumFace, ...], ...]:
        """Return the faces hardly worn more than this, 0..1, and those hardly less, nearest first."""
        self._refresh()
        return queries.faces_around(self._index, worn, most)

    def faces_with_ids(self, ids: Sequence[int]) -> tuple[AlbumFace, ...]:
        """Return faces by their numbers in the index, without those that are gone."""
        return queries.faces_with_ids(self._index, ids)

    def face(self, label: str) -> AlbumFace:
        """Return a face by its label, or by its photo and its place there, such as ``wedding.jpg:2``.

        The beginning of a label is enough where it fits one face only. A photo of one face needs no place.
        Its path begins at the current folder, or at a folder that was scanned.

        Raises:
            PlanError: There is none.
        """
        self._refresh()
        try:
            return queries.face(self._index, label)
        except PlanError:
            for root in self.roots:
                with suppress(PlanError):
                    return queries.face(self._index, str(root / label))
            raise

    def count_people(self) -> tuple[int, int]:
        """Return the number of people, and of those with names."""
        self._refresh()
        return queries.count_people(self._index)

    def counts(self) -> dict[By, int]:
        """Return the number of faces by who says whom they show."""
        self._refresh()
        return queries.counts(self._index)

    def named_photos(self) -> Iterator[NamedPhoto]:
        """Yield every file on which somebody with a name surely is, or was when names were written there."""
        self._refresh()
        yield from queries.named_photos(self._index)

    def note_sidecar(self, photo: Path) -> None:
        """Read the sidecar of a photo again, which was written just now. The next scan does so, too."""
        with self._index.changing() as connection:
            put_sidecar(connection, Listed(photo, size=0, changed=0, sidecar=1))

    def thumbnail(self, face: int) -> bytes:
        """Return the small picture of a face as JPEG, by its number in the index."""
        return queries.thumbnail(self._index, face)

    def guides_for(self, face: AlbumFace, most: int = FUSED) -> tuple[AlbumFace, ...]:
        """Return the good photos of a face's person that guide it best, pinned ones first.

        Args:
            face: The face.
            most: Largest number of guides.
        """
        self._refresh()
        return GuideFinder(self._index).find(face, most)

    def guides(self, person: str) -> tuple[AlbumFace, ...]:
        """Return all faces that may guide a person: pinned ones, then the clearest, and banned ones last.

        Raises:
            PlanError: There is no such person.
        """
        self._refresh()
        return guides_of(self._index, person)

    def plan(self, out: str | Path, which: WhichFaces | None = None) -> RestorePlan:
        """Plan the restoring of bad faces, without writing anything.

        Args:
            out: Folder of the results.
            which: Which faces to restore; None for the bad ones of all people who are surely known.

        Raises:
            PlanError: There is no such person, or the folder holds photos of the album.
        """
        self._refresh()
        return plan_restoring(self._index, self.roots, as_path(out), which or WhichFaces())

    def estimate(self, plan: RestorePlan, how: How | None = None) -> float | None:
        """Return about how many seconds a plan takes, measured on a few photos; None if all of them fail."""
        return estimate_seconds(self._index, plan, how or How())

    def restore(
        self,
        out: str | Path | RestorePlan,
        which: WhichFaces | None = None,
        *,
        how: How | None = None,
        on_event: Callable[[RestoreEvent], None] = work.unheard,
        stopped: Stopped = work.never,
    ) -> Iterator[PhotoRecord]:
        """Restore bad faces, each with good photos of its own person, and write the photos to another folder.

        Args:
            out: Folder of the results, or a plan.
            which: Which faces to restore, unless there is a plan; None as in `plan`.
            how: How to restore; None for the defaults.
            on_event: Hears events as they happen.
            stopped: Asked before every photo; if true, the iteration ends.

        Yields:
            One record a photo, as soon as its result is written. Failed ones do not stop the others.

        Raises:
            PlanError: As `plan`.
            WriteError: The folder cannot be written to.
        """
        planned = out if isinstance(out, RestorePlan) else self.plan(out, which)
        yield from restore_planned(self._index, planned, how or How(), on_event=on_event, stopped=stopped)

    def key(self, face: AlbumFace) -> FaceKey:
        """Return the lasting name of a face, for decisions."""
        return queries.keys(self._index, [face.id])[0]

    def keys(self, faces: Sequence[AlbumFace]) -> tuple[FaceKey, ...]:
        """Return the lasting names of faces, for decisions."""
        return queries.keys(self._index, [face.id for face in faces])

    def faces_of(self, keys: Sequence[FaceKey]) -> tuple[AlbumFace, ...]:
        """Return the faces of lasting names; those whose photo is not there are left out."""
        self._refresh()
        return queries.with_keys(self._index, keys)

    def decide(self, *decisions: Decision) -> str:
        """Write decisions down as one step, and return its name. When this returns they are on the disk.

        Raises:
            DataError: They cannot be written.
        """
        return self._decisions.append(decisions)

    def last_step(self) -> tuple[Decided, ...]:
        """Return the decisions of the last step, which `undo` would take back; none where no step is left."""
        return self._decisions.last()

    def undo(self, step: str | None = None) -> tuple[Decision, ...]:
        """Take back the last step, if it has this name, and return its decisions; none where there is none.

        Raises: As `decide`.
        """
        return tuple(each.decision for each in self._decisions.undo(step))  # type: ignore[misc]

    def questions(self, most: int = 10) -> tuple[Question, ...]:
        """Return pairs of groups that may be one person, those first whose answer helps most."""
        self._refresh()
        return ask(self._index, self._decisions.read()[0], most)

    def _refresh(self) -> None:
        """Group the faces anew where photos or decisions have changed."""
        if self._index.fact(_GROUPED) == self._state():
            return
        with self._held("people.lock"):
            state = self._state()
            if self._index.fact(_GROUPED) != state:
                regroup(self._index, self._decisions.read()[0], (_GROUPED, state))

    def _state(self) -> str:
        """Return a digest of all that the groups are made from."""
        return f"{self._decisions.digest()} {self._index.fact('changes') or 0}"

    @contextmanager
    def _scanning(self) -> Iterator[None]:
        try:
            with locked(self.folder / "scan.lock", wait=False):
                yield
        except BlockingIOError as error:
            raise DataError(
                "Another scan works on this album. Wait until it has finished; what it finds counts here, "
                "too."
            ) from error

    @contextmanager
    def _held(self, name: str) -> Iterator[None]:
        try:
            with locked(self.folder / name, wait=True):
                yield
        except OSError as error:
            raise DataError(
                f"{self.folder} cannot be written to ({error.strerror}). Allow writing there, or name "
                "another folder for the album.",
                advice=(Advice.PLACE_ALBUM,),
            ) from error
