"""Restore a film: scan it, tell who is who, restore each shot, and join all to a film."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from gfrnet import images
from gfrnet.batch import Existing
from gfrnet.errors import Advice, ConfigError, FilmWriteError, WriteError
from gfrnet.film.cast import cast, notes_of
from gfrnet.film.crew import Progress, restored_pieces
from gfrnet.film.fingerprint import digest, file_print, film_print
from gfrnet.film.folder import WorkFolder
from gfrnet.film.guides import people_guides
from gfrnet.film.keeping import ScanOrigin
from gfrnet.film.media import (
    Coding,
    FilmSource,
    Joined,
    bytes_needed,
    check_ending,
    check_space,
    choose_coding,
    join,
)
from gfrnet.film.options import FilmOptions
from gfrnet.film.outcome import FilmReport, PersonRecord, ShotRecord
from gfrnet.film.portraits import identities
from gfrnet.film.records import FilmScan, Shot
from gfrnet.film.scanning import scan as scan_film
from gfrnet.film.settings import Settings, check_same, frames_of, model_print, settings_of, shot_print
from gfrnet.film.shot_work import Piece, ShotTask, Studio, pieces
from gfrnet.restore import GuideSet
from gfrnet.version import __version__
from gfrnet.work import Noted, Stopped, never, unheard

Listener = Callable[[object], None]


@dataclass(frozen=True, eq=False)
class RestoreJob:
    """Hold one job: what is restored, how, and where to.

    Attributes:
        source: The film.
        out: The new film.
        portraits: Guides by the names of people (`portraits.prepared`).
        options: How to restore.
        model: Name or path of the model.
        scan: What was found in the film; None scans it, or takes the scan of the work folder.
        on_event: Called with events.
        stopped: Called to learn whether to stop.
    """

    source: FilmSource
    out: Path
    portraits: Mapping[str, GuideSet]
    options: FilmOptions
    model: str
    scan: FilmScan | None = None
    on_event: Listener = field(default=unheard, repr=False)
    stopped: Stopped = field(default=never, repr=False)

    def run(self) -> FilmReport:
        """Do the job (see `Film.restore`)."""
        begun = time.monotonic()
        coding = self._checked_coding()
        folder = WorkFolder.beside(self.out)
        self._check_names(folder)
        model = model_print(self.model)
        with folder.held():
            known = self._begin(folder)
            found = self._scanned(folder)
            if found is None:
                return self._report(begun, coding, None, (), None)
            found = self._named(found)
            settings = settings_of(self.source, coding, model, found, self.portraits, self.options)
            before = folder.settings()
            if before is not None:
                check_same(before, settings, folder.path, self.options.shots is not None)
            else:
                self._check_redo(folder)
                folder.keep_settings(settings)
            report = self._restored(begun, folder, coding, found, settings, known)
        if report.status == "finished" and not self.options.keep:
            folder.remove()
        return report

    def _checked_coding(self) -> Coding:
        """Check what can be checked before any work, and tell what a person should know."""
        frames_of(self.source, self.options)
        coding = choose_coding(
            self.source.facts, self.options.codec, self.options.crf, self.source.is_interlaced
        )
        lost = check_ending(self.out, self.source, coding)
        words = [*self.source.facts.words, *coding.words]
        if lost:
            container = self.out.suffix[1:].upper()
            words.append(f"{container} does not hold {', '.join(lost)} of the film. MKV holds most.")
        for text in words:
            self.on_event(Noted(text))
        return coding

    def _check_names(self, folder: WorkFolder) -> None:
        files = [file for guides in self.portraits.values() for file in guides.files]
        images.check_place(self.out, images.Inputs([self.source.path, *files]))
        folder.check_ours()
        going_on = self.options.existing is Existing.KEEP or self.options.shots is not None
        if self.options.existing is Existing.REFUSE and not going_on:
            images.check_free(self.out, overwrite=False)
            if folder.exists:
                raise WriteError(
                    f"{folder.path} exists already, with the work of an earlier run. Go on with it, "
                    "begin anew, or choose another name.",
                    advice=(Advice.RESUME, Advice.OVERWRITE, Advice.CHOOSE_ANOTHER_NAME),
                )

    def _begin(self, folder: WorkFolder) -> bool:
        """Begin anew or go on; return whether a film of this name may be replaced in the end."""
        if self.options.existing is Existing.REPLACE and self.options.shots is None:
            folder.clear()
            if self.out.exists():
                # A killed run that is gone on with must know that this one may be replaced.
                folder.keep_written((file_print(self.out),), "")
            return True
        films, _ = folder.written()
        if self.out.exists() and not (films and file_print(self.out) in films):
            images.check_free(self.out, overwrite=False)
        return self.out.exists()

    def _check_redo(self, folder: WorkFolder) -> None:
        if self.options.shots is not None:
            folder.remove()
            raise ConfigError(
                f"{folder.path} is missing, so no single shot can be restored again. Restore the whole film.",
                advice=(Advice.START_OVER,),
            )

    def _scanned(self, folder: WorkFolder) -> FilmScan | None:
        """Return the scan that was given, that of the folder, or a new one; None if it was stopped."""
        start, stop = frames_of(self.source, self.options)
        origin = ScanOrigin(film_print(self.source), start, stop)
        found = self.scan or folder.scan(origin)
        if found is None:
            found = scan_film(self.source, self.on_event, start=start, stop=stop, stopped=self.stopped)
            if found is not None:
                folder.keep_scan(found, origin)
        return found

    def _named(self, scan: FilmScan) -> FilmScan:
        """Name the people by portraits and by hand, and check what was asked for them."""
        notes = self.options.cast or notes_of(scan)
        people = cast(scan.tracks, identities(self.portraits), notes)
        found = {person.name for person in people}
        for name in self.portraits:
            if name not in found:
                self.on_event(
                    Noted(
                        f"Nobody in the film surely resembles the portraits of {name}. Write {name} into the "
                        "cast of the film, or give other portraits."
                    )
                )
        for name in self.options.people:
            if name not in found:
                raise ConfigError(
                    f"Nobody in the film is named {name}. Check the names of people and portraits."
                )
        for number in (*(self.options.shots or ()), *self.options.shot_wishes):
            if not 0 <= number < len(scan.shots):
                raise ConfigError(f"The film has shots 0 to {len(scan.shots) - 1}, and no shot {number}.")
        return replace(scan, people=people)

    def _restored(
        self,
        begun: float,
        folder: WorkFolder,
        coding: Coding,
        scan: FilmScan,
        settings: Settings,
        known: bool,
    ) -> FilmReport:
        """Restore the shots that are not finished, and join all."""
        guides = people_guides(scan, self.portraits)
        tasks = self._tasks(scan, guides, settings)
        kept, todo = self._split(folder, tasks)
        self._check_space(folder, coding, todo, tasks)
        studio = Studio(self.source, _light(scan), guides, self.options, folder, self.model)
        progress = Progress(
            sum(len(task.shot) for task in tasks),
            sum(record.stop - record.start for record in kept),
            self.on_event,
        )
        progress.tell()
        records = {record.shot: record for record in kept}
        for record in restored_pieces(studio, todo, self.options.workers, progress, self.stopped):
            records[record.shot] = record
            self.on_event(record)
        shots = tuple(records[number] for number in sorted(records))
        joined = None
        if len(shots) == len(tasks) and not self.stopped():
            joined = self._joined(folder, tasks, known)
        report = self._report(begun, coding, scan, shots, joined)
        folder.keep_report(report.model_dump_json(indent=2) + "\n")
        return report

    def _tasks(self, scan: FilmScan, guides: Mapping[int, GuideSet], settings: Settings) -> list[ShotTask]:
        start, stop = frames_of(self.source, self.options)
        found, redo = list[ShotTask](), self.options.shots
        for number, shot in enumerate(scan.shots):
            if shot.start < stop and shot.stop > start:
                part = Shot(max(shot.start, start), min(shot.stop, stop))
                key = shot_print(number, part, scan, guides, settings, self.options)
                again = redo is not None and number in redo
                found.append(ShotTask(number, part, key, again, stays=redo is not None and not again))
        return found

    def _split(self, folder: WorkFolder, tasks: list[ShotTask]) -> tuple[list[ShotRecord], list[Piece]]:
        """Return the records of finished shots, and the pieces with shots that are not."""
        kept = {task.number: task.finished(folder) for task in tasks}
        if any(task.stays and kept[task.number] is None for task in tasks):
            raise ConfigError(
                f"Other shots of {self.out} are not finished. Go on with the whole film first.",
                advice=(Advice.RESUME,),
            )
        done = [record for record in kept.values() if record is not None]
        todo = [piece for piece in pieces(tasks) if any(kept[task.number] is None for task in piece)]
        return done, todo

    def _check_space(
        self, folder: WorkFolder, coding: Coding, todo: list[Piece], tasks: list[ShotTask]
    ) -> None:
        """Check that the shots that are left and the whole film have room."""
        beside = bytes_needed(self.source, coding, 0)
        video = bytes_needed(self.source, coding, 1) - beside
        frames = max(len(self.source.index), 1)
        left = sum(len(task.shot) for piece in todo for task in piece)
        whole = sum(len(task.shot) for task in tasks)
        check_space(folder.path, int(video * (left + whole) / frames + beside * whole / frames))

    def _joined(self, folder: WorkFolder, tasks: list[ShotTask], known: bool) -> Joined:
        """Join the shots, and give the film its name; one that is joined of just these shots stays."""
        numbers = range(tasks[0].number, tasks[-1].number + 1)
        shots = digest(folder.shots_print(numbers))
        films, last = folder.written()
        if known and shots == last and self.out.exists() and file_print(self.out) in films[-1:]:
            return Joined(self.out, sum(len(task.shot) for task in tasks), ())
        part = folder.joined(self.out.suffix.lower())
        start, stop = tasks[0].shot.start, tasks[-1].shot.stop
        segments = [folder.segment(number) for number in numbers]
        joined = join(segments, self.source, part, start=start, stop=stop)
        # It is noted before it gets its name, so that a killed run knows it for its own.
        folder.keep_written((*films, file_print(part)), shots)
        try:
            images.put_in_place(part, self.out, known)
        except FileExistsError:
            images.check_free(self.out, overwrite=False)
            raise
        except OSError as error:
            raise FilmWriteError(
                f"{self.out} cannot be written: {error.strerror}. Choose another name."
            ) from error
        return replace(joined, path=self.out)

    def _report(
        self,
        begun: float,
        coding: Coding,
        scan: FilmScan | None,
        shots: tuple[ShotRecord, ...],
        joined: Joined | None,
    ) -> FilmReport:
        facts = self.source.facts
        width, height = facts.upright_size
        return FilmReport(
            gfrnet=__version__,
            model=self.model,
            film=str(self.source.path),
            status="finished" if joined else "stopped",
            output=str(joined.path) if joined else None,
            codec=coding.codec,
            width=width,
            height=height,
            rate=round(float(facts.rate), 3),
            frames=joined.frames if joined else 0,
            lost=joined.lost if joined else (),
            words=(*facts.words, *coding.words),
            people=tuple(self._people(scan, shots)) if scan else (),
            shots=shots,
            seconds=round(time.monotonic() - begun, 2),
        )

    def _people(self, scan: FilmScan, shots: tuple[ShotRecord, ...]) -> Iterator[PersonRecord]:
        changed = {track.track: track.frames for shot in shots for track in shot.tracks}
        for person in scan.people:
            given = len(self.portraits.get(person.name or "", ()))
            yield PersonRecord(
                person=person.title,
                portraits=given,
                tracks=person.tracks,
                frames=scan.frames_of(person),
                restored=sum(changed.get(number, 0) for number in person.tracks),
                similarity=None if person.similarity is None else round(person.similarity, 4),
            )


def _light(scan: FilmScan) -> FilmScan:
    """Return a scan without pictures, which are not needed in other processes."""
    return replace(scan, tracks=tuple(replace(track, pictures=()) for track in scan.tracks))
