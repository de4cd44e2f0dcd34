"""Show the folders of the server and the albums in them: people, faces, questions; take decisions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Path, Query, Response

from gfrnet.album import Album, AlbumFace, By, Person, decided, taken_back
from gfrnet.errors import PlanError
from gfrnet.serve.api.parts import FolderId, Most, Serving, Skip, View
from gfrnet.serve.desk import as_ltwh
from gfrnet.serve.orders import MOST_NAME
from gfrnet.serve.problems import ProblemError, documented
from gfrnet.serve.safety import API
from gfrnet.serve.saying import Acted, Gathering

router = APIRouter(tags=["albums"], responses=documented(404))


def _opened(folder: FolderId, service: Serving) -> Iterator[Album]:
    """Open the album of a folder for one request."""
    with Album.open(service.folders.album(folder)) as album:
        yield album


_MOST_TOLD = 20
"""Most decisions of a step that are told of, before it is taken back."""

OpenAlbum: TypeAlias = Annotated[Album, Depends(_opened)]
Label: TypeAlias = Annotated[
    str, Query(min_length=1, max_length=MOST_NAME, description="Name of a person, or number of a group.")
]


class FolderView(View):
    """Tell about a folder.

    Attributes:
        id: Its name for programs.
        name: Its name for people.
        album: Whether it was scanned as an album.
        pictures: Number of pictures directly in it.
    """

    id: str
    name: str
    album: bool
    pictures: int


class PersonView(View):
    """Tell about a person.

    Attributes:
        label: Name, or number of a group without one, such as ``G12``.
        name: The name; None where nobody gave one.
        born: Year of birth; None where it is unknown.
        faces: Number of faces that surely show the person.
        suggested: Number of bad faces that probably do.
        picture: Address of a small picture.
    """

    label: str
    name: str | None
    born: int | None
    faces: int
    suggested: int
    picture: str


class FaceView(View):
    """Tell about a face.

    Attributes:
        label: Its name, such as ``9f2c4a1b07-2``.
        photo: Name of the photo that shows it.
        box: Left, top, width, height in pixels of the upright photo.
        person: Label of the person; empty where nobody is known.
        by: Who says so, such as ``person`` or ``likeness``.
        probability: Probability that it is this person, 0..1.
        worn: How bad the face is, 0..1.
        taken: First and last day on which the photo may have been taken; None where that is unknown.
        guide: ``pinned`` or ``banned`` as guide; empty where it is free.
        picture: Address of a small picture.
    """

    label: str
    photo: str
    box: tuple[float, float, float, float]
    person: str
    by: By
    probability: float
    worn: float
    taken: tuple[date, date] | None
    guide: str
    picture: str


class QuestionView(View):
    """Ask whether two groups show one person.

    Attributes:
        one: Label of the one.
        other: Label of the other.
        probability: Probability of a yes, 0..1.
        faces: A face of each that can be compared best.
    """

    one: str
    other: str
    probability: float
    faces: tuple[FaceView, FaceView]


class Said(View):
    """Tell what holds from now on.

    Attributes:
        said: One sentence for each act.
        step: Name of the step, for taking this very one back.
    """

    said: list[str]
    step: str


class LastStep(View):
    """Tell what would be taken back.

    Attributes:
        step: Name of the last step; None where none is left.
        said: One sentence for each of its first decisions.
    """

    step: str | None
    said: list[str]


class Undone(View):
    """Tell what was taken back.

    Attributes:
        undone: Number of decisions; 0 where none was left.
        said: One sentence for each, on what holds now.
    """

    undone: int
    said: list[str]


@router.get("/folders")
def list_roots(service: Serving) -> list[FolderView]:
    """List the folders below which albums may lie."""
    return [FolderView.model_validate(folder) for folder in service.folders.roots()]


@router.get("/folders/{folder}")
def list_folder(folder: FolderId, service: Serving) -> list[FolderView]:
    """List the folders in a folder."""
    return [FolderView.model_validate(each) for each in service.folders.inside(folder)]


@router.get("/albums/{folder}/people")
def list_people(folder: FolderId, album: OpenAlbum, most: Most = 100, skip: Skip = 0) -> list[PersonView]:
    """List people: those with names by name, then groups, the largest first."""
    return [_person(folder, person) for person in album.people(most, skip)]


@router.get("/albums/{folder}/person")
def show_person(folder: FolderId, label: Label, album: OpenAlbum) -> PersonView:
    """Show a person."""
    return _person(folder, found_person(album, label))


@router.get("/albums/{folder}/faces")
def list_faces(
    folder: FolderId,
    album: OpenAlbum,
    person: Annotated[str | None, Query(max_length=MOST_NAME, description="Label of a person.")] = None,
    by: Annotated[list[By] | None, Query(description="Only faces of which these say whom they show.")] = None,
    most: Most = 100,
    skip: Skip = 0,
) -> list[FaceView]:
    """List faces, the surest of a person first."""
    if person is not None:
        found_person(album, person)
    return [face_view(folder, face) for face in album.faces(person, by or (), most, skip)]


@router.get(
    "/albums/{folder}/pictures/{face}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}}},
)
def show_small_picture(
    face: Annotated[int, Path(ge=0, lt=2**53)], album: OpenAlbum, service: Serving
) -> Response:
    """Give the small picture of a face, where its photo lies below a root."""
    for found in album.faces_with_ids([face]):
        if not service.folders.holds(found.photo):
            raise ProblemError(404, "This photo lies outside of the folders of the server. Move it there.")
    try:
        picture = album.thumbnail(face)
    except PlanError as error:
        raise ProblemError(404, str(error)) from error
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=60"})


@router.get("/albums/{folder}/questions")
def list_questions(
    folder: FolderId, album: OpenAlbum, most: Annotated[int, Query(ge=1, le=100)] = 10
) -> list[QuestionView]:
    """Ask whether groups show one person. The answers that help most are asked for first."""
    return [
        QuestionView(
            one=question.one,
            other=question.other,
            probability=question.probability,
            faces=(face_view(folder, question.faces[0]), face_view(folder, question.faces[1])),
        )
        for question in album.questions(most)
    ]


@router.get("/albums/{folder}/guides")
def list_guides(
    folder: FolderId, album: OpenAlbum, person: Annotated[str, Query(max_length=MOST_NAME)]
) -> list[FaceView]:
    """List the faces that may guide a person: pinned ones, then the clearest, and banned ones last."""
    found_person(album, person)
    return [face_view(folder, face) for face in album.guides(person)]


@router.post("/albums/{folder}/decisions", responses=documented(415))
def decide(acted: Acted, album: OpenAlbum) -> Said:
    """Decide what a person says about the album, as one step. When this answers it is on the disk."""
    gathering = Gathering(album)
    said = [gathering.add(each) for each in acted.acts]
    return Said(said=said, step=gathering.decide())


@router.get("/albums/{folder}/undo")
def show_last_step(album: OpenAlbum) -> LastStep:
    """Tell what would be taken back. All who use the album share one history."""
    last = album.last_step()
    said = [decided(each.decision) for each in last[:_MOST_TOLD]]  # type: ignore[arg-type]
    return LastStep(step=last[0].step if last else None, said=said)


@router.post("/albums/{folder}/undo", responses=documented(409))
def undo(
    album: OpenAlbum,
    step: Annotated[
        str | None,
        Query(max_length=64, description="Name of the step to take back; without it, whichever is the last."),
    ] = None,
) -> Undone:
    """Take back the last step of decisions. Where another one is the last by now, nothing is taken back."""
    undone = album.undo(step)
    if not undone and step is not None and album.last_step():
        raise ProblemError(
            409, "Something else was decided meanwhile. Look at it, and decide anew.", name="other-step"
        )
    return Undone(undone=len(undone), said=[taken_back(album, each) for each in undone])


def found_person(album: Album, label: str) -> Person:
    """Return a person by the label.

    Raises:
        ProblemError: There is none.
    """
    try:
        return album.person(label)
    except PlanError as error:
        raise ProblemError(404, str(error), name="nobody") from error


def _picture(folder: str, face: int) -> str:
    return f"{API}/albums/{folder}/pictures/{face}"


def _person(folder: str, person: Person) -> PersonView:
    return PersonView(
        label=person.label,
        name=person.name,
        born=person.born,
        faces=person.faces,
        suggested=person.suggested,
        picture=_picture(folder, person.cover),
    )


def face_view(folder: str, face: AlbumFace) -> FaceView:
    """Return what clients learn about a face."""
    return FaceView(
        label=face.label,
        photo=face.photo.name,
        box=as_ltwh(face.box),
        person=face.person,
        by=face.by,
        probability=face.probability,
        worn=face.worn,
        taken=face.taken,
        guide=face.guide,
        picture=_picture(folder, face.id),
    )
