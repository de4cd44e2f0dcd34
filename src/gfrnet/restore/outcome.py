"""Report what became of a photo, of each of its faces, and of the guides."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from gfrnet import images
from gfrnet.errors import Advice, FaceError, WrongPersonError
from gfrnet.faces import Verdict, in_words
from gfrnet.images import Photo
from gfrnet.types import Box, FloatArray, UInt8Image

Status: TypeAlias = Literal["restored", "skipped", "failed"]


@dataclass(frozen=True)
class GuideUsed:
    """Report one guide that was used for a face.

    Attributes:
        index: Place of the guide in the list of guides, from 0.
        name: Name of the guide for people: its file name, or ``guide 2``.
        weight: Weight of the guide, above 0 and up to 1. A network that takes all guides at once weighs them
            itself, place by place. The weight then only compares their fitness.
    """

    index: int
    name: str
    weight: float


@dataclass(frozen=True, eq=False)
class FaceResult:
    """Hold a restored face.

    Attributes:
        restored: (256, 256, 3) crop after restoring.
        warped: (256, 256, 3) first guide, moved to the pose of the face. None if the network does not warp.
        flow: (256, 256, 2) places in the guide from which ``warped`` takes its pixels (see
            `runtime.Restoration`). None if the network does not warp.
        similarity: Similarity of the restored face to the person of the guides, 0..1.
        strength: Share of the change that was applied, 0..1.
    """

    restored: UInt8Image = field(repr=False)
    warped: UInt8Image | None = field(repr=False)
    flow: FloatArray | None = field(repr=False)
    similarity: float
    strength: float


@dataclass(frozen=True, eq=False)
class FaceOutcome:
    """Report what became of one face.

    Attributes:
        status: ``restored``; ``skipped`` if no guide shows this person; ``failed`` if the network gave
            nothing usable. Only a restored face differs from the input.
        reason: Why the face was not restored; empty for a restored face.
        box: Box of the face in pixels of the photo as it was given.
        guides: The guides that were used. The first one gives the texture. It is the one with the largest
            weight, or if that one shows glasses, the next one without. A skipped face has the closest guide
            here.
        similarity: Similarity of the face to the person of the guides, 0..1. Several guides that show this
            person are compared by their mean. It decides the verdict. It is measured before
            restoring. If the restored face was refused, it is measured after restoring.
        needed: Similarity that a face as sharp as this one needs, 0..1.
        verdict: Whether the guides show this person.
        probability: Probability that they do, 0..1, from similarity and sharpness (`faces.certainty`). It
            holds where a right guide and a stranger are equally likely beforehand.
        degraded: (256, 256, 3) crop before restoring.
        guide_crop: (256, 256, 3) face of the first guide, as the network saw it.
        result: The restored face; None if the face was not restored.
        advice: Remedies for a face that was not restored, the best first.
        remark: What to do about a restored face whose guide is doubtful or shows glasses. Also if it
            resembles the guide clearly less than before. Mostly empty.
    """

    status: Status
    reason: str
    box: Box
    guides: tuple[GuideUsed, ...]
    similarity: float
    needed: float
    verdict: Verdict
    probability: float
    degraded: UInt8Image = field(repr=False)
    guide_crop: UInt8Image = field(repr=False)
    result: FaceResult | None = None
    advice: tuple[Advice, ...] = ()
    remark: str = ""

    @property
    def certainty(self) -> str:
        """Return the probability in words, such as ``very likely the same person``."""
        return in_words(self.probability)

    @property
    def guide(self) -> int:
        """Return the index of the first guide."""
        return self.guides[0].index

    @property
    def guide_name(self) -> str:
        """Return the name of this guide for people: its file name, or ``guide 2``."""
        return self.guides[0].name


@dataclass(frozen=True)
class GuideSkipped:
    """Report a guide that cannot be used.

    Attributes:
        index: Place of the guide in the list of guides, from 0.
        name: Name of the guide for people: its file name, or ``guide 2``.
        reason: What is wrong with the guide, and what to do.
        advice: Remedies, the best first.
    """

    index: int
    name: str
    reason: str
    advice: tuple[Advice, ...] = ()


@dataclass(frozen=True)
class FacesFound:
    """Report that the faces of a photo are found.

    Attributes:
        name: Name of the photo for people.
        boxes: One box per face, in photo pixels.
    """

    name: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True)
class FaceDone:
    """Report that one face is finished.

    Attributes:
        name: Name of the photo for people.
        outcome: What became of the face.
    """

    name: str
    outcome: FaceOutcome


Event: TypeAlias = GuideSkipped | FacesFound | FaceDone


@dataclass(frozen=True, eq=False)
class RestoredPhoto:
    """Hold a photo after restoring.

    Attributes:
        photo: The result. Faces that were not restored are unchanged, but enlarged with the photo.
        faces: One outcome per face, row by row as one reads, or in the order of the given places.
        guides_skipped: Guides that could not be used.
        name: Name of the photo for people.
        inputs: Files of the photo and its guides, which `save` never overwrites.
    """

    photo: Photo
    faces: tuple[FaceOutcome, ...]
    guides_skipped: tuple[GuideSkipped, ...]
    name: str
    inputs: tuple[Path, ...]

    def count(self, status: Status) -> int:
        """Return the number of faces with this status."""
        return sum(face.status == status for face in self.faces)

    def check(self) -> None:
        """Raise an error if no face was restored, so that the photo does not pass for a result.

        Raises:
            WrongPersonError: No guide shows anybody in the photo.
            FaceError: The network failed for at least one face.
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
        """Write the result in the format of the suffix. It replaces an existing file, but never an input.

        Args:
            path: Path of the new file.
            quality: Quality of lossy formats, 1..100.

        Raises:
            ConfigError: ``quality`` is not in 1..100, or ``path`` is neither text nor a path.
            FaceError: No face was restored, so there is no result (see `check`).
            WriteError: The file cannot be written, or it is an input.
        """
        self.check()
        return images.write(self.photo, path, inputs=self.inputs, quality=quality)
