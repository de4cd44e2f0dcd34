"""Scan a film in one pass: shots, tracks of faces, and the people in them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gfrnet.film.cast import CastNotes, Portraits, cast
from gfrnet.film.following import Follower
from gfrnet.film.media import FilmSource
from gfrnet.film.records import FilmScan, FilmSize, Shot
from gfrnet.film.shots import ShotFinder
from gfrnet.film.tracking import make_tracks
from gfrnet.work import Advanced, Stopped, never, unheard

LUMA_WIDTH = 96
"""Width in pixels of the small grey picture of a frame that tells cuts."""

REPORT_EVERY = 25
"""Frames from one report of the progress to the next."""


@dataclass(frozen=True)
class Scanned:
    """Report that a scan is finished.

    Attributes:
        scan: What was found.
    """

    scan: FilmScan


def scan(
    source: FilmSource,
    on_event: Callable[[object], None] = unheard,
    *,
    portraits: Sequence[Portraits] = (),
    notes: CastNotes | None = None,
    start: int = 0,
    stop: int | None = None,
    stopped: Stopped = never,
) -> FilmScan | None:
    """Find the shots, faces and people of a film, in one pass.

    Few frames are in memory at once. A small picture is kept of each frame, and the place of each face.

    Args:
        source: The film.
        on_event: Called with `Advanced` while frames are read, and with `Scanned` in the end.
        portraits: Named people.
        notes: What was put right by hand; it holds only for a film whose tracks are known.
        start: Index of the first frame to look at. What lies before is taken for one shot without a face.
        stop: Index after the last, likewise; None for the end.
        stopped: Called before each frame; if true, the scan ends at once.

    Returns:
        What was found; None if the scan was stopped.

    Raises:
        UnreadableFilmError: Not one frame can be decoded.
        FilmChangedError: Another program changed the film meanwhile.
        ModelError: A network's file is missing or damaged.
    """
    begun, count, whole = time.monotonic(), 0, source.facts.frames
    stop = whole if stop is None else stop
    total = stop - start
    finder, follower = ShotFinder(), Follower()
    for frame in source.frames(start, stop, on_event):
        if stopped():
            return None
        follower.see(frame.index, frame.rgb(), finder.add(frame.luma(LUMA_WIDTH)))
        count += 1
        if count % REPORT_EVERY == 0 or count == total:
            on_event(Advanced("frames", count, total))
    around = [Shot(*ends) for ends in ((0, start), (start + count, whole)) if ends[0] < ends[1]]
    inside = (Shot(shot.start + start, shot.stop + start) for shot in finder.shots())
    shots = tuple(sorted([*around, *inside]))
    tracks = make_tracks(follower.chains(), shots)
    width, height = source.facts.upright_size
    size = FilmSize(width, height, shots[-1].stop if shots else 0, source.facts.seconds)
    found = FilmScan(size, shots, tracks, cast(tracks, portraits, notes), time.monotonic() - begun)
    on_event(Scanned(found))
    return found


@dataclass(frozen=True)
class Effort:
    """Hold what restoring a film takes.

    Attributes:
        faces: Faces on all frames together.
        frames: Frames with a face.
        seconds: Time in one process.
    """

    faces: int
    frames: int
    seconds: float


def effort(scan: FilmScan, face_seconds: float, frame_seconds: float) -> Effort:
    """Estimate what restoring takes.

    Args:
        scan: What was found in the film.
        face_seconds: Time for one face, such as measured on the first faces.
        frame_seconds: Time to decode and to code one frame.
    """
    frames = {spot.frame for track in scan.tracks for spot in track.spots}
    seconds = scan.face_frames * face_seconds + scan.film.frames * frame_seconds
    return Effort(scan.face_frames, len(frames), seconds)
