"""Draw faces of a film before and after restoring, with a portrait beside, without restoring the film."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gfrnet import faces, images
from gfrnet.errors import Advice, NoFaceError
from gfrnet.film.cast import cast, notes_of
from gfrnet.film.cast_file import clock
from gfrnet.film.deciding import TrackPlan
from gfrnet.film.folder import WorkFolder
from gfrnet.film.guides import people_guides
from gfrnet.film.media import FilmSource
from gfrnet.film.options import FilmOptions
from gfrnet.film.portraits import identities
from gfrnet.film.records import FilmScan, Track
from gfrnet.film.scanning import scan as scan_film
from gfrnet.film.settings import frames_of
from gfrnet.film.shot_work import Studio
from gfrnet.images import Tile, contact_sheet, shortened
from gfrnet.restore import GuideSet
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced, Stopped, never, unheard

MOST = 6
"""Most faces of a preview: as many as fit on a screen."""

AROUND = 0.5
"""Seconds before and after the moment of a preview that are read."""

REACH = 4
"""Frames before and after a face that are restored for it, more than steadiness reaches."""


@dataclass(frozen=True, eq=False)
class Preview:
    """Draw previews of one film.

    Attributes:
        source: The film.
        portraits: Guides by the names of people.
        options: How to restore.
        model: Name or path of the model.
        on_event: Called with events.
        stopped: Called to learn whether to stop.
    """

    source: FilmSource
    portraits: Mapping[str, GuideSet]
    options: FilmOptions
    model: str
    on_event: Callable[[object], None] = field(default=unheard, repr=False)
    stopped: Stopped = field(default=never, repr=False)

    def draw(self, out: Path, at: float | None, scan: FilmScan | None) -> Path | None:
        """Draw a preview (see `Film.preview`)."""
        files = [file for guides in self.portraits.values() for file in guides.files]
        inputs = images.Inputs([self.source.path, *files])
        images.check_output(images.as_sheet(np.zeros((1, 1, 3), np.uint8)), out, inputs)
        replaces = images.is_sheet(out)
        images.check_free(out, replaces)
        found = scan or self._scanned(at)
        if found is None:
            return None
        notes = self.options.cast or notes_of(found)
        found = replace(found, people=cast(found.tracks, identities(self.portraits), notes))
        chosen = self._chosen(found, at)
        if not chosen:
            raise NoFaceError(
                "No face of a person with a portrait shows there. Choose another moment, or give a portrait.",
                advice=(Advice.CHOOSE_ANOTHER_GUIDE,),
            )
        rows = []
        guides = people_guides(found, self.portraits)
        nowhere = WorkFolder.beside(out)
        studio = Studio(self.source, found, guides, self.options, nowhere, self.model)
        for number, (track, frame) in enumerate(chosen, start=1):
            if self.stopped():
                return None
            rows.append(tuple(self._row(studio, found, track, frame, whole=scan is not None or at is None)))
            self.on_event(Advanced("faces", number, len(chosen)))
        return images.write(images.as_sheet(contact_sheet(rows)), out, inputs=inputs, replace=replaces)

    def _scanned(self, at: float | None) -> FilmScan | None:
        start, stop = frames_of(self.source, self.options)
        if at is not None:
            near = replace(self.options, start=max(at - AROUND, 0.0), stop=at + AROUND)
            start, stop = frames_of(self.source, near)
        return scan_film(self.source, self.on_event, start=start, stop=stop, stopped=self.stopped)

    def _chosen(self, scan: FilmScan, at: float | None) -> list[tuple[Track, int]]:
        """Return tracks of people with portraits and a frame of each: at the moment, or the least sharp."""
        named = [track for track in scan.tracks if scan.person_of(track).name in self.portraits]
        if at is None:
            worst = sorted(named, key=lambda track: (track.quality.sharpness, track.number))
            return [(track, track.sharpest[0]) for track in worst[:MOST]]
        near = replace(self.options, start=max(at - 1e-3, 0.0), stop=None)
        moment = frames_of(self.source, near)[0]
        reach = round(AROUND * scan.film.rate)
        found = []
        for track in named:
            frame = min(max(moment, track.first), track.last)
            if abs(frame - moment) <= reach:
                found.append((track, frame))
        found.sort(key=lambda each: (abs(each[1] - moment), each[0].number))
        return found[:MOST]

    def _row(
        self, studio: Studio, scan: FilmScan, track: Track, frame: int, *, whole: bool
    ) -> Iterator[Tile]:
        """Yield portrait, before and after. Only the scan of a whole film has its numbers."""
        number = scan.shots.index(track.shot)
        plan = studio.plan(track, number)
        start = max(frame - REACH, track.shot.start)
        stop = min(frame + REACH + 1, track.shot.stop)
        before = after = None
        for one in self.source.frames(start, stop):
            if one.index == frame:
                before = one.rgb()
        for one in studio.changed(self.source.frames(start, stop), [plan], number, lambda _: None):
            if one.index == frame:
                after = one.rgb()
        assert before is not None, "the frame lies in the range"
        assert after is not None, "the frame lies in the range"
        person = scan.person_of(track)
        portrait = self.portraits[str(person.name)].guides[0]
        yield Tile(
            portrait.face.crop, caption=f"{shortened(person.title)}\n{shortened(Path(portrait.name).name)}"
        )
        when = clock(self.source.index.seconds(frame))
        place = f"\nshot {number}, track {track.number}" if whole else ""
        yield Tile(_cut(before, track, frame), caption=f"before, {when}{place}")
        yield Tile(_cut(after, track, frame), caption=_told(plan))


def _told(plan: TrackPlan) -> str:
    if plan.status != "restored":
        return "after\nstays as it was"
    similarity = "" if plan.similarity is None else f"\nsimilarity before {plan.similarity:.2f}"
    return f"after, strength {plan.strength:.2f}{similarity}"


def _cut(picture: UInt8Image, track: Track, frame: int) -> UInt8Image:
    return faces.cut(picture, track.place(frame)).pixels
