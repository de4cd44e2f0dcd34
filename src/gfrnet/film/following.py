"""Follow faces from frame to frame: search the whole picture now and then, and look again in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cv2
import numpy as np

from gfrnet.faces import (
    CropPlace,
    FoundFace,
    Quality,
    cut,
    embed_crop,
    face_box,
    find_faces,
    guide_score,
    look_again,
    measure_quality,
)
from gfrnet.types import Box, FloatArray, UInt8Image

EVERY = 6
"""Frames from one search of the whole picture to the next."""

SEEN = 0.3
"""Score from which a face that is followed is seen. A new face needs more, as `faces.find_faces` says.

It was set without a search for the best value. `benchmarks/film_tracks.py` measures what is covered with it.
"""

LOST = 12
"""Frames after which a face that is not seen is no longer looked for."""

SAME = 0.3
"""Intersection over union from which a face that was found is one that is followed."""

SAMPLE_EVERY = 12
"""Frames from one sample of who a face is to the next."""

MOST_SAMPLES = 6
"""Samples that are kept of a face, the clearest."""

PICTURE_SIDE = 112
"""Side in pixels of the small pictures of faces."""


class Sight(NamedTuple):
    """Hold where a face was seen on a frame."""

    frame: int
    box: Box
    turn: float
    score: float


@dataclass(frozen=True, eq=False)
class Sample:
    """Hold who a face is on one frame.

    Attributes:
        frame: Index of the frame.
        embedding: (128,) identity.
        quality: Quality of the face.
        picture: Small picture of its crop, a JPEG file.
    """

    frame: int
    embedding: FloatArray = field(repr=False)
    quality: Quality
    picture: bytes = field(repr=False)


@dataclass(eq=False)
class Chain:
    """Hold what was seen of one face, without a long gap.

    Attributes:
        sights: Where it was seen, in order of the frames.
        samples: Who it is on some frames, the clearest first.
    """

    sights: list[Sight]
    samples: list[Sample] = field(default_factory=list)
    sampled: int = -SAMPLE_EVERY

    @property
    def last(self) -> Sight:
        """Return where the face was seen last."""
        return self.sights[-1]

    def expected(self, frame: int) -> FoundFace:
        """Return where the face should be on a frame, if it moves on as it did."""
        last = self.last
        before = next((s for s in reversed(self.sights[-4:]) if s.frame < last.frame - 1), last)
        steps = min(frame - last.frame, 3) / max(1, last.frame - before.frame)
        moves = [steps * (a - b) for a, b in zip(last.box.center, before.box.center, strict=True)]
        return FoundFace(_moved(last.box, *moves), last.turn, last.score)

    def sample(self, picture: UInt8Image) -> None:
        """Note who the face is on the frame on which it was seen last."""
        sight = self.last
        crop = cut(picture, CropPlace.around(sight.box, sight.turn)).pixels
        quality = measure_quality(crop, face_box())
        quality = replace(quality, size=max(sight.box.width, sight.box.height))
        self.samples.append(Sample(sight.frame, embed_crop(crop), quality, _small(crop)))
        self.samples.sort(key=lambda sample: -guide_score(sample.quality))
        del self.samples[MOST_SAMPLES:]
        self.sampled = sight.frame


def _moved(box: Box, right: float, down: float) -> Box:
    return Box(box.left + right, box.top + down, box.right + right, box.bottom + down)


def _small(crop: UInt8Image) -> bytes:
    small = cv2.resize(crop, (PICTURE_SIDE, PICTURE_SIDE), interpolation=cv2.INTER_AREA)
    return bytes(cv2.imencode(".jpg", small[..., ::-1])[1].tobytes())


class Follower:
    """Follow the faces of a film. Frames are given one by one, and only the last few stay in memory."""

    def __init__(self) -> None:
        self._live: list[Chain] = []
        self._ended: list[Chain] = []
        self._recent: deque[tuple[int, UInt8Image]] = deque(maxlen=EVERY - 1)
        self._searched = -EVERY

    def see(self, frame: int, picture: UInt8Image, begins: bool) -> None:
        """Look for faces on the next frame.

        Args:
            frame: Index of the frame.
            picture: (H, W, 3) RGB, upright.
            begins: Whether a shot may begin here. Then no face is followed from before.
        """
        if begins:
            self._end(self._live)
            self._recent.clear()
        self._follow(frame, picture)
        if begins or frame - self._searched >= EVERY:
            self._search(frame, picture)
            self._searched = frame
        self._end([chain for chain in self._live if frame - chain.last.frame > LOST])
        for chain in self._live:
            if chain.last.frame == frame and frame - chain.sampled >= SAMPLE_EVERY:
                chain.sample(picture)
        self._recent.append((frame, picture))

    def chains(self) -> tuple[Chain, ...]:
        """Return all that was seen, in order of the first frames."""
        return tuple(sorted((*self._ended, *self._live), key=lambda chain: chain.sights[0].frame))

    def _end(self, chains: Sequence[Chain]) -> None:
        self._ended += [chain for chain in chains if chain.samples]
        self._live = [chain for chain in self._live if all(chain is not other for other in chains)]

    def _follow(self, frame: int, picture: UInt8Image) -> None:
        expected = [chain.expected(frame) for chain in self._live]
        for chain, face in zip(self._live, look_again(picture, expected), strict=True):
            if face.score >= SEEN:
                chain.sights.append(Sight(frame, face.box, face.turn, face.score))
        self._end(self._doubles(frame))

    def _doubles(self, frame: int) -> list[Chain]:
        """Return chains that came to the place of a longer one."""
        longest = sorted(
            (chain for chain in self._live if chain.last.frame == frame), key=lambda c: -len(c.sights)
        )
        doubles: list[Chain] = []
        for number, chain in enumerate(longest):
            before = [other for other in longest[:number] if other not in doubles]
            if any(chain.last.box.overlap(other.last.box) > SAME for other in before):
                chain.sights.pop()
                doubles.append(chain)
        return doubles

    def _search(self, frame: int, picture: UInt8Image) -> None:
        for face in find_faces(picture):
            chain = self._chain_at(frame, face.box)
            sight = Sight(frame, face.box, face.turn, face.score)
            if chain is None:
                self._live.append(Chain([*self._before(face), sight]))
            elif chain.last.frame < frame:
                chain.sights.append(sight)

    def _chain_at(self, frame: int, box: Box) -> Chain | None:
        """Return the chain whose face is or should be at a place."""
        overlaps = [
            (chain.last.box if chain.last.frame == frame else chain.expected(frame).box).overlap(box)
            for chain in self._live
        ]
        best = int(np.argmax(overlaps)) if overlaps else -1
        return self._live[best] if overlaps and overlaps[best] > SAME else None

    def _before(self, face: FoundFace) -> list[Sight]:
        """Follow a new face back to where it came in after the last search."""
        sights: list[Sight] = []
        for frame, picture in reversed(self._recent):
            face = look_again(picture, [face])[0]
            if face.score < SEEN or self._is_followed(frame, face.box):
                break
            sights.append(Sight(frame, face.box, face.turn, face.score))
        return sights[::-1]

    def _is_followed(self, frame: int, box: Box) -> bool:
        latest = (sight for chain in (*self._live, *self._ended[-8:]) for sight in chain.sights[-EVERY:])
        return any(sight.frame == frame and sight.box.overlap(box) > SAME for sight in latest)
