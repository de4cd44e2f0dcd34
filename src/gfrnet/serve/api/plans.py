"""Tell about a whole album: what is in it, and which bad faces can be restored with which guides."""

from __future__ import annotations

from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from gfrnet.album import SURE, Album, RestorePlan, WhichFaces
from gfrnet.serve.api.albums import FaceView, OpenAlbum, face_view
from gfrnet.serve.api.parts import FolderId, Most, Serving, Skip, View
from gfrnet.serve.orders import WhichOrder
from gfrnet.serve.problems import documented
from gfrnet.serve.service import Service

router = APIRouter(tags=["albums"], responses=documented(404))

_MOST_UNREADABLE = 100


class UnreadableView(View):
    """Tell about a file that is no readable photo.

    Attributes:
        photo: Name of the file.
        reason: Why it cannot be read.
    """

    photo: str
    reason: str


class AlbumView(View):
    """Tell what is in an album.

    Attributes:
        name: Name of the folder.
        groups: Number of people, with and without names.
        named: Number of those with names.
        known: Faces of which it is sure enough whom they show.
        perhaps: Bad faces that probably show somebody; a person must confirm it.
        nobody: Faces of whom nobody is known.
        unreadable: The first files that cannot be read.
    """

    name: str
    groups: int
    named: int
    known: int
    perhaps: int
    nobody: int
    unreadable: list[UnreadableView]


class PersonPlanView(View):
    """Count the bad faces of a person.

    Attributes:
        person: Label of the person.
        restorable: Faces that can be restored.
        no_guide: Faces without a good photo of the person.
        unsure: Faces that probably show the person; somebody must confirm it first.
    """

    person: str
    restorable: int
    no_guide: int
    unsure: int


class PlanView(View):
    """Count the faces of an album by what can be done about them.

    Attributes:
        photos: Photos with a face to restore.
        seconds: About how long it takes, by the last albums; None before the first one.
        restorable: Faces that can be restored.
        no_guide: Bad faces without a good photo of their person.
        unsure: Bad faces that somebody must confirm first.
        nobody: Bad faces of whom nobody is known.
        good: Faces that are good enough.
        people: Counts of each person with a bad face.
    """

    photos: int
    seconds: float | None
    restorable: int
    no_guide: int
    unsure: int
    nobody: int
    good: int
    people: list[PersonPlanView]


class PlannedFace(View):
    """Tell with which guides a face would be restored.

    Attributes:
        face: The face.
        guides: The good photos of its person that suit it best.
    """

    face: FaceView
    guides: list[FaceView]


class BorderView(View):
    """Show what a limit means, by the faces that are nearest to it.

    Attributes:
        worse: Faces that are hardly worse, and so would be restored.
        better: Faces that are hardly better, and so stay as they are.
    """

    worse: list[FaceView]
    better: list[FaceView]


@router.get("/albums/{folder}")
def show_album(folder: FolderId, album: OpenAlbum, service: Serving) -> AlbumView:
    """Count what is in an album, and list files that cannot be read."""
    groups, named = album.count_people()
    counts = album.counts()
    failed = islice(album.failures(), _MOST_UNREADABLE)
    return AlbumView(
        name=service.folders.path(folder).name,
        groups=groups,
        named=named,
        known=sum(counts[by] for by in SURE),
        perhaps=counts["suggested"],
        nobody=counts["alone"],
        unreadable=[
            UnreadableView(photo=path.name, reason=service.without_paths(why)) for path, why in failed
        ],
    )


@router.post("/albums/{folder}/plan", responses=documented(415))
def plan(which: WhichOrder, album: OpenAlbum, service: Serving) -> PlanView:
    """Count which bad faces can be restored, and why others cannot. Nothing is written."""
    found = _planned(album, service, which.which())
    pace = service.jobs.seconds_a_photo()
    return PlanView(
        photos=len(found.tasks),
        seconds=None if pace is None else pace * len(found.tasks),
        restorable=found.restorable,
        no_guide=found.no_guide,
        unsure=found.unsure,
        nobody=found.nobody,
        good=found.good,
        people=[PersonPlanView.model_validate(person) for person in found.people],
    )


@router.post("/albums/{folder}/plan/faces", responses=documented(415))
def list_planned_faces(
    folder: FolderId, which: WhichOrder, album: OpenAlbum, service: Serving, most: Most = 20, skip: Skip = 0
) -> list[PlannedFace]:
    """List faces that would be restored, and the guides of each, by the name of the photo."""
    found = _planned(album, service, which.which())
    ids = [face for task in found.tasks for face in found.faces[task.photo]]
    return [
        PlannedFace(
            face=face_view(folder, face),
            guides=[face_view(folder, guide) for guide in album.guides_for(face)],
        )
        for face in album.faces_with_ids(ids[skip : skip + most])
    ]


@router.get("/albums/{folder}/border")
def show_border(
    folder: FolderId,
    album: OpenAlbum,
    worse_than: Annotated[float, Query(ge=0, le=1, description="How bad a face must be.")] = 0.3,
    most: Annotated[int, Query(ge=1, le=100)] = 6,
) -> BorderView:
    """Show the faces that are hardly worse than a limit, and those that are hardly better, nearest first."""
    worse, better = (
        [face_view(folder, face) for face in faces] for faces in album.faces_around(worse_than, most)
    )
    return BorderView(worse=worse, better=better)


def _planned(album: Album, service: Service, which: WhichFaces) -> RestorePlan:
    return album.plan(service.settings.data / "tmp" / "planned", which)
