"""Restore the faces of a film: open it, scan it, look at a preview, and restore it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gfrnet import images, weights
from gfrnet.files import as_path
from gfrnet.film.cast import CastNotes, cast, notes_of
from gfrnet.film.compare import compare, viewing_copy
from gfrnet.film.estimate import measured_effort
from gfrnet.film.fingerprint import film_print
from gfrnet.film.keeping import ScanOrigin, load_scan, save_scan
from gfrnet.film.media import FilmFacts, FilmSource, Joined
from gfrnet.film.options import FilmOptions
from gfrnet.film.outcome import FilmReport
from gfrnet.film.portraits import identities, prepared
from gfrnet.film.preview import Preview
from gfrnet.film.records import FilmScan
from gfrnet.film.restoring import RestoreJob
from gfrnet.film.scanning import Effort, scan
from gfrnet.film.settings import frame_range
from gfrnet.restore import RestoreOptions
from gfrnet.restore.restorer import Guides
from gfrnet.work import Stopped, never, unheard


@dataclass(frozen=True, eq=False)
class Film:
    """Hold an open film, and do with it what restorers do.

    >>> film = Film.open("old.mkv")  # doctest: +SKIP
    >>> report = film.restore("new.mkv", {"anna": ["anna.jpg"]}, FilmOptions(codec="ffv1"))  # doctest: +SKIP
    >>> [track.person for shot in report.shots for track in shot.tracks]  # doctest: +SKIP
    ['anna', 'person 2']

    Attributes:
        source: The film, whose frames can be read.
    """

    source: FilmSource

    @classmethod
    def open(cls, path: Path | str, *, deinterlace: str = "auto") -> Film:
        """Open a film. All packets are read once, to number the frames.

        Args:
            path: A video file.
            deinterlace: What to do with fields: ``auto``, ``no``, ``bwdif`` or ``ivtc``.

        Raises:
            UnreadableFilmError: It is no film, holds no video, or is broken.
            FilmChangedError: Another program changed it meanwhile.
            ConfigError: An argument is none of those named here.
        """
        return cls(FilmSource.open(path, deinterlace=deinterlace))

    @property
    def facts(self) -> FilmFacts:
        """Return what is known of the film before its frames are looked at."""
        return self.source.facts

    def scan(
        self,
        file: Path | None = None,
        portraits: Mapping[str, Guides] | None = None,
        notes: CastNotes | None = None,
        *,
        start: float | None = None,
        stop: float | None = None,
        on_event: Callable[[object], None] = unheard,
        stopped: Stopped = never,
    ) -> FilmScan | None:
        """Find the shots, the tracks of faces and the people of the film.

        Args:
            file: File in which the scan is kept, ending in ``.npz``. One of this very film is used instead of
                scanning again, and one of another film is refused.
            portraits: Good pictures of people, by their names.
            notes: What was put right by hand.
            start: Second at which to begin; None for the beginning.
            stop: Second before which to end; None for the end. Frames outside the range have no faces.
            on_event: Called with `Advanced` of ``frames``, `Noted`, and a `Scanned` in the end.
            stopped: Called before each frame; if true, the scan ends at once.

        Returns:
            What was found; None if the scan was stopped.

        Raises:
            FilmError: The film cannot be read, or changed.
            DataError: The file is that of another film or damaged, or the notes name unknown tracks.
            GfrnetError: A portrait cannot be used.
            WriteError: The file cannot be written.
        """
        first, last = frame_range(self.source, start, stop)
        origin = ScanOrigin(film_print(self.source), first, last)
        given = identities(prepared(portraits or {}, RestoreOptions(), on_event))
        if file is not None and file.exists():
            found = load_scan(file, origin)
            kept_notes = notes or notes_of(found)
            return replace(found, people=cast(found.tracks, given, kept_notes))
        scanned = scan(
            self.source, on_event, portraits=given, notes=notes, start=first, stop=last, stopped=stopped
        )
        if scanned is not None and file is not None:
            images.check_place(file, [self.source.path])
            save_scan(scanned, file, origin)
        return scanned

    def effort(self, scan: FilmScan, workers: int = 1) -> Effort:
        """Estimate what restoring takes on this machine; a second is measured for it.

        Args:
            scan: What was found in the film.
            workers: Processes at a time.
        """
        return measured_effort(self.source, scan, workers)

    def preview(
        self,
        out: Path | str,
        portraits: Mapping[str, Guides],
        options: FilmOptions | None = None,
        *,
        at: float | None = None,
        scan: FilmScan | None = None,
        model: str | Path = weights.DEFAULT,
        on_event: Callable[[object], None] = unheard,
        stopped: Stopped = never,
    ) -> Path | None:
        """Draw faces before and after, with their portraits beside, into one picture.

        Nothing else is written.

        Args:
            out: The picture, such as ``preview.png`` or ``preview.jpg``. One that exists is not replaced,
                unless it is a sheet of gfrnet.
            portraits: Good pictures of people, by their names.
            options: How to restore; None for the defaults.
            at: Second of the film to show. About a second around it is read, and no scan is needed. None
                shows the worst faces of the scan.
            scan: What was found in the film; None scans it first where ``at`` is None.
            model: Name or path of the model.
            on_event: Called with `Advanced` and `Noted`.
            stopped: Called between pieces of work; if true, nothing is written.

        Returns:
            ``out``; None if it was stopped.

        Raises:
            NoFaceError: The moment, or the film, shows no face of a person with a portrait.
            GfrnetError: A portrait or the film cannot be used.
            WriteError: The picture cannot be written.
        """
        options = options or FilmOptions()
        guides = prepared(portraits, options.restore, on_event)
        look = Preview(self.source, guides, options, str(model), on_event, stopped)
        return look.draw(as_path(out), at, scan)

    def restore(
        self,
        out: Path | str,
        portraits: Mapping[str, Guides],
        options: FilmOptions | None = None,
        *,
        scan: FilmScan | None = None,
        model: str | Path = weights.DEFAULT,
        on_event: Callable[[object], None] = unheard,
        stopped: Stopped = never,
    ) -> FilmReport:
        """Restore the faces of the people with portraits, and write the film.

        The work folder ``OUT.gfrnet`` beside the result holds the finished shots. A run that was killed goes
        on with ``FilmOptions(existing=Existing.KEEP)``, and loses at most the shots that were in work.

        Args:
            out: The new film, with one of the endings of `SUFFIXES`.
            portraits: Good pictures of people, by their names.
            options: How to restore; None for the defaults.
            scan: What was found in the film; None scans it first, or takes the scan of the work folder.
            model: Name or path of the model.
            on_event: Called with `Advanced` of ``frames`` while it is scanned, and of ``restored frames``. It
                also hears `Noted`, and a `ShotRecord` for each shot when it is finished.
            stopped: Called before each shot, and now and then inside one. If true, no more is begun.

        Returns:
            What became of the film. Its status tells whether it was finished or stopped.

        Raises:
            FilmError: The film cannot be read, changed meanwhile, or cannot be written.
            WriteError: The result or its work folder exists and is not to be replaced, or is in use.
            DataError: The work folder was made with other settings, or the cast names unknown tracks.
            GfrnetError: A portrait cannot be used, or a process died.
        """
        options, out = options or FilmOptions(), as_path(out)
        guides = prepared(portraits, options.restore, on_event)
        return RestoreJob(self.source, out, guides, options, str(model), scan, on_event, stopped).run()

    def viewing_copy(
        self,
        out: Path | str,
        *,
        codec: str = "x264",
        crf: int | None = None,
        on_event: Callable[[object], None] = unheard,
        stopped: Stopped = never,
    ) -> Joined | None:
        """Write the film once more with another codec, with its sound and all else copied.

        This makes a small film to look at from a master.

        Args:
            out: The new film; one that exists is not replaced.
            codec: One of `CODECS`.
            crf: Quality of x264 and x265, 0..51; None for 17 and 18.
            on_event: Called with `Advanced` of ``frames`` and with `Noted`.
            stopped: Called before each frame; if true, nothing is written.

        Returns:
            The film that was written; None if it was stopped.
        """
        return viewing_copy(self.source, as_path(out), codec, crf, on_event, stopped)

    def compare(
        self,
        result: Path | str,
        out: Path | str,
        *,
        start: float | None = None,
        crf: int | None = None,
        on_event: Callable[[object], None] = unheard,
        stopped: Stopped = never,
    ) -> Joined | None:
        """Write a film that shows before and after side by side, with a line between and the sound.

        Args:
            result: The restored film.
            out: The new film, coded with x264; one that exists is not replaced.
            start: Second of this film at which the result begins; None for the beginning.
            crf: Quality of x264, 0..51; None for 17.
            on_event: Called with `Advanced` of ``frames`` and with `Noted`.
            stopped: Called before each frame; if true, nothing is written.

        Returns:
            The film that was written; None if it was stopped.

        Raises:
            FilmError: The result has other frames than the film, or a film cannot be read or written.
        """
        return compare(self.source, as_path(result), as_path(out), start, crf, on_event, stopped)
