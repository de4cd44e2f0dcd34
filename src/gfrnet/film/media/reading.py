"""Read the frames of a film in order, from any of them on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from av.video.frame import VideoFrame

from gfrnet.errors import ConfigError, UnreadableFilmError
from gfrnet.files import as_path
from gfrnet.film.media.decoding import Decoder
from gfrnet.film.media.facts import FilmFacts
from gfrnet.film.media.fields import DEINTERLACERS, FieldWork
from gfrnet.film.media.frame import Frame, Look
from gfrnet.film.media.index import FrameIndex, index_of
from gfrnet.film.media.opening import Stamp, check_unchanged, main_video, opened_film, stamp
from gfrnet.film.media.survey import facts_of, look_of
from gfrnet.work import Noted, unheard

Listener: TypeAlias = Callable[[object], None]

_UNCHANGED_EVERY = 250
"""Frames after which the file is looked at again, to see whether it changed: 10 seconds of film."""


@dataclass(frozen=True, eq=False)
class FilmSource:
    """Hold a film that can be read. Several threads may read it at once, each with a file of its own.

    Attributes:
        facts: What is known of it.
        index: Place in time of every frame that is delivered.
        stamp: What the file was like when it was opened.
        decoder: Its video as it lies in the file.
        fields: What is done with the fields.
        look: How its samples are to be read.
    """

    facts: FilmFacts
    index: FrameIndex = field(repr=False)
    stamp: Stamp = field(repr=False)
    decoder: Decoder = field(repr=False)
    fields: FieldWork = field(repr=False)
    look: Look = field(repr=False)

    @classmethod
    def open(cls, path: Path | str, *, deinterlace: str = "auto", threads: int = 0) -> FilmSource:
        """Open a film. All packets are read once, to number the frames.

        Args:
            path: A video file. Nothing else is opened: no list of files, no network.
            deinterlace: What to do with fields. ``auto`` looks at them and chooses. ``no`` leaves frames as
                they are. ``bwdif`` fills in the lines of one field. ``ivtc`` undoes 3:2 pulldown, which
                leaves 4 of 5 frames.
            threads: Threads that decode; 0 for as many as there are processors.

        Raises:
            UnreadableFilmError: It is no film, holds no video, is broken, or is larger than can be decoded.
            FilmChangedError: Another program changed it meanwhile.
            ConfigError: An argument is none of those named here.
        """
        if deinterlace not in DEINTERLACERS:
            raise ConfigError(f"deinterlace must be one of {', '.join(DEINTERLACERS)}, got {deinterlace!r}.")
        if not isinstance(threads, int) or not 0 <= threads <= 64:
            raise ConfigError(f"threads must be a whole number from 0 to 64, got {threads!r}.")
        path = as_path(path)
        if not path.exists():
            raise UnreadableFilmError(f"{path} does not exist. Give the name of a film.")
        before = stamp(path)
        with opened_film(path) as container:
            number = main_video(path, container).index
        index = index_of(path, number)
        if not len(index):
            raise UnreadableFilmError(f"{path} holds no frame that can be read. Give a complete file.")
        decoder = Decoder(path, number, index, threads)
        survey = facts_of(decoder, deinterlace)
        check_unchanged(path, before)
        fields = survey.fields
        look = look_of(path, survey.facts)
        return cls(survey.facts, fields.index(index), before, decoder, fields, look)

    @property
    def path(self) -> Path:
        """Return the file."""
        return self.decoder.path

    @property
    def stream(self) -> int:
        """Return the number of the video in its file."""
        return self.decoder.stream

    @property
    def is_interlaced(self) -> bool:
        """Return whether frames are delivered with two fields in them."""
        return self.facts.scan != "progressive" and self.fields.mode == "no"

    def frames(
        self, start: int = 0, stop: int | None = None, on_event: Listener = unheard
    ) -> Iterator[Frame]:
        """Yield frames in order of presentation; few are in memory at once.

        A frame that cannot be decoded is stood in for by the one before, so that every index is delivered.

        Args:
            start: Index of the first frame. Decoding begins at the keyframe before.
            stop: Index after the last; None for all.
            on_event: Called with a `Noted` after the last frame, where frames were broken.

        Raises:
            FilmChangedError: Another program changed the file meanwhile.
            UnreadableFilmError: Not one frame can be decoded.
            ConfigError: The indices are none of this film.
        """
        stop = len(self.index) if stop is None else stop
        if not 0 <= start <= stop <= len(self.index):
            raise ConfigError(f"{self.path} has frames 0 to {len(self.index)}, not {start} to {stop}.")
        check_unchanged(self.path, self.stamp)
        keyframes, broken = set(self.index.keyframes), 0
        for decoded in self.fields.frames(self.decoder, start, stop):
            if decoded.number % _UNCHANGED_EVERY == 0:
                check_unchanged(self.path, self.stamp)
            broken += decoded.stands_in
            place = self.index.places[decoded.number]
            seconds = self.index.seconds(decoded.number)
            picture = self._fitted(decoded.picture, decoded.number)
            yield Frame(decoded.number, seconds, place, place in keyframes, self.look, picture)
        check_unchanged(self.path, self.stamp)
        if broken:
            on_event(Noted(f"{broken} frames cannot be decoded. Their neighbours stand in for them."))

    def _fitted(self, picture: VideoFrame, number: int) -> VideoFrame:
        """Give a picture its place, and the size and format of the film, which may change within a file."""
        facts = self.facts
        shape = picture.width, picture.height, picture.format.name
        if shape != (facts.width, facts.height, facts.pixel_format):
            picture = picture.reformat(facts.width, facts.height, facts.pixel_format)
        picture.pts, picture.time_base = self.index.places[number], self.index.time_base
        picture.duration = self.index.duration(number)
        return picture
