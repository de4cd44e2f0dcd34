"""Decide once for a whole track: whether to restore it, with which guides, and how strongly."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np

from gfrnet import faces
from gfrnet.errors import Advice
from gfrnet.faces import Crop, FacePortrait, GuideChoice, Verdict
from gfrnet.film.media import Frame
from gfrnet.film.records import Person, Track
from gfrnet.images import Photo, to_signed, to_uint8
from gfrnet.restore import (
    BegunFace,
    CutFace,
    FaceRun,
    Guide,
    GuideSet,
    RestoreOptions,
    Restorer,
    Tone,
    advised_strength,
    as_grey,
    begin_face,
    begin_unguided,
    cut_face,
    in_own_colours,
)
from gfrnet.restore.tone import GREY
from gfrnet.types import UInt8Image

LOOKED = 4
"""Frames of a track that the verdict and the strength rest on, its sharpest."""

SURE = 0.95
"""Least probability that a track shows the person of the portraits, for it to be restored.

A film shows many strangers, and each has many tracks, so this is stricter than the verdict on photos.
`benchmarks/film_strangers.py` measures it. With three portraits, 4 to 6 % of the right tracks are refused.
Of the strangers, 0.1 % pass at 4x and 0.6 % at 8x. With one portrait, 0.5 and 2.2 % pass.
"""

MOST_GUIDES = 2
"""Most guides of a track: the network runs on every frame, and each guide costs time.

`benchmarks/film_stability.py --fuse` measures it. On a busy machine, a face took 52 ms with one guide and 80
with 2. It took 178 ms with 4 and 389 with 8. PSNR changed by at most 0.4 dB, and identity by 0.013.
"""


Read: TypeAlias = Callable[[int, int], Iterator[Frame]]
"""Function that yields the frames of a film from one index to before another one."""


@dataclass(frozen=True, eq=False)
class TrackPlan:
    """Hold what is to become of a track.

    Attributes:
        track: The track.
        person: Whom it shows.
        status: Whether it is restored. ``failed`` is a track on which the network gave nothing usable.
        reason: Why it is not restored, a whole sentence; empty for a restored track.
        similarity: Mean similarity of the track to the person of the portraits, 0..1, before restoring. If
            the restored faces were refused, it is theirs. None where nothing was compared.
        needed: Similarity that a track as sharp as this one needs, more than a photo (`SURE`).
        strength: Share of the change that is applied on all frames, 0..1.
        face: The clearest face with the guides of the track; None where there is no guide.
        advice: Remedies for a track that is not restored, the best first.
    """

    track: Track
    person: Person
    status: Literal["restored", "skipped", "failed"]
    reason: str = ""
    similarity: float | None = None
    needed: float | None = None
    strength: float = 0.0
    face: BegunFace | None = field(default=None, repr=False)
    advice: tuple[Advice, ...] = ()

    @property
    def guides(self) -> tuple[Guide, ...]:
        """Return the guides of all frames, the first one the one that gives the texture."""
        return self.face.guides if self.face is not None else ()

    @property
    def weights(self) -> tuple[float, ...]:
        """Return the weights of the guides."""
        return tuple(self.face.choice.weights.values()) if self.face is not None else ()

    def face_on(self, picture: UInt8Image, frame: int) -> BegunFace:
        """Return the face on a frame, ready for the network with the guides of the track.

        Args:
            picture: (H, W, 3) RGB, the upright frame.
            frame: Its index.

        Raises:
            ValueError: The track has no guides.
            KeyError: The track does not show on this frame.
        """
        if self.face is None:
            raise ValueError(f"Track {self.track.number} has no guides, so it cannot be restored.")
        return moved(self.face, faces.cut(picture, self.track.place(frame)))


def moved(face: BegunFace, crop: Crop) -> BegunFace:
    """Return a face with the pixels of another crop, and its guides, tint and verdict."""
    degraded = to_signed(crop.pixels)
    seen = degraded if face.tone in (None, GREY) else as_grey(degraded)
    return replace(face, crop=crop, degraded=degraded, srgb=degraded, seen=seen)


def decide(
    track: Track,
    person: Person,
    guides: GuideSet | None,
    read: Read,
    restorer: Restorer,
    options: RestoreOptions,
) -> TrackPlan:
    """Make one verdict, one strength and one choice of guides for a whole track.

    The mean identity of its sharpest frames is compared with the portraits, before and after restoring.
    A track that was given to its person by hand is not refused.

    Args:
        track: The track.
        person: Whom it shows.
        guides: Guides from `people_guides`; None where there is no portrait of the person.
        read: How to read frames of the film.
        restorer: The restorer.
        options: How to restore; ``scale``, ``cropped`` and ``thorough`` do not count.

    Raises:
        FilmChangedError: Another program changed the film meanwhile.
        ModelError: The model does not run, or has no texture while ``fidelity`` is below 1.
    """
    if guides is None and restorer.takes_guide:
        reason = f"There is no portrait of {person.title}. Give a portrait of this person."
        return TrackPlan(track, person, "skipped", reason, advice=(Advice.CHOOSE_ANOTHER_GUIDE,))
    options = replace(options, fuse=min(options.fuse, MOST_GUIDES))
    cuts = list(_looked_at(track, read))
    whole = replace(cuts[0], portrait=_together(cuts), tone=_one_tone(cuts))
    if guides is None:
        return _tried(track, person, begin_unguided(whole, options), cuts, restorer)
    trusted = person.by_hand or options.force
    choice = _choose(whole.portrait, guides, options, restorer.least_weight, trusted)
    face = begin_face(whole, guides, choice, options, trusted=trusted, alone=False)
    if not face.accepted:
        return _refused(track, person, face, choice.similarity, choice.needed)
    return _tried(track, person, face, cuts, restorer)


def _looked_at(track: Track, read: Read) -> Iterator[CutFace]:
    """Yield the sharpest faces, the sharpest first."""
    for index in track.sharpest[:LOOKED]:
        spot = track.spot(index)
        assert spot is not None, "the sharpest frames of a track are frames of it"
        for frame in read(index, index + 1):
            yield cut_face(Photo(frame.rgb()), spot.box, track.place(index))


def _together(cuts: Sequence[CutFace]) -> FacePortrait:
    """Return what the choice of guides needs of all faces together."""
    portraits = [cut.portrait for cut in cuts]
    view = np.mean([portrait.view for portrait in portraits], axis=0)
    sharpness = float(np.median([portrait.quality.sharpness for portrait in portraits]))
    return FacePortrait(
        np.mean([portrait.embedding for portrait in portraits], axis=0),
        replace(portraits[0].quality, sharpness=sharpness),
        view / max(float(np.linalg.norm(view)), 1e-3),
    )


def _one_tone(cuts: Sequence[CutFace]) -> Tone | None:
    """Return the mean tint where most frames are toned, so that no colour comes and goes."""
    found = [cut.tone.offsets for cut in cuts if cut.tone is not None]
    return Tone(np.mean(found, axis=0)) if 2 * len(found) > len(cuts) else None


def _choose(
    portrait: FacePortrait, guides: GuideSet, options: RestoreOptions, least: float, trusted: bool
) -> GuideChoice:
    """Choose guides among the portraits, and accept the track only if it surely shows their person."""
    candidates = [guide.face.portrait for guide in guides.guides]
    choice = faces.choose_guide(
        portrait, candidates, options.fuse, least, one_person=trusted, alike=guides.alike
    )
    return _surely(choice, portrait.quality.sharpness)


def _surely(choice: GuideChoice, sharpness: float) -> GuideChoice:
    """Return a choice that is accepted only if it is `SURE`."""
    needed = max(choice.needed, faces.similarity_for(SURE, sharpness))
    verdict = choice.verdict if choice.similarity >= needed else Verdict.OTHER
    return replace(choice, needed=needed, verdict=verdict)


def _tried(
    track: Track, person: Person, face: BegunFace, cuts: Sequence[CutFace], restorer: Restorer
) -> TrackPlan:
    """Restore the sharpest faces, and check that they show the person."""
    runs = list(restorer.run([moved(face, cut.crop) for cut in cuts]))
    if not all(run.result is not None and run.result.finite for run in runs):
        reason = "The network gave values that are no colours. Try another guide or another model."
        return TrackPlan(track, person, "failed", reason, face=face, advice=(Advice.CHOOSE_ANOTHER_GUIDE,))
    found = [_restored(run) for run in runs]
    if not face.trusted and face.guides:
        embedding = np.mean([faces.embed_crop(one) for one in found], axis=0)
        sharpness = float(np.median([faces.sharpness(one, faces.face_box()) for one in found]))
        similarity, needed = faces.likeness(embedding, face.person), faces.needed_restored(sharpness)
        if similarity < needed:
            return _refused(track, person, face, similarity, needed, restored=True)
    strength = face.options.strength
    if strength is None:
        strength = float(np.median([_advised(run) for run in runs]))
    plan = TrackPlan(track, person, "restored", strength=strength, face=face)
    if not face.guides:
        return plan
    return replace(plan, similarity=face.choice.similarity, needed=face.choice.needed)


def _restored(run: FaceRun) -> UInt8Image:
    assert run.result is not None, "refused faces are not tried"
    return to_uint8(in_own_colours(run.result.at_fidelity(run.face.options.fidelity), run.face))


def _advised(run: FaceRun) -> float:
    assert run.result is not None, "refused faces are not tried"
    return advised_strength(run.face.seen, run.result.restored, run.face.crop.real)


def _refused(
    track: Track, person: Person, face: BegunFace, similarity: float, needed: float, restored: bool = False
) -> TrackPlan:
    what = "Restored, the track still does not" if restored else "The track does not"
    count = len(face.person)
    mean = f" (to the mean of {count} pictures)" if count > 1 else ""
    reason = (
        f"{what} resemble {person.title} enough: similarity {similarity:.2f}{mean}, {needed:.2f} is needed. "
        "Give another portrait of this person, or give the track to this person by hand."
    )
    advice = (Advice.CHOOSE_ANOTHER_GUIDE, Advice.FORCE)
    return TrackPlan(track, person, "skipped", reason, similarity, needed, face=face, advice=advice)
