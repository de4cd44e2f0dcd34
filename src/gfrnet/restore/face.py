"""One face on its way through the network: cut, matched with guides, finished, put back."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gfrnet import faces
from gfrnet.faces import Crop, CropPlace, GuideChoice, Verdict
from gfrnet.images import Photo, from_signed, to_signed, to_uint8
from gfrnet.restore.colour import as_grey, lock_colour
from gfrnet.restore.guides import Guide
from gfrnet.restore.outcome import FaceOutcome, FaceResult, GuideUsed, Status
from gfrnet.runtime import Restoration
from gfrnet.types import AnyArray, Box, FloatArray, FloatImage, UInt8Image


@dataclass(frozen=True)
class Job:
    """A face that waits for the network.

    Attributes:
        box: The face in the pixels of the photo as it was given.
        crop: What was cut, from the enlarged photo.
        degraded: (256, 256, 3) that crop, [-1, 1].
        guides: The K guides that were chosen, the one that counts most first.
        guide_crops: (K, 256, 256, 3) their faces, grey for a grey photo.
        choice: How much each counts, and how well they fit.
        person: (128,) each, the faces of all guides that show the person of the chosen one.
        grey: The photo is grey, so the result must be.
    """

    box: Box
    crop: Crop
    degraded: FloatImage
    guides: tuple[Guide, ...]
    guide_crops: UInt8Image
    choice: GuideChoice
    person: tuple[FloatArray, ...]
    grey: bool


def prepare(
    photo: Photo, box: Box, place: CropPlace, guides: tuple[Guide, ...], fuse: int, least: float
) -> Job:
    """Cut a face, and choose its guides.

    Args:
        photo: The photo, enlarged if it is to be.
        box: The face in the pixels of the photo as it was given.
        place: Its crop in ``photo``.
        guides: At least one.
        fuse: How many of them may be fused.
        least: Weight below which a guide is left out.
    """
    crop = faces.cut(photo.pixels, place)
    degraded = to_signed(crop.pixels)
    portrait = faces.portray(to_uint8(degraded), max(box.width, box.height))
    choice = faces.choose_guide(portrait, [guide.face.portrait for guide in guides], fuse, least)
    chosen = tuple(guides[index] for index in choice.weights)
    guide_crops = np.stack([guide.face.crop for guide in chosen])
    return Job(
        box=box,
        crop=crop,
        degraded=degraded,
        guides=chosen,
        guide_crops=as_grey(guide_crops) if photo.grey else guide_crops,
        choice=choice,
        person=tuple(guides[index].face.portrait.embedding for index in choice.person),
        grey=photo.grey,
    )


def refuse(job: Job) -> FaceOutcome:
    """The outcome of a face for which there is no guide."""
    photos = len(job.person)
    median = f" (the median of {photos} pictures of that person)" if photos > 1 else ""
    return _outcome(
        job,
        "skipped",
        f"The closest guide, {job.guides[0].name}, shows another person: "
        f"similarity {job.choice.similarity:.2f}{median}, {job.choice.needed:.2f} is needed. "
        "Give a guide of this person, or use --force.",
    )


def finish(job: Job, result: Restoration, strength: float, force: bool) -> tuple[FaceOutcome, FloatImage]:
    """The outcome of a face, and its new crop.

    Args:
        job: The face.
        result: What the network gave for it, fused.
        strength: How much of the change to apply, 0..1.
        force: Whether a guide of another person is welcome.

    Returns:
        The outcome, and the crop after, (256, 256, 3), [-1, 1]; unchanged where the face failed, or where it
        was blurred and, restored, turns out to be another person than the guide.
    """
    if not all(np.isfinite(part).all() for part in (result.restored, result.warped, result.flow)):
        reason = "The network gave values that are no colours. Try another guide or model."
        return _outcome(job, "failed", reason), job.degraded
    restored = lock_colour(result.restored, job.degraded, job.crop.real)
    if job.grey:
        restored = as_grey(restored)
    after = job.degraded + np.float32(strength) * (restored - job.degraded)
    pixels = to_uint8(after)
    likeness = _likeness(job, pixels)
    if not force and job.choice.needed < faces.SAME_PERSON:
        found = to_uint8(restored)
        whole = likeness if (found == pixels).all() else _likeness(job, found)
        needed = faces.needed_restored(faces.sharpness(found, faces.face_box()))
        if whole < needed:
            return _refuse_restored(job, whole, needed), job.degraded
    finished = FaceResult(pixels, to_uint8(result.warped), result.flow, likeness, strength)
    return _outcome(job, "restored", "", finished), after


def _likeness(job: Job, pixels: UInt8Image) -> float:
    """Similarity of a crop to the person of the guide: the median over all pictures of that person."""
    embedding = faces.embed_crop(pixels)
    return float(np.median([faces.similarity(embedding, guide) for guide in job.person]))


def _refuse_restored(job: Job, likeness: float, needed: float) -> FaceOutcome:
    """The outcome of a face that, restored, shows that its guide is of another person."""
    choice = replace(job.choice, similarity=likeness, needed=needed, verdict=Verdict.OTHER)
    return _outcome(
        replace(job, choice=choice),
        "skipped",
        f"Restored with the closest guide, {job.guides[0].name}, the face is still unlike it, so it shows "
        f"another person: similarity {likeness:.2f}, {needed:.2f} is needed. "
        "Give a guide of this person, or use --force.",
    )


def _outcome(job: Job, status: Status, reason: str, result: FaceResult | None = None) -> FaceOutcome:
    return FaceOutcome(
        status=status,
        reason=reason,
        box=job.box,
        guides=tuple(
            GuideUsed(guide.index, guide.name, weight)
            for guide, weight in zip(job.guides, job.choice.weights.values(), strict=True)
        ),
        similarity=job.choice.similarity,
        needed=job.choice.needed,
        verdict=job.choice.verdict,
        degraded=to_uint8(job.degraded),
        guide_crop=job.guide_crops[0],
        result=result,
    )


def put_back(pixels: AnyArray, crop: Crop, after: FloatImage) -> AnyArray:
    """A new photo with the new crop in it, blended in softly where the photo goes on around it.

    Args:
        pixels: (H, W, 3) of uint8 or uint16.
        crop: What was cut from it.
        after: (256, 256, 3), [-1, 1].
    """
    return faces.paste(pixels, crop, from_signed(after, pixels.dtype))
