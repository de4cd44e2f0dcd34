"""Give out what came of a job: pictures, the report, and everything in one archive."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, StreamingResponse

from gfrnet.batch import Report
from gfrnet.serve.api.files import as_download
from gfrnet.serve.api.jobs import address
from gfrnet.serve.api.parts import CACHED, FaceIndex, FoundJob, GuideIndex, PhotoIndex, Serving, View
from gfrnet.serve.desk import FacePicture, PhotoPicture, face_picture, guide_picture, photo_picture
from gfrnet.serve.job_rows import Job
from gfrnet.serve.order_parts import Id, Picture
from gfrnet.serve.orders import (
    AlbumRestoreOrder,
    BlendOrder,
    PreviewOrder,
    RestoreOrder,
    display_names,
)
from gfrnet.serve.problems import ProblemError, documented
from gfrnet.serve.restoring import REPORT
from gfrnet.serve.service import Service

router = APIRouter(tags=["results"], responses=documented(404))

MEDIA_TYPES = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".jfif": "image/jpeg",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}
"""Types of pictures. Nothing else is shown by browsers."""

_COPIED = 1 << 18
_PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {kind: {} for kind in sorted({"application/octet-stream", *MEDIA_TYPES.values()})}}
}


class FaceResults(View):
    """List the pictures of a face, by what they show.

    Attributes:
        face: Position of the face.
        pictures: Addresses.
    """

    face: int
    pictures: dict[str, str]


class PhotoResults(View):
    """List the pictures of a photo, by what they show.

    Attributes:
        photo: Position of the photo.
        name: Its name for people.
        pictures: Addresses.
        faces: Pictures of its faces.
    """

    photo: int
    name: str
    pictures: dict[str, str]
    faces: list[FaceResults]


class Results(View):
    """List the results of a job that exist by now.

    Attributes:
        photos: Results of the photos, in the order in which they were given.
        guides: Addresses of small pictures of the guides, by their positions; only a preview has them.
        report: Address of the report; None where there is none.
        zip: Address of the archive; None where there is nothing in it.
    """

    photos: list[PhotoResults]
    guides: dict[int, str]
    report: str | None
    zip: str | None


def sent_photos(service: Service, job: Job) -> tuple[Picture, ...]:
    """Return the photos of a job that were sent; none for a job of an album."""
    match job.order:
        case RestoreOrder(photos=photos):
            return photos
        case PreviewOrder(photo=photo):
            return (photo,)
        case BlendOrder() if isinstance(job.result, dict) and "photo" in job.result:
            return (Picture.model_validate(job.result["photo"]),)
        case BlendOrder(job=source, photo=index):
            return sent_photos(service, service.jobs.get(source))[index : index + 1]
    return ()


def names_of(service: Service, job: Job) -> dict[int, str]:
    """Return the names of a job's photos by their positions; those of an album once they are done."""
    if not isinstance(job.order, AlbumRestoreOrder):
        return {index: photo.name for index, photo in enumerate(sent_photos(service, job))}
    events = service.jobs.events(job.id)
    return {event.data["photo"]: event.data["record"]["photo"] for event in events if event.kind == "photo"}


@router.get("/jobs/{job}/results")
def list_results(job: FoundJob, service: Serving) -> Results:
    """List the pictures of a job that exist by now, with their addresses."""
    out, here = service.out(job.id), f"{address(job.id)}/results"
    sent = not isinstance(job.order, AlbumRestoreOrder)
    names = sorted(names_of(service, job).items())
    photos = [_listed(out, here, PhotoPlace(index, name, sent)) for index, name in names]
    small = sorted(int(path.stem) for path in (out / "guides").glob("*.png"))
    guides = {guide: f"{here}/guides/{guide}" for guide in small}
    report = f"{here}/report" if (out / REPORT).is_file() else None
    archive = f"{here}/zip" if any("after" in photo.pictures for photo in photos) else None
    return Results(photos=photos, guides=guides, report=report, zip=archive)


@dataclass(frozen=True)
class PhotoPlace:
    """Say which photo of a job this is.

    Attributes:
        index: Its position.
        name: Its name for people.
        sent: Whether a client sent it.
    """

    index: int
    name: str
    sent: bool


def _listed(out: Path, here: str, photo: PhotoPlace) -> PhotoResults:
    index, place = photo.index, f"{here}/photos/{photo.index}"
    found = [each for each in get_args(PhotoPicture) if photo_picture(out, index, each)]
    pictures = {each: f"{place}/{each}" for each in (*(["before"] if photo.sent else []), *found)}
    folders = sorted(int(path.name) for path in (out / str(index) / "faces").glob("*"))
    faces = []
    for face in folders:
        shown = [each for each in get_args(FacePicture) if face_picture(out, index, face, each)]
        links = {each: f"{place}/faces/{face}/{each}" for each in shown}
        faces.append(FaceResults(face=face, pictures=links))
    return PhotoResults(photo=index, name=photo.name, pictures=pictures, faces=faces)


@router.get("/jobs/{job}/results/report", response_model=Report, response_class=FileResponse)
def show_report(job: FoundJob, service: Serving) -> FileResponse:
    """Give the report, as ``gfrnet restore`` writes it; photos that are not done yet are missing."""
    path = service.out(job.id) / REPORT
    if not path.is_file():
        raise ProblemError(404, "There is no report yet. Wait for the first photo.")
    return FileResponse(path, media_type="application/json", headers=CACHED)


@router.get(
    "/jobs/{job}/results/zip",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/zip": {}}}},
)
def download_all(
    job: FoundJob,
    service: Serving,
    blend: Annotated[Id | None, Query(description="A blend of this job; the archive holds it too.")] = None,
) -> StreamingResponse:
    """Give all results and the report as one archive, which is made while it is sent."""
    files = _archived(service, job)
    if blend is not None:
        files |= _blended(service, job, blend)
    if not files:
        raise ProblemError(404, "There is no result yet. Wait for the first photo.")
    headers = {"Content-Disposition": 'attachment; filename="restored.zip"'}
    return StreamingResponse(zipped(files), media_type="application/zip", headers=headers)


def _archived(service: Service, job: Job) -> dict[str, Path]:
    """Return the files of the archive by their names in it. Photos of an album keep their folders."""
    out, files = service.out(job.id), dict[str, Path]()
    for index, photo in sorted(names_of(service, job).items()):
        after, sheet = photo_picture(out, index, "after"), photo_picture(out, index, "sheet")
        if after is None:
            continue
        sent = not isinstance(job.order, AlbumRestoreOrder)
        folder = PurePosixPath() if sent else _folder(photo)
        name = str(folder / after.name)
        if name in files or name == REPORT:
            name = str(folder / f"photo {index + 1}" / after.name)
        files[name] = after
        if sheet is not None:
            files[f"compared/{name}.png"] = sheet
    if files and (out / REPORT).is_file():
        files[REPORT] = out / REPORT
    return files


def _folder(photo: str) -> PurePosixPath:
    """Return the folder of a photo of an album, without steps that lead out of where it is unpacked."""
    parts = PurePosixPath(photo.replace("\\", "/")).parent.parts
    return PurePosixPath(*(part for part in parts if part.strip("/. ") and ":" not in part))


def _blended(service: Service, job: Job, name: str) -> dict[str, Path]:
    """Return the result of a blend of a job, by its name in the archive.

    Raises:
        ProblemError: There is none.
    """
    order = service.jobs.get(name).order
    after = photo_picture(service.out(name), 0, "after")
    if not isinstance(order, BlendOrder) or order.job != job.id or after is None:
        raise ProblemError(404, "This is no finished blend of the job. Order one, and wait for its end.")
    return {f"blended/{after.name}": after}


@router.get("/jobs/{job}/results/photos/{photo}/before", response_class=FileResponse, responses=_PICTURE)
def show_original(job: FoundJob, photo: PhotoIndex, service: Serving) -> FileResponse:
    """Give a photo as it was sent."""
    photos = sent_photos(service, job)
    if photo >= len(photos):
        raise ProblemError(404, f"{len(photos)} photos were sent for this job. Count them from 0.")
    picture = photos[photo]
    if service.store.size(picture.file) is None:
        raise ProblemError(404, "This file is not here any more. Send it again.", name="file-missing")
    return as_download(service, picture.file, display_names((picture,))[picture.file])


@router.get("/jobs/{job}/results/photos/{photo}/{picture}", response_class=FileResponse, responses=_PICTURE)
def show_photo(
    job: FoundJob, photo: PhotoIndex, picture: PhotoPicture, service: Serving, download: bool = False
) -> FileResponse:
    """Give a picture of a photo."""
    return _picture(photo_picture(service.out(job.id), photo, picture), download)


@router.get(
    "/jobs/{job}/results/photos/{photo}/faces/{face}/{picture}",
    response_class=FileResponse,
    responses=_PICTURE,
)
def show_face(
    job: FoundJob, photo: PhotoIndex, face: FaceIndex, picture: FacePicture, service: Serving
) -> FileResponse:
    """Give a picture of a face."""
    return _picture(face_picture(service.out(job.id), photo, face, picture), False)


def _picture(path: Path | None, download: bool) -> FileResponse:
    if path is None:
        raise ProblemError(404, "There is no such picture. The list of results names those that exist.")
    kind: Literal["attachment", "inline"] = "attachment" if download else "inline"
    return FileResponse(
        path,
        media_type=MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"),
        filename=path.name,
        content_disposition_type=kind,
        headers=CACHED,
    )


@router.get("/jobs/{job}/results/guides/{guide}", response_class=FileResponse, responses=_PICTURE)
def show_guide(job: FoundJob, guide: GuideIndex, service: Serving) -> FileResponse:
    """Give a small picture of a guide: a face in it, as a preview found it."""
    return _picture(guide_picture(service.out(job.id), guide), False)


class _Sent(RawIOBase):
    """Collect what an archive writes, until it is sent."""

    def __init__(self) -> None:
        super().__init__()
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        """Return that this can be written to."""
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        """Keep bytes for the next sending."""
        self._parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """Return what was written since the last time."""
        data, self._parts = b"".join(self._parts), []
        return data


def zipped(files: dict[str, Path]) -> Iterator[bytes]:
    """Yield an archive piece by piece. Pictures are compressed already, so they are only stored."""
    sent = _Sent()
    with zipfile.ZipFile(sent, "w") as archive:
        for name, path in files.items():
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                while piece := source.read(_COPIED):
                    target.write(piece)
                    yield sent.taken()
    yield sent.taken()
