"""Take what a person says about an album: names, merges, answers, guides."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Literal, TypeAlias

from pydantic import ConfigDict, Field

from gfrnet.album import Acts, Album, AsGuide
from gfrnet.serve.orders import MOST_NAME, Ordered, PersonLabel

MOST_ACTS = 1000
"""Most acts of a step."""

Label: TypeAlias = PersonLabel
Face: TypeAlias = Annotated[str, Field(pattern="^[0-9a-f]{2,32}-[0-9]{1,9}$", examples=["9f2c4a1b07-2"])]
Faces: TypeAlias = Annotated[tuple[Face, ...], Field(min_length=1, max_length=1000, fail_fast=True)]
Name: TypeAlias = Annotated[str, Field(min_length=1, max_length=MOST_NAME, examples=["Anna"])]


class NamePerson(Ordered):
    """Give a person or group a name."""

    act: Literal["name"]
    person: Label
    name: Name


class NameFace(Ordered):
    """Say by name whom a face shows."""

    act: Literal["name-face"]
    face: Face
    name: Name


class Merge(Ordered):
    """Say that two people are one."""

    act: Literal["merge"]
    one: Label
    other: Label


class Answer(Ordered):
    """Answer whether two groups show one person."""

    act: Literal["answer"]
    one: Label
    other: Label
    same: bool


class Split(Ordered):
    """Say that faces show somebody else than they are taken for."""

    act: Literal["split"]
    faces: Faces


class Confirm(Ordered):
    """Say that a face shows a person, or that it does not."""

    act: Literal["confirm", "deny"]
    face: Face
    person: Label


class BornIn(Ordered):
    """Say when a person was born."""

    act: Literal["born"]
    person: Label
    year: Annotated[int, Field(ge=0, le=9999)]


class IsNoFace(Ordered):
    """Say that what was found is no face."""

    act: Literal["no-face"]
    face: Face


class UseAsGuide(Ordered):
    """Say that faces always guide, never guide, or are free to be chosen again."""

    act: Literal["guide"]
    faces: Faces
    use: Literal["pinned", "banned", "free"]


Act: TypeAlias = Annotated[
    NamePerson | NameFace | Merge | Answer | Split | Confirm | BornIn | IsNoFace | UseAsGuide,
    Field(discriminator="act"),
]


class Acted(Ordered):
    """Hold what a person says at once. It is taken back as one step."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"acts": [{"act": "name", "person": "G12", "name": "Anna"}]}]}
    )

    acts: Annotated[tuple[Act, ...], Field(min_length=1, max_length=MOST_ACTS, fail_fast=True)]


class Gathering:
    """Gather acts, and decide them as one step.

    Args:
        album: The album.
    """

    def __init__(self, album: Album) -> None:
        self._album, self._acts = album, Acts(album)
        self._uses: list[AsGuide] = []
        self._given: set[str] = set()

    def add(self, said: Act) -> str:
        """Gather one act; return a sentence on what it will do.

        Raises:
            PlanError: It fits nothing in the album.
        """
        match said:
            case NamePerson():
                done = self._acts.name(self._known(said.person), said.name)
                self._given.add(_composed(said.name))
                return done
            case NameFace():
                self._given.add(_composed(said.name))
                return self._acts.name(said.face, said.name)
            case Merge():
                return self._acts.merge(self._known(said.one), self._known(said.other))
            case Answer():
                return self._acts.answer(self._known(said.one), self._known(said.other), said.same)
            case _:
                return self._add_of_faces(said)

    def decide(self) -> str:
        """Write all down as one step, and return its name. When this returns it is on the disk."""
        return self._album.decide(*self._acts.decisions, *self._uses)

    def _add_of_faces(self, said: Split | Confirm | BornIn | IsNoFace | UseAsGuide) -> str:
        match said:
            case Split():
                return self._acts.split(said.faces)
            case Confirm(act="confirm"):
                return self._acts.confirm(said.face, self._known(said.person))
            case Confirm():
                return self._acts.deny(said.face, self._known(said.person))
            case BornIn():
                return self._acts.born(self._known(said.person), said.year)
            case IsNoFace():
                return self._acts.no_face(said.face)
            case UseAsGuide():
                keys = self._album.keys([self._album.face(label) for label in said.faces])
                self._uses.append(AsGuide(use=said.use, faces=keys))
                return f"{', '.join(said.faces)}: {said.use}."

    def _known(self, label: str) -> str:
        """Return the label of a person who is known, so that no label is ever taken for a file's name.

        Raises:
            PlanError: Nobody is called so.
        """
        label = _composed(label)
        return label if label in self._given else self._acts.person(label).label


def _composed(label: str) -> str:
    return unicodedata.normalize("NFC", label.strip())
