"""`Restorer`: the one object that an application needs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from numbers import Integral, Real
from pathlib import Path

from gfrnet import weights
from gfrnet.errors import ConfigError, ImageTooLargeError
from gfrnet.faces import FUSED, LEAST_WEIGHT, CropPlace, face_box, uncovered
from gfrnet.images import Photo, to_signed
from gfrnet.restore.face import Job, finish, prepare, put_back, refuse
from gfrnet.restore.fuse import run_fused
from gfrnet.restore.guides import GuideShelf
from gfrnet.restore.outcome import Event, FaceDone, FaceOutcome, FacesFound, RestoredPhoto
from gfrnet.restore.places import find_boxes, whole_place
from gfrnet.restore.sources import Source, as_guides, as_photo, check_source, files_of, name_of
from gfrnet.restore.strength import advised_strength
from gfrnet.runtime import OnnxRuntime, Runtime
from gfrnet.types import AnyArray, Box, FloatImage

MAX_RESULT_MEGAPIXELS = 100.0
"""Largest photo that is made by enlarging; more would take gigabytes of memory."""


class Restorer:
    """Restores photos with guides. Prepared guides are remembered from photo to photo.

    Args:
        runtime: What runs the network.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._shelf = GuideShelf()

    @classmethod
    def load(cls, name_or_path: str | Path = weights.DEFAULT, *, threads: int | None = None) -> Restorer:
        """A restorer with a model of the catalogue or of a file.

        Args:
            name_or_path: A name that ``gfrnet models`` lists, or an ONNX file.
            threads: CPU threads for the network; all cores if None.

        Raises:
            ConfigError: ``threads`` is no whole number, 1 or more.
            ModelError: There is no such model, or it is broken.
        """
        return cls(OnnxRuntime(weights.find(name_or_path), threads))

    def restore(
        self,
        photo: Source,
        guides: Source | Sequence[Source],
        *,
        scale: float = 1,
        strength: float | None = None,
        fidelity: float | None = None,
        fuse: int = FUSED,
        boxes: Sequence[Box] | None = None,
        cropped: bool = False,
        force: bool = False,
        thorough: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> RestoredPhoto:
        """Restore every face of a photo that one of the guides shows.

        Args:
            photo: The photo: a file, a `Photo`, or (H, W, 3) RGB of uint8 or uint16.
            guides: Good pictures of the people in it, likewise, or just one. Every face in them can serve; of
                several of one person those count most that are sharp and resemble the face to restore. The
                file of the photo itself is left out.
            scale: Enlarge the whole photo by this factor, 1 or more; faces are restored at that size.
            strength: How much of the change to apply, 0 (none) to 1 (all); None is 1 for a bad face and less,
                down to 0.25, for one that would lose by it (`strength.advised_strength`).
            fidelity: 1 gives what is likeliest in every pixel, which is smooth; 0 gives faces the texture of
                photographs, partly invented; None is 0.5, or 1 for a model without texture.
            fuse: Most guides of a person that are fused, by the network or each with a run of it; 1 takes the
                fittest alone.
            boxes: Places of the faces in photo pixels, instead of detecting them.
            cropped: Photo and guides already are square face crops; nothing is detected.
            force: Use the most similar guide, even where it shows another person.
            thorough: Look for faces with the CNN where the fast detector finds none (seconds).
            on_event: Told what happens as it happens: a `FacesFound`, a `GuideSkipped` for every guide that
                cannot be used, and a `FaceDone` for every face.

        Raises:
            ConfigError: A parameter is of another type or out of range, or parameters contradict each other.
            ImageError: The photo, or every guide, cannot be read, or the result would be too large.
            NoFaceError: There is no face in the photo, or in none of the guides.
            FaceError: A box lies outside the photo, or a cropped picture is not square.
            ModelError: The model does not run, or ``fidelity`` is below 1 and it gives no texture.
        """
        check_source(photo, "photo")
        guides = as_guides(guides)
        _check_parameters(guides, scale, strength, fidelity, fuse, boxes, cropped)
        name = name_of(photo, "the photo")
        tell = on_event if on_event is not None else _tell_nobody
        given = as_photo(photo)
        _check_size(given, name, scale)
        places = _places(given, name, boxes, cropped, thorough)
        tell(FacesFound(name, tuple(box for box, _ in places)))
        shelf, skipped = self._shelf.collect(guides, photo, cropped=cropped, thorough=thorough)
        for guide in skipped:
            tell(guide)
        enlarged = given if scale == 1 else given.enlarged(scale)
        least = 0.0 if self._runtime.fuses else LEAST_WEIGHT
        pixels, outcomes = enlarged.pixels, []
        changed: list[CropPlace] = []
        for box, place in places:
            job = prepare(enlarged, box, place.scaled(scale), shelf, fuse, least)
            outcome, after = self._finished(job, strength, fidelity, force)
            if outcome.result:
                pixels = put_back(pixels, job.crop, _still_new(job, after, changed, pixels))
                changed.append(job.crop.place)
            outcomes.append(outcome)
            tell(FaceDone(name, outcome))
        inputs = files_of([photo, *guides])
        return RestoredPhoto(enlarged.with_pixels(pixels), tuple(outcomes), skipped, name, inputs)

    def _finished(
        self, job: Job, strength: float | None, fidelity: float | None, force: bool
    ) -> tuple[FaceOutcome, FloatImage]:
        """The outcome of a face, and its new crop."""
        if not (force or job.choice.accepted):
            return refuse(job), job.degraded
        weights = tuple(job.choice.weights.values())
        guides = to_signed(job.guide_crops)
        result = run_fused(self._runtime, job.degraded, guides, weights, texture=fidelity != 1)
        if strength is None:
            strength = advised_strength(job.degraded, result.restored, job.crop.real)
        return finish(job, replace(result, restored=result.at_fidelity(fidelity)), float(strength), force)


def _tell_nobody(event: Event) -> None:
    """Where nobody listens."""


def _still_new(job: Job, after: FloatImage, changed: list[CropPlace], photo: AnyArray) -> FloatImage:
    """The crop after without what crops that overlap it have changed already: nothing is changed twice."""
    place = job.crop.place
    earlier = [other for other in changed if place.may_overlap(other)]
    if not earlier:
        return after
    share = uncovered(place, earlier, *photo.shape[:2])
    return job.degraded + share[..., None] * (after - job.degraded)


def _check_parameters(
    guides: Sequence[Source],
    scale: float,
    strength: float | None,
    fidelity: float | None,
    fuse: int,
    boxes: Sequence[Box] | None,
    cropped: bool,
) -> None:
    if not guides:
        raise ConfigError("There is no guide. Give at least one good photo of the person.")
    _check_number("scale", scale, 1, 16)
    for name, value in (("strength", strength), ("fidelity", fidelity)):
        if value is not None:
            _check_number(name, value, 0, 1)
    _check_count("fuse", fuse)
    _check_boxes(boxes)
    if boxes is not None and cropped:
        raise ConfigError("A cropped photo has no boxes. Give the boxes, or say that it is cropped.")
    if boxes is not None and not boxes:
        raise ConfigError("The list of boxes is empty. Give a box for every face, or None to detect them.")


def _check_number(name: str, value: object, lowest: float, highest: float) -> None:
    if not (isinstance(value, Real) and lowest <= float(value) <= highest):
        raise ConfigError(f"{name} must be a number between {lowest} and {highest}, got {value!r}.")


def _check_count(name: str, value: object) -> None:
    if not (isinstance(value, Integral) and int(value) >= 1):
        raise ConfigError(f"{name} must be a whole number, 1 or more, got {value!r}.")


def _check_boxes(boxes: object) -> None:
    if boxes is None or (isinstance(boxes, Sequence) and all(isinstance(box, Box) for box in boxes)):
        return
    raise ConfigError(
        "boxes must be a list of gfrnet.types.Box(left, top, right, bottom), in pixels of the photo, "
        f"got {boxes!r}."
    )


def _check_size(photo: Photo, name: str, scale: float) -> None:
    megapixels = photo.height * photo.width * scale**2 / 1e6
    if scale > 1 and megapixels > MAX_RESULT_MEGAPIXELS:
        raise ImageTooLargeError(
            f"{name} enlarged {scale:g} times would have {megapixels:.0f} megapixels, more than the limit of "
            f"{MAX_RESULT_MEGAPIXELS:.0f}. Choose a smaller --scale."
        )


def _places(
    photo: Photo, name: str, boxes: Sequence[Box] | None, cropped: bool, thorough: bool
) -> list[tuple[Box, CropPlace]]:
    if cropped:
        place = whole_place(photo, name)
        return [(face_box(photo.width), place)]
    return [(box, CropPlace.around(box)) for box in find_boxes(photo, name, boxes, thorough)]
