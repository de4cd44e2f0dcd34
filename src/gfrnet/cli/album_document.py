"""Make the documents of ``gfrnet album people``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from gfrnet.album import Album, AlbumFace, Person, Question
    from gfrnet.cli.documents import AlbumFaceLine, AlbumPeople


@dataclass(frozen=True)
class Seen:
    """Hold what is listed.

    Attributes:
        people: People; None where nobody asked for them.
        faces: Faces of the people who were asked for, or of nobody.
        questions: Questions.
        sheets: Files that were written.
        alone: Number of faces that belong to nobody.
    """

    people: tuple[Person, ...] | None = None
    faces: tuple[AlbumFace, ...] = ()
    questions: tuple[Question, ...] = ()
    sheets: tuple[Path, ...] = ()
    alone: int = 0


def document(album: Album, done: Sequence[str], taken_back: Sequence[str], seen: Seen) -> AlbumPeople:
    """Return the document of a command."""
    from gfrnet.cli.documents import AlbumPeople, AlbumPerson, AlbumQuestion

    return AlbumPeople(
        album=album.folder,
        done=tuple(done),
        taken_back=tuple(taken_back),
        people=None if seen.people is None else tuple(map(AlbumPerson.model_validate, seen.people)),
        faces=tuple(_face_lines(seen.faces)),
        questions=tuple(
            AlbumQuestion(
                one=asked.one,
                other=asked.other,
                probability=asked.probability,
                faces=tuple(_face_lines(asked.faces)),
            )
            for asked in seen.questions
        ),
        sheets=seen.sheets,
    )


def _face_lines(faces: Sequence[AlbumFace]) -> Iterator[AlbumFaceLine]:
    from gfrnet.cli.documents import AlbumFaceLine

    for face in faces:
        yield AlbumFaceLine(
            label=face.label,
            photo=face.photo,
            box=face.box.as_tuple(),
            turn=face.turn,
            size=face.size,
            sharpness=face.sharpness,
            worn=face.worn,
            taken=None if face.taken is None else tuple(map(str, face.taken)),
            person=face.person,
            by=face.by,
            probability=face.probability,
            guide=face.guide,
        )
