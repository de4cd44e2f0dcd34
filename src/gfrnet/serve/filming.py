"""Scan a film, look at a moment of it, and restore it, in a worker.

The room of films is loaded on demand, because it needs an extra of its own.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gfrnet import faces, images
from gfrnet.batch import Existing
from gfrnet.errors import DataError
from gfrnet.restore import GuideSet, RestoreOptions
from gfrnet.serve.desk import Desk
from gfrnet.serve.film_desk import (
    FOUND,
    PREVIEW,
    REPORT,
    RESULT,
    SCAN,
    SIDE,
    Found,
    FoundPerson,
    FoundTrack,
    result_film,
    track_picture,
)
from gfrnet.serve.film_orders import FilmFile, FilmPreviewOrder, FilmRestoreOrder, FilmScanOrder
from gfrnet.serve.order_parts import Picture
from gfrnet.serve.restoring import Cancelled, Outcome
from gfrnet.work import Advanced, Noted

if TYPE_CHECKING:
    from gfrnet.film import CastNotes, Film, FilmOptions, FilmReport, FilmScan, Track

_LEAST_SHARE, _LEAST_SECONDS, _MOST_SECONDS = 0.002, 0.5, 60.0
"""Share of the whole and seconds after which progress is told. After a minute it is a sign of life."""

_DOUBTS = 100
"""Most faces in the list of those to look at."""


@dataclass(frozen=True)
class Reel:
    """Hold what a job of a film needs beside its order.

    Attributes:
        scan: The order that names the film.
        paths: Files in folders of the server, by folder and name.
        model: Name or path of the model.
    """

    scan: FilmScanOrder
    paths: Mapping[str, str]
    model: str

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Reel:
        """Take it from what the server gives to a worker."""
        return cls(FilmScanOrder.model_validate(given["scan"]), given["paths"], given["model"])

    def path(self, desk: Desk, file: FilmFile) -> Path:
        """Return where a film or a portrait lies."""
        if isinstance(file, Picture):
            return Path(desk.names[file.file])
        return Path(self.paths[f"{file.folder}/{file.name}"])

    def open(self, desk: Desk) -> Film:
        """Open the film.

        Raises:
            FilmError: It is none, or is broken.
            MissingExtraError: The extra ``film`` is not installed.
        """
        from gfrnet.film import Film

        return Film.open(self.path(desk, self.scan.film), deinterlace=self.scan.deinterlace)


class _Telling:
    """Tell what a job does, and how far it is. That is not told too often, for events stay on the disk.

    Args:
        desk: What the job needs.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._what, self._done, self._at = desk, "", 0, 0.0

    def hear(self, event: object) -> None:
        """Send an event of the library to the server."""
        from gfrnet.film import ShotRecord

        match event:
            case Advanced(what=what, done=done, total=total):
                self._advance(what, done, total)
            case Noted(text=text):
                self._desk.tell("note", {"text": text})
            case ShotRecord(shot=shot):
                segments = (self._desk.out / RESULT).glob(f"*.gfrnet/segments/{shot:06d}.mkv")
                size = sum(path.stat().st_size for path in segments)
                self._desk.tell("shot", {"record": event.model_dump(mode="json"), "bytes": size})

    def _advance(self, what: str, done: int, total: int | None) -> None:
        waited = time.monotonic() - self._at
        goes = waited >= _LEAST_SECONDS and done - self._done >= _LEAST_SHARE * (total or 0)
        if what == self._what and done != total and not goes and waited < _MOST_SECONDS:
            return
        self._what, self._done, self._at = what, done, time.monotonic()
        self._desk.tell("progress", {"what": what, "done": done, "total": total})


def scan_film(desk: Desk, _: FilmScanOrder, given: Mapping[str, Any]) -> Outcome:
    """Find the shots and the people of a film, and keep a small picture of each face.

    Raises:
        FilmError: It cannot be read, or changes meanwhile.
        Cancelled: The job is to end.
    """
    reel = Reel.of(given)
    film = reel.open(desk)
    found = film.scan(desk.out / SCAN, on_event=_Telling(desk).hear, stopped=desk.stopped)
    if found is None:
        raise Cancelled
    for track in found.tracks:
        if track.pictures:
            images.write_bytes(track.pictures[0], track_picture(desk.out, track.number))
    told = _found(reel.scan.film.name, film, found)
    images.write_text(told.model_dump_json(), desk.out / FOUND)
    return Outcome({"name": told.name, "shots": told.shots, "people": len(told.people)})


def _found(name: str, film: Film, scan: FilmScan) -> Found:
    """Return what is told of a scan."""
    people = tuple(
        FoundPerson(
            person=person.number,
            frames=scan.frames_of(person),
            tracks=tuple(_track(scan, scan.tracks[number]) for number in person.tracks),
        )
        for person in scan.people
    )
    return Found(
        name=name,
        width=scan.film.width,
        height=scan.film.height,
        frames=scan.film.frames,
        seconds=round(scan.film.seconds, 3),
        rate=round(scan.film.rate, 3),
        codec=film.facts.codec,
        words=film.facts.words,
        shots=len(scan.shots),
        estimate=round(film.effort(scan).seconds, 1),
        people=people,
    )


def _track(scan: FilmScan, track: Track) -> FoundTrack:
    from gfrnet.film import clock

    start, stop = track.first / scan.film.rate, (track.last + 1) / scan.film.rate
    return FoundTrack(
        track=track.number,
        start=round(start, 3),
        time=f"{clock(start)}-{clock(stop)}",
        frames=len(track),
        width=round(track.quality.size, 1),
        sharpness=round(track.quality.sharpness, 3),
        picture=bool(track.pictures),
    )


@dataclass(frozen=True, eq=False)
class _Work:
    """Hold a film with its scan and the portraits of its people."""

    film: Film
    scan: FilmScan
    portraits: Mapping[str, GuideSet]
    notes: CastNotes
    options: FilmOptions
    telling: _Telling

    @classmethod
    def of(cls, desk: Desk, reel: Reel, order: FilmPreviewOrder | FilmRestoreOrder) -> _Work:
        """Open all that a preview and a restoration need.

        Raises:
            GfrnetError: The film or a portrait cannot be used, or the film is no longer that of the scan.
        """
        from gfrnet.film import CastNotes, FilmOptions, prepared

        kept = desk.jobs / order.scan / "out" / SCAN
        if not kept.is_file():
            raise DataError("The scan of this film is not here any more. Scan the film again.")
        telling, film = _Telling(desk), reel.open(desk)
        restore = RestoreOptions(
            strength=order.strength,
            fidelity=order.fidelity,
            force=order.force,
            max_megabytes=desk.max_megabytes,
        )
        files = {each.name: [reel.path(desk, file) for file in each.portraits] for each in order.people}
        portraits = prepared(files, restore, telling.hear)
        notes = CastNotes({each.name: each.tracks for each in order.people if each.tracks is not None})
        scan = film.scan(kept, portraits, notes)
        assert scan is not None, "it is kept already"
        options = FilmOptions(restore=restore, stable=order.stable, cast=notes, existing=Existing.KEEP)
        return cls(film, scan, portraits, notes, options, telling)

    def likeness(self) -> Iterator[dict[str, Any]]:
        """Yield how much each person resembles the portraits."""
        from gfrnet.film.cast import resemblance
        from gfrnet.film.portraits import identities

        named = {person.name: person for person in self.scan.people}
        for portraits in identities(self.portraits):
            name = portraits.name
            person = named.get(name)
            if person is None:
                yield {"name": name, "frames": 0, "similarity": None, "same_person": "no"}
                continue
            similarity, sharpness = resemblance(self.scan.tracks, person.tracks, portraits)
            probability = faces.certainty(similarity, sharpness)
            accepted = similarity >= faces.needed_similarity(sharpness)
            yield {
                "name": name,
                "frames": self.scan.frames_of(person),
                "similarity": round(similarity, 4),
                "same_person": "yes" if accepted else "unsure" if probability >= faces.DOUBTFUL else "no",
            }


def preview_film(desk: Desk, order: FilmPreviewOrder, given: Mapping[str, Any]) -> Outcome:
    """Draw faces of a moment before and after, each beside its portrait.

    Raises:
        NoFaceError: The moment shows no face of a person with a portrait.
        GfrnetError: The film or a portrait cannot be used.
        Cancelled: The job is to end.
    """
    reel = Reel.of(given)
    work = _Work.of(desk, reel, order)
    done = work.film.preview(
        desk.out / PREVIEW,
        work.portraits,
        work.options,
        at=order.at,
        scan=work.scan,
        model=reel.model,
        on_event=work.telling.hear,
        stopped=desk.stopped,
    )
    if done is None:
        raise Cancelled
    return Outcome({"name": reel.scan.film.name, "people": list(work.likeness())})


def restore_film(desk: Desk, order: FilmRestoreOrder, given: Mapping[str, Any]) -> Outcome:
    """Restore the faces of people in a film, and go on where a worker or server ended.

    Raises:
        GfrnetError: The film or a portrait cannot be used, or the disk is full.
        Cancelled: The job is to end. Finished shots stay, and the same job goes on with them.
    """
    from gfrnet.film import FilmReport

    reel = Reel.of(given)
    done = result_film(desk.out)
    if done is not None:
        report = FilmReport.model_validate_json((desk.out / REPORT).read_text("utf-8"))
    else:
        report, done = _restored(desk, order, reel)
    if order.compare and not (desk.out / SIDE).exists():
        compared = reel.open(desk).compare(
            done, desk.out / SIDE, start=order.start, on_event=_Telling(desk).hear, stopped=desk.stopped
        )
        if compared is None:
            raise Cancelled
    return Outcome(_result(report, done))


def _restored(desk: Desk, order: FilmRestoreOrder, reel: Reel) -> tuple[FilmReport, Path]:
    """Restore a film; the report is written last, so that a film with one is finished."""
    from gfrnet.film.folder import WorkFolder

    work = _Work.of(desk, reel, order)
    options = replace(work.options, codec=order.codec, crf=order.crf, start=order.start, stop=order.stop)
    out = desk.out / RESULT / f"{work.film.source.path.stem}_restored{_suffix(work.film, order)}"
    _take_over(desk, order, out.parent)
    report = work.film.restore(
        out,
        work.portraits,
        options,
        scan=work.scan,
        model=reel.model,
        on_event=work.telling.hear,
        stopped=desk.stopped,
    )
    if report.status != "finished":
        raise Cancelled
    told = report.model_copy(update={"film": reel.scan.film.name, "output": out.name, "model": desk.model})
    images.write_text(told.model_dump_json(indent=2) + "\n", desk.out / REPORT)
    WorkFolder.beside(out).remove()
    return told, out


def _take_over(desk: Desk, order: FilmRestoreOrder, folder: Path) -> None:
    """Make the folder of a result, with the finished shots of a job that was stopped where there are any."""
    before = desk.jobs / str(order.after) / "out" / RESULT
    if order.after is not None and before.is_dir() and not folder.exists():
        part = folder.with_name("taken")
        shutil.rmtree(part, ignore_errors=True)
        # Files of the work are replaced and never changed, so both jobs may have them.
        shutil.copytree(before, part, copy_function=os.link)
        part.rename(folder)
    folder.mkdir(exist_ok=True)


def _suffix(film: Film, order: FilmRestoreOrder) -> str:
    """Return the ending of the result: as asked for, else that of the film where it holds everything."""
    from gfrnet.film.media import choose_coding, fitting_suffix

    if order.container != "same":
        return f".{order.container}"
    coding = choose_coding(film.facts, order.codec, order.crf, film.source.is_interlaced)
    return fitting_suffix(film.source, coding).suffix


def _result(report: FilmReport, done: Path) -> dict[str, Any]:
    from gfrnet.film import doubts

    statuses = [track.status for shot in report.shots for track in shot.tracks]
    return {
        "name": done.name,
        "bytes": done.stat().st_size,
        "frames": report.frames,
        "codec": report.codec,
        "shots": len(report.shots),
        "faces": {status: statuses.count(status) for status in sorted(set(statuses))},
        "people": [person.model_dump(mode="json") for person in report.people if person.portraits],
        "words": [*report.lost, *report.words],
        "doubts": [vars(doubt) for doubt in doubts(report, _DOUBTS)],
        "seconds": report.seconds,
    }
