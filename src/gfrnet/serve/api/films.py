"""Show the films of the server, what a scan found in one, and what came of restoring it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from gfrnet.serve.api.parts import CACHED, FolderId, FoundJob, Most, Serving, Skip, View
from gfrnet.serve.film_desk import (
    FOUND,
    PREVIEW,
    REPORT,
    SIDE,
    Found,
    FoundFilm,
    FoundPerson,
    FoundTrack,
    result_film,
    track_picture,
)
from gfrnet.serve.film_orders import FilmScanOrder
from gfrnet.serve.problems import ProblemError, documented
from gfrnet.serve.safety import API

router = APIRouter(tags=["films"], responses=documented(404))

MEDIA_TYPES = {
    ".mkv": "video/x-matroska",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".ts": "video/mp2t",
}
"""Types of the films that are written."""

_FILM: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in sorted(set(MEDIA_TYPES.values()))}},
    206: {"description": "The part that the header `Range` asks for."},
    **documented(416),
}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}}}
TrackIndex: TypeAlias = Annotated[int, InPath(ge=0, le=10**9, description="Number of a track.")]


class FilmFileView(View):
    """Tell about a film in a folder.

    Attributes:
        name: Its name.
        bytes: Its size.
    """

    name: str
    bytes: int


class FilmView(FoundFilm):
    """Tell about a film that was scanned.

    Attributes:
        people: Number of people.
    """

    people: int


class TrackView(FoundTrack):
    """Tell about one face through one shot.

    Attributes:
        picture: Address of a small picture; None where there is none.
    """

    picture: str | None  # type: ignore[assignment]


class FilmPersonView(FoundPerson):
    """Tell about a person who was found."""

    tracks: tuple[TrackView, ...]


def _found(job: FoundJob, service: Serving) -> Found:
    """Return what a scan found.

    Raises:
        ProblemError: The job found nothing (yet).
    """
    path = service.out(job.id) / FOUND
    if not (isinstance(job.order, FilmScanOrder) and job.state == "done" and path.is_file()):
        raise ProblemError(404, "This job has scanned no film. Scan one, and wait for its end.")
    return Found.model_validate_json(path.read_text("utf-8"))


ScannedFilm: TypeAlias = Annotated[Found, Depends(_found)]


@router.get("/folders/{folder}/films")
def list_films(folder: FolderId, service: Serving) -> list[FilmFileView]:
    """List the films in a folder."""
    return [FilmFileView.model_validate(film) for film in service.folders.films(folder)]


@router.get("/films/{job}")
def show_film(found: ScannedFilm) -> FilmView:
    """Tell about the film that a job scanned."""
    return FilmView(**found.model_dump(exclude={"people"}), people=len(found.people))


@router.get("/films/{job}/people")
def list_people(job: FoundJob, found: ScannedFilm, most: Most = 100, skip: Skip = 0) -> list[FilmPersonView]:
    """List the people of a film and their tracks, the one with the most frames first."""
    return [
        FilmPersonView(
            person=person.person,
            frames=person.frames,
            tracks=tuple(_track(job.id, track) for track in person.tracks),
        )
        for person in found.people[skip : skip + most]
    ]


def _track(job: str, track: FoundTrack) -> TrackView:
    address = f"{API}/films/{job}/tracks/{track.track}" if track.picture else None
    return TrackView(**{**track.model_dump(), "picture": address})


@router.get("/films/{job}/tracks/{track}", response_class=FileResponse, responses=_JPEG)
def show_track(job: FoundJob, track: TrackIndex, service: Serving) -> FileResponse:
    """Give a small picture of a face, where the track is clearest."""
    return _given(track_picture(service.out(job.id), track), "image/jpeg")


@router.get("/films/{job}/preview", response_class=FileResponse, responses=_JPEG)
def show_preview(job: FoundJob, service: Serving) -> FileResponse:
    """Give the picture of a preview: portrait, before and after of each face."""
    return _given(service.out(job.id) / PREVIEW, "image/jpeg")


@router.head("/films/{job}/result", response_class=FileResponse, include_in_schema=False)
@router.get("/films/{job}/result", response_class=FileResponse, responses=_FILM)
def give_film(job: FoundJob, service: Serving, download: bool = False) -> FileResponse:
    """Give the restored film, or the part that the header ``Range`` asks for."""
    path = result_film(service.out(job.id))
    return _given(path, MEDIA_TYPES.get(path.suffix.lower(), "") if path else "", download)


@router.head("/films/{job}/side", response_class=FileResponse, include_in_schema=False)
@router.get("/films/{job}/side", response_class=FileResponse, responses=_FILM)
def give_side(job: FoundJob, service: Serving, download: bool = False) -> FileResponse:
    """Give the film of before and after side by side, an MP4."""
    return _given(service.out(job.id) / SIDE, "video/mp4", download)


@router.get("/films/{job}/report", response_class=FileResponse)
def show_report(job: FoundJob, service: Serving) -> FileResponse:
    """Give the report on a restored film, as ``gfrnet film restore`` writes it."""
    return _given(service.out(job.id) / REPORT, "application/json")


def _given(path: Path | None, kind: str, download: bool = False) -> FileResponse:
    if path is None or not path.is_file():
        raise ProblemError(404, "There is no such result (yet). Follow the job until its end.")
    how: Literal["attachment", "inline"] = "attachment" if download else "inline"
    return FileResponse(
        path,
        media_type=kind or "application/octet-stream",
        filename=path.name,
        content_disposition_type=how,
        headers=CACHED,
    )
