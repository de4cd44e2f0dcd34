"""Handle one face before and after the network: cut it, choose its guides, judge it, put it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from gfrnet import faces
from gfrnet.errors import Advice
from gfrnet.faces import Crop, CropPlace, FacePortrait, GuideChoice, Verdict
from gfrnet.images import ColourSpace, Photo, colour_space, from_signed, to_signed, to_uint8
from gfrnet.restore.colour import as_grey, lock_colour
from gfrnet.restore.fuse import NetworkInput
from gfrnet.restore.guide_set import Guide, GuideSet
from gfrnet.restore.options import RestoreOptions
from gfrnet.restore.outcome import FaceOutcome, FaceResult, GuideUsed, Status
from gfrnet.restore.strength import advised_strength
from gfrnet.restore.tone import GREY, Tone, find_tone
from gfrnet.runtime import Restoration
from gfrnet.types import AnyArray, BoolArray, Box, FloatArray, FloatImage, UInt8Image

FALL = 0.1
"""Fall of the similarity to the guide from which a restored face gets a remark.

With a right guide, two of 96 faces of training people fall by 0.07. No other falls by more than 0.05. They
were sharp and at 2x, 4x and 8x. `benchmarks/falls.py` measures it.
"""


@dataclass(frozen=True, eq=False)
class CutFace:
    """Hold a face that was cut from its photo, before its guides are chosen.

    Attributes:
        box: Box of the face in pixels of the photo as it was given.
        crop: Crop of the enlarged photo.
        degraded: (256, 256, 3) pixels of the crop in the colour space of the photo, [-1, 1].
        srgb: (256, 256, 3) the same in sRGB.
        portrait: What the choice of guides needs.
        space: The colour space of the photo; None for sRGB.
        tone: The tint of a grey or toned photo, which the result has too; None for a photo in colours.
    """

    box: Box
    crop: Crop = field(repr=False)
    degraded: FloatImage = field(repr=False)
    srgb: FloatImage = field(repr=False)
    portrait: FacePortrait
    space: ColourSpace | None
    tone: Tone | None


@dataclass(frozen=True, eq=False)
class BegunFace(CutFace):
    """Hold a cut face that waits for the network.

    Attributes:
        seen: (256, 256, 3) what the network gets: sRGB, without the tint of a toned photo.
        guides: The K chosen guides. The first one gives the texture. It is the one with the largest weight,
            or if that one shows glasses, the next one without. There is none where the network takes none.
        guide_crops: (K, 256, 256, 3) faces of the chosen guides, grey for a grey or toned photo. Without a
            guide it is one grey picture.
        cover: (256, 256) share, 0..1, to which glasses cover the first guide; None if it shows none.
        choice: Weights of the guides, and the verdict whether they show this person.
        person: (K, 128) embeddings of all guide faces that show the person of the chosen guides.
        options: How to restore.
        trusted: Whether the caller vouches that the guides show this person. Then nothing checks it.
        alone: Whether the photo has no other face.
    """

    seen: FloatImage = field(repr=False)
    guides: tuple[Guide, ...]
    guide_crops: UInt8Image = field(repr=False)
    cover: FloatImage | None = field(repr=False)
    choice: GuideChoice
    person: FloatArray = field(repr=False)
    options: RestoreOptions
    trusted: bool = False
    alone: bool = True

    @property
    def accepted(self) -> bool:
        """Return whether the network may restore this face with its guides."""
        return self.trusted or self.options.force or self.choice.accepted

    def network_input(self) -> NetworkInput:
        """Return the input of the network for this face."""
        weights = tuple(self.choice.weights.values()) or (1.0,)
        return NetworkInput(
            self.seen, to_signed(self.guide_crops), weights, self.options.fidelity != 1, self.cover
        )


@dataclass(frozen=True, eq=False)
class FaceRun:
    """Hold a face and what the network made of it.

    Attributes:
        face: The face.
        result: The result, without the batch axis. None if the guides of the face were refused.
    """

    face: BegunFace
    result: Restoration | None = field(repr=False)


def cut_face(photo: Photo, box: Box, place: CropPlace) -> CutFace:
    """Cut a face, and portray it for the choice of its guides.

    Args:
        photo: The photo, already enlarged if a larger result is wanted.
        box: Box of the face in pixels of the photo as it was given.
        place: Place of the face's crop in ``photo``.
    """
    crop = faces.cut(photo.pixels, place)
    degraded = to_signed(crop.pixels)
    space = None if photo.grey else colour_space(photo.icc)
    srgb = degraded if space is None else to_signed(space.to_srgb(to_uint8(degraded)))
    tone = GREY if photo.grey else find_tone(srgb, crop.real, photo.pixels)
    portrait = faces.portray(to_uint8(srgb), max(box.width, box.height))
    return CutFace(box, crop, degraded, srgb, portrait, space, tone)


def begin_face(
    cut: CutFace,
    guides: GuideSet,
    choice: GuideChoice,
    options: RestoreOptions,
    *,
    trusted: bool = False,
    alone: bool = True,
) -> BegunFace:
    """Make a face ready for the network.

    Args:
        cut: The face.
        guides: Guides that were chosen from.
        choice: The choice.
        options: How to restore.
        trusted: Whether the caller vouches that all guides show the person of this face.
        alone: Whether the photo has no other face.
    """
    choice, cover = _bare_first(choice, guides)
    chosen = tuple(guides.guides[index] for index in choice.weights)
    guide_crops = np.stack([guide.face.crop for guide in chosen])
    return BegunFace(
        **vars(cut),
        seen=cut.srgb if cut.tone in (None, GREY) else as_grey(cut.srgb),
        guides=chosen,
        guide_crops=guide_crops if cut.tone is None else as_grey(guide_crops),
        cover=cover,
        choice=choice,
        person=np.stack([guides.guides[index].face.portrait.embedding for index in choice.person]),
        options=options,
        trusted=trusted,
        alone=alone,
    )


NO_CHOICE = GuideChoice({}, 1.0, 0.0, Verdict.SAME, (), 1.0)
"""The choice where the network takes no guide, and none is given: the face is compared with itself."""


def begin_unguided(cut: CutFace, options: RestoreOptions, *, alone: bool = True) -> BegunFace:
    """Make a face ready for a network that takes no guide.

    Args:
        cut: The face.
        options: How to restore.
        alone: Whether the photo has no other face.
    """
    return BegunFace(
        **vars(cut),
        seen=cut.srgb if cut.tone in (None, GREY) else as_grey(cut.srgb),
        guides=(),
        guide_crops=np.full((1, *cut.srgb.shape), 128, np.uint8),
        cover=None,
        choice=NO_CHOICE,
        person=cut.portrait.embedding[None],
        options=options,
        trusted=True,
        alone=alone,
    )


def _bare_first(choice: GuideChoice, guides: GuideSet) -> tuple[GuideChoice, FloatImage | None]:
    """Put the fittest guide without glasses first; return the cover of the first one if all show glasses."""
    covers = []
    for index, weight in choice.weights.items():
        covers.append(guides.guides[index].face.cover)
        if covers[-1] is None:
            return replace(choice, weights={index: weight} | dict(choice.weights)), None
    return choice, covers[0]


def finish_face(face: BegunFace, result: Restoration | None) -> tuple[FaceOutcome, FloatImage]:
    """Decide the outcome of a face, and make its new crop.

    Args:
        face: The face.
        result: Result of the network for this face, without the batch axis. None means that the network did
            not run, because the guides were refused.

    Returns:
        The outcome, and the new crop, (256, 256, 3), [-1, 1]. The crop is unchanged if the face was refused
        or failed. It is also unchanged if the restored face shows another person than the guide.
    """
    if result is None:
        return _refuse(face), face.degraded
    if not result.finite:
        reason = "The network gave values that are no colours. Try another guide or another model."
        return _outcome(face, "failed", reason, advice=(Advice.CHOOSE_ANOTHER_GUIDE,)), face.degraded
    restored = in_own_colours(result.at_fidelity(face.options.fidelity), face)
    strength = face.options.strength
    if strength is None:
        strength = advised_strength(face.seen, result.restored, face.crop.real)
    after = face.srgb + np.float32(strength) * (restored - face.srgb)
    pixels = to_uint8(after)
    likeness = _likeness(face, pixels)
    if not (face.trusted or face.options.force) and face.choice.needed < faces.SAME_PERSON:
        found = to_uint8(restored)
        whole = likeness if (found == pixels).all() else _likeness(face, found)
        sharpness = faces.sharpness(found, faces.face_box())
        if whole < faces.needed_restored(sharpness):
            return _refuse_restored(face, whole, sharpness), face.degraded
    warped = None if result.warped is None else to_uint8(result.warped)
    finished = FaceResult(pixels, warped, result.flow, likeness, float(strength))
    return _outcome(face, "restored", "", finished), _in_space(face, pixels, after)


Lock: TypeAlias = Callable[[FloatImage, FloatImage, BoolArray], FloatImage]
"""Function that gives a result the low frequencies of the input, such as `lock_colour`."""


def in_own_colours(restored: FloatImage, face: BegunFace, lock: Lock = lock_colour) -> FloatImage:
    """Give a result the colours, the light and the tint of the face that it was made from.

    Args:
        restored: (256, 256, 3) result of the network, sRGB, [-1, 1].
        face: The face.
        lock: How to give it the low frequencies.

    Returns:
        (256, 256, 3), sRGB, [-1, 1].
    """
    locked = lock(restored, face.seen, face.crop.real)
    return locked if face.tone is None else face.tone.applied(as_grey(locked))


def _in_space(face: BegunFace, pixels: UInt8Image, after: FloatImage) -> FloatImage:
    """Return the new crop in the colour space of its photo.

    Only the change passes through 8 bit. So a face that hardly changes keeps its exact colours.
    """
    if face.space is None:
        return after
    new, old = (to_signed(face.space.from_srgb(part)) for part in (pixels, to_uint8(face.srgb)))
    return np.asarray(np.clip(face.degraded + new - old, -1, 1), dtype=np.float32)


def _likeness(face: BegunFace, pixels: UInt8Image) -> float:
    """Return the similarity of a crop to the guide's person."""
    return faces.likeness(faces.embed_crop(pixels), face.person)


def _refuse(face: BegunFace) -> FaceOutcome:
    choice, guide = face.choice, face.guides[0].name
    if choice.verdict is Verdict.ELSEWHERE:
        reason = (
            f"The closest guide, {guide}, shows another face of this photo more surely. A photo shows a "
            "person once, unless it is a mirror or a collage. Give a guide of this person, or restore this "
            "face alone."
        )
        return _outcome(face, "skipped", reason, advice=(Advice.CHOOSE_ANOTHER_GUIDE, Advice.GIVE_BOX))
    photos = len(face.person)
    mean = f" (to the mean of {photos} pictures of that person)" if photos > 1 else ""
    reason = (
        f"The closest guide, {guide}, shows another person: "
        f"similarity {choice.similarity:.2f}{mean}, {choice.needed:.2f} is needed. "
    )
    return _skipped(face, reason)


def _refuse_restored(face: BegunFace, likeness: float, sharpness: float) -> FaceOutcome:
    """Refuse a face that, after restoring, shows another person than its guide.

    Args:
        face: The face.
        likeness: Similarity of the restored face to the person.
        sharpness: Sharpness of the restored face.
    """
    needed = faces.needed_restored(sharpness)
    choice = replace(
        face.choice,
        similarity=likeness,
        needed=needed,
        verdict=Verdict.OTHER,
        probability=faces.certainty(likeness, sharpness),
    )
    reason = (
        f"Restored with the closest guide, {face.guides[0].name}, the face still does not resemble it, so "
        f"the guide shows another person: similarity {likeness:.2f}, {needed:.2f} is needed. "
    )
    return _skipped(replace(face, choice=choice), reason)


def _skipped(face: BegunFace, reason: str) -> FaceOutcome:
    """Skip a face for want of a guide.

    To insist is advised only where there is no other face. In a group, it would force strangers on all.
    """
    if not face.alone:
        reason += "Give a guide of this person."
        return _outcome(face, "skipped", reason, advice=(Advice.CHOOSE_ANOTHER_GUIDE,))
    reason += "Give a guide of this person, or insist on this one."
    return _outcome(face, "skipped", reason, advice=(Advice.CHOOSE_ANOTHER_GUIDE, Advice.FORCE))


def _remark(face: BegunFace, result: FaceResult | None) -> str:
    """Return what to do where a guide is doubtful or shows glasses, or the likeness fell; mostly empty."""
    if result is None:
        return ""
    if not face.guides:
        return ""
    remarks, name = [], face.guides[0].name
    if not (face.trusted or face.options.force) and face.choice.probability < faces.DOUBTFUL:
        remarks.append(
            f"It is doubtful that {name} shows this person. Compare the two. If they differ, discard this "
            "result, and give a guide of this person."
        )
    if face.cover is not None and face.cover.max() == 1:
        remarks.append(
            f"{name} seems to show glasses, and no other guide of this person is without. So fine detail "
            "around the eyes comes from the photo alone. Give a guide without glasses."
        )
    if fell(face.choice.similarity, result.similarity):
        remarks.append(
            f"The restored face resembles {name} less than the photo does. Compare the three. If the result "
            "is worse, give another guide, or apply less of the change."
        )
    return " ".join(remarks)


def fell(before: float, after: float) -> bool:
    """Return whether the similarity to the guide clearly fell, beyond noise."""
    return before - after > FALL


def _outcome(
    face: BegunFace,
    status: Status,
    reason: str,
    result: FaceResult | None = None,
    advice: tuple[Advice, ...] = (),
) -> FaceOutcome:
    return FaceOutcome(
        status=status,
        reason=reason,
        box=face.box,
        guides=tuple(
            GuideUsed(guide.index, guide.name, weight)
            for guide, weight in zip(face.guides, face.choice.weights.values(), strict=True)
        ),
        similarity=face.choice.similarity,
        needed=face.choice.needed,
        verdict=face.choice.verdict,
        probability=face.choice.probability,
        degraded=to_uint8(face.degraded),
        guide_crop=face.guide_crops[0],
        result=result,
        advice=advice,
        remark=_remark(face, result),
    )


def put_back(pixels: AnyArray, crop: Crop, after: FloatImage) -> AnyArray:
    """Return a new photo that holds the new crop, blended softly into the photo around it.

    Args:
        pixels: (H, W, 3) of uint8 or uint16.
        crop: Crop as it was cut from the photo.
        after: (256, 256, 3) new crop, [-1, 1].
    """
    return faces.paste(pixels, crop, from_signed(after, pixels.dtype))
