"""Report what became of a photo, of each of its faces, and of the guides."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from gfrnet import images
from gfrnet.errors import Advice, FaceError, WrongPersonError
from gfrnet.faces import Verdict
from gfrnet.images import Photo
from gfrnet.types import Box, FloatArray, UInt8Image

Status: TypeAlias = Literal["restored", "skipped", "failed"]


@dataclass(frozen=True)
class GuideUsed:
    """A guide that has a part in a face.

    Attributes:
        index: Which of the given guides.
        name: That guide for people: its file name, or ``guide 2``.
        weight: How much it counts, above 0 and up to 1. A network that takes all guides at once weighs them
            itself, place by place; this is then how fit each is beside the others.
    """

    index: int
    name: str
    weight: float


@dataclass(frozen=True, eq=False)
class FaceResult:
    """A restored face.

    Attributes:
        restored: (256, 256, 3) the crop after.
        warped: (256, 256, 3) the guide that counts most, moved to the pose of the face; None if the
            network warps nothing.
        flow: (256, 256, 2) the places in the guide from which `warped` takes its pixels (see
            `runtime.Restoration`); None likewise.
        similarity: As `FaceOutcome.similarity`, of the restored face, 0..1.
        strength: How much of the change was applied, 0..1.
    """

    restored: UInt8Image = field(repr=False)
    warped: UInt8Image | None = field(repr=False)
    flow: FloatArray | None = field(repr=False)
    similarity: float
    strength: float


@dataclass(frozen=True, eq=False)
class FaceOutcome:
    """What became of one face.

    Attributes:
        status: ``restored``; ``skipped`` where no guide shows this person; ``failed`` where the network
            gave nothing usable. Only a restored face differs from the input.
        reason: Why it was not restored; empty for a restored face.
        box: The face in the pixels of the photo as it was given.
        guides: Those that were fused, the one that counts most first; for a skipped face the one that came
            closest.
        similarity: Of the face before restoring and the person of the guide, 0..1: the median over all
            guides that show that person. It decides the verdict. Of a blurred face that was refused when it
            was restored, the similarity then.
        needed: The similarity that a face as sharp as this one needs, 0..1.
        verdict: Whether the guide shows this person.
        degraded: (256, 256, 3) the crop before.
        guide_crop: (256, 256, 3) the face of the guide that counts most, as the network saw it.
        result: The restored face; None where it was not restored.
        advice: Remedies for a face that was not restored, the best first.
    """

    status: Status
    reason: str
    box: Box
    guides: tuple[GuideUsed, ...]
    similarity: float
    needed: float
    verdict: Verdict
    degraded: UInt8Image = field(repr=False)
    guide_crop: UInt8Image = field(repr=False)
    result: FaceResult | None = None
    advice: tuple[Advice, ...] = ()

    @property
    def guide(self) -> int:
        """Index of the guide that counts most."""
        return self.guides[0].index

    @property
    def guide_name(self) -> str:
        """That guide for people: its file name, or ``guide 2``."""
        return self.guides[0].name


@dataclass(frozen=True)
class GuideSkipped:
    """A guide that cannot be used.

    Attributes:
        index: Which of the guides.
        name: The guide for people: its file name, or ``guide 2``.
        reason: What is wrong with it, and what to do.
        advice: Remedies, the best first.
    """

    index: int
    name: str
    reason: str
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class FacesFound:
    """The places of the faces are known.

    Attributes:
        name: The photo for people.
        boxes: One box a face, in photo pixels.
    """

    name: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class FaceDone:
    """The fate of one face is known.

    Attributes:
        name: The photo for people.
        outcome: What became of the face.
    """

    name: str
    outcome: FaceOutcome


Event: TypeAlias = GuideSkipped | FacesFound | FaceDone


@dataclass(frozen=True, eq=False)
class RestoredPhoto:
    """A photo after restoring.

    Attributes:
        photo: The result; faces that were not restored are as they were, enlarged with the photo.
        faces: One outcome a face, from left to right (or in the order of the given boxes).
        guides_skipped: Guides that could not be used.
        name: The photo for people.
        inputs: Files that went in, which `save` never overwrites.
    """

    photo: Photo
    faces: tuple[FaceOutcome, ...]
    guides_skipped: tuple[GuideSkipped, ...]
    name: str
    inputs: tuple[Path, ...]

    def count(self, status: Status) -> int:
        """How many faces have this status."""
        return sum(face.status == status for face in self.faces)

    def check(self) -> None:
        """Refuse a photo in which no face was restored: it must not pass for a result.

        Raises:
            WrongPersonError: No guide shows anybody in the photo.
            FaceError: Restoring failed for a face that has its guide.
        """
        if self.count("restored"):
            return
        reasons = " ".join(dict.fromkeys(face.reason for face in self.faces))
        whose = "The face" if len(self.faces) == 1 else f"None of the {len(self.faces)} faces"
        negation = " not" if len(self.faces) == 1 else ""
        message = f"{whose} in {self.name} was{negation} restored. {reasons}"
        advice = tuple(dict.fromkeys(advice for face in self.faces for advice in face.advice))
        if self.count("failed"):
            raise FaceError(message, advice=advice)
        closest = max(self.faces, key=lambda face: face.similarity - face.needed)
        raise WrongPersonError(message, closest.similarity, closest.needed, advice=advice)

    def save(self, path: str | Path, quality: int = 95) -> Path:
        """Write the result; the format follows the suffix. A file that exists is replaced, but no input.

        Args:
            path: Where to; never one of the inputs.
            quality: Of lossy formats, 1..100.

        Raises:
            ConfigError: ``quality`` is none of 1..100, or ``path`` neither text nor a path.
            FaceError: No face was restored, so there is no result (see `check`).
            WriteError: The file cannot be written, or it is an input.
        """
        self.check()
        return images.write(self.photo, path, inputs=self.inputs, quality=quality)
