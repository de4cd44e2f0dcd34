"""Restore the faces of one shot steadily, in a sliding window of a few frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from gfrnet import faces
from gfrnet.faces import CropPlace
from gfrnet.film.deciding import TrackPlan
from gfrnet.film.gauging import Gauge, TrackMeasures
from gfrnet.film.media import Change, Frame
from gfrnet.film.steady import Link, calmed, fused, link, lock_light
from gfrnet.restore import BegunFace, FaceRun, Restorer, in_own_colours
from gfrnet.types import FloatArray, FloatImage, UInt8Image
from gfrnet.work import unheard

REACH = 2
"""Frames before and after a frame that are fused with it."""

FADE = 4
"""Frames over which a change comes and goes where a track begins or ends within its shot."""

TOGETHER = 4
"""Faces that go through the network at once."""


@dataclass(eq=False)
class _Moment:
    """Hold a face on one frame, on its way through the window.

    Attributes:
        face: The face as it is in the film.
        calm: (256, 256) its picture for the flow.
        result: (256, 256, 3) what the network made of it, [-1, 1].
        after: (256, 256, 3) the face as it will be, [-1, 1].
    """

    face: BegunFace
    calm: FloatArray
    result: FloatImage | None = None
    after: FloatImage | None = None


@dataclass(eq=False)
class _Course:
    """Take one track through the window.

    Attributes:
        plan: What is to become of the track.
        share: Weight of neighbouring frames, 0..1.
        moments: Faces of the last frames.
        links: Ways between them, by their frames.
        last: Last frame that was seen.
        ended: Whether no further frame comes.
    """

    plan: TrackPlan
    share: float
    moments: dict[int, _Moment] = field(default_factory=dict)
    links: dict[tuple[int, int], Link] = field(default_factory=dict)
    gauge: Gauge = field(init=False)
    last: int = -1
    ended: bool = False

    def __post_init__(self) -> None:
        self.gauge = Gauge(self.plan)

    def see(self, index: int, picture: UInt8Image) -> None:
        """Cut the face out of the next frame, and find the ways to the frames before."""
        face = self.plan.face_on(picture, index)
        moment = _Moment(face, calmed(face.seen) if self.share else np.empty(0, np.float32))
        for before in range(index - REACH, index) if self.share else ():
            if before in self.moments:
                there, back = link(self.moments[before].calm, moment.calm)
                self.links[before, index], self.links[index, before] = there, back
        self.moments[index], self.last = moment, index

    def ready(self) -> list[int]:
        """Return the frames whose faces can go through the network."""
        return [n for n, moment in self.moments.items() if moment.result is None and self._is_seen(n)]

    def network_face(self, index: int) -> BegunFace:
        """Return a face whose grain is calmed by its neighbours."""
        face = self.moments[index].face
        others = [(self.moments[n].face.seen, way) for n, way in self._ways(index)]
        return replace(face, seen=fused(face.seen, others, self.share))

    def take(self, index: int, run: FaceRun) -> None:
        """Take the result of a face."""
        moment, result = self.moments[index], run.result
        usable = result is not None and result.finite
        restored = result.at_fidelity(run.face.options.fidelity) if usable and result else moment.face.seen
        moment.result = restored

    def finish(self) -> None:
        """Finish all faces whose neighbours went through the network."""
        for index, moment in self.moments.items():
            around = [n for n in range(index - REACH, index + REACH + 1) if n in self.moments]
            if moment.after is None and self._is_seen(index) and all(self._has_result(n) for n in around):
                moment.after = self._after(index)
                self.gauge.add(index, moment.face.degraded, self._shown(moment))

    def change(self, index: int) -> FloatImage | None:
        """Return the change of a face (256, 256, 3) in [-1, 1]; None where it is not known yet."""
        moment = self.moments[index]
        if moment.after is None:
            return None
        return (self._shown(moment) - moment.face.degraded) * np.float32(self._fade(index))

    def forget(self, index: int) -> None:
        """Forget the frames that no later frame needs."""
        for old in [n for n in self.moments if n < index - REACH]:
            del self.moments[old]
            self.links = {pair: way for pair, way in self.links.items() if old not in pair}

    def _after(self, index: int) -> FloatImage:
        moment = self.moments[index]
        assert moment.result is not None, "only finished by its result"
        others = [(self._result(n), way) for n, way in self._ways(index)]
        if not self.share:
            return in_own_colours(moment.result, moment.face)
        return in_own_colours(fused(moment.result, others, self.share), moment.face, lock_light)

    def _shown(self, moment: _Moment) -> FloatImage:
        """Return a finished face at the strength of its track."""
        assert moment.after is not None, "the face is finished"
        degraded = moment.face.degraded
        return degraded + np.float32(self.plan.strength) * (moment.after - degraded)

    def _ways(self, index: int) -> list[tuple[int, Link]]:
        steps = [n for n in range(index - REACH, index + REACH + 1) if (index, n) in self.links]
        return [(n, self.links[index, n]) for n in steps]

    def _is_seen(self, index: int) -> bool:
        return self.ended or self.last >= min(index + REACH, self.plan.track.last)

    def _has_result(self, index: int) -> bool:
        return self.moments[index].result is not None

    def _result(self, index: int) -> FloatImage:
        result = self.moments[index].result
        assert result is not None, "the neighbours went through the network"
        return result

    def _fade(self, index: int) -> float:
        """Return how much of the change shows: less where the track begins or ends, but not at a cut."""
        track, room = self.plan.track, [1.0]
        if track.first > track.shot.start:
            room.append((index - track.first + 1) / (FADE + 1))
        if track.last < track.shot.stop - 1:
            room.append((track.last - index + 1) / (FADE + 1))
        return min(room)


def restored_shot(
    frames: Iterable[Frame],
    plans: Sequence[TrackPlan],
    restorer: Restorer,
    *,
    stable: float = 1.0,
    on_measures: Callable[[TrackMeasures], None] = unheard,
) -> Iterator[Frame]:
    """Yield the frames of one shot with its tracks restored.

    Few frames are in memory at once. The result depends on the frames of this shot and on the plans alone.

    Args:
        frames: Frames of the shot in order, all or a run of them.
        plans: What is to become of each track. Tracks that are not restored stay as they are.
        restorer: The restorer.
        stable: 0 restores each frame by itself, as a photo. 1 fuses each frame with its neighbours.
        on_measures: Called with the measures of each restored track, when it ends.

    Yields:
        Every frame. A frame without a restored face is the very frame that was given.

    Raises:
        ValueError: ``stable`` is not in 0..1.
        ModelError: The model does not run, or has no texture while ``fidelity`` is below 1.
    """
    if not 0 <= stable <= 1:
        raise ValueError(f"stable must be a number between 0 and 1, got {stable!r}.")
    courses = [_Course(plan, stable) for plan in plans if plan.status == "restored"]
    waiting: deque[Frame] = deque()
    for frame in frames:
        showing = [course for course in courses if course.plan.track.spot(frame.index) is not None]
        if showing:
            picture = frame.rgb()
            for course in showing:
                course.see(frame.index, picture)
        waiting.append(frame)
        _run(courses, restorer, TOGETHER)
        yield from _finished(waiting, courses)
    for course in courses:
        course.ended = True
    _run(courses, restorer, 1)
    yield from _finished(waiting, courses)
    for course in courses:
        on_measures(course.gauge.measures())


def _run(courses: Sequence[_Course], restorer: Restorer, least: int) -> None:
    """Send the faces that are ready through the network, where they are enough."""
    ready = [(course, n) for course in courses for n in course.ready()]
    for start in range(0, len(ready), TOGETHER):
        some = ready[start : start + TOGETHER]
        if len(some) < least:
            break
        runs = restorer.run([course.network_face(n) for course, n in some])
        for (course, n), run in zip(some, runs, strict=True):
            course.take(n, run)
    for course in courses:
        course.finish()


def _finished(waiting: deque[Frame], courses: Sequence[_Course]) -> Iterator[Frame]:
    """Yield the frames from the first on whose faces are all finished."""
    while waiting:
        frame = waiting[0]
        showing = [course for course in courses if frame.index in course.moments]
        changes = [course.change(frame.index) for course in showing]
        if any(change is None for change in changes):
            return
        waiting.popleft()
        yield frame.changed(_placed(frame, showing, [c for c in changes if c is not None]))
        for course in courses:
            course.forget(frame.index)


def _placed(frame: Frame, courses: Sequence[_Course], changes: Sequence[FloatImage]) -> list[Change]:
    """Return the changes of all faces at their places in the frame. Where faces overlap, they are shared."""
    height, width = _upright_size(frame)
    placed: list[Change] = []
    earlier: list[CropPlace] = []
    for course, change in zip(courses, changes, strict=True):
        crop = course.moments[frame.index].face.crop
        if not crop.real.any():
            continue
        near = [place for place in earlier if place.may_overlap(crop.place)]
        if near:
            change = change * faces.uncovered(crop.place, near, height, width)[..., None]
        values, left, top = faces.spread_change(change * np.float32(0.5), crop.place, height, width)
        placed.append(Change(left, top, values))
        earlier.append(crop.place)
    return placed


def _upright_size(frame: Frame) -> tuple[int, int]:
    """Return height and width of the upright picture."""
    height, width = frame.picture.height, frame.picture.width
    return (width, height) if frame.look.orientation.swaps else (height, width)
