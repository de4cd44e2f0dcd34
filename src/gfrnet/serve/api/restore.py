"""Restore one photo with one request, and look at a photo without restoring it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool

from gfrnet.batch.records import Answer
from gfrnet.errors import GfrnetError
from gfrnet.serve.api.jobs import JobView, address, details, ended
from gfrnet.serve.api.parts import Serving, View
from gfrnet.serve.api.results import MEDIA_TYPES
from gfrnet.serve.desk import photo_picture
from gfrnet.serve.job_rows import Job
from gfrnet.serve.order_parts import Picture
from gfrnet.serve.orders import (
    MOST_GUIDES,
    MOST_PLACES,
    FacePlace,
    OptionsOrder,
    Order,
    PhotoOrder,
    PreviewOrder,
    RestoreOrder,
)
from gfrnet.serve.problems import Problem, ProblemError, documented
from gfrnet.serve.service import Service

router = APIRouter(tags=["restore"], responses=documented(413, 429, 503, 507))

LONGEST_WAIT = 600.0
"""Seconds after which a request no longer waits for its job."""

_LONGEST_FIELD = 4096


class RestoreForm(BaseModel):
    """Hold a photo, its guides and the options, as a form sends them.

    Attributes:
        photo: The photo to restore.
        guide: Good photos of the people in it.
        box: Left,top,width,height of a face in pixels, where it is not found.
        scale: Factor by which the photo is enlarged.
        strength: Share of the change to apply.
        fidelity: 1 gives what is likeliest, 0 the texture of photographs.
        force: Whether to use a guide even if it seems to show another person.
        thorough: Whether to search longer for faces.
        cropped: Whether the pictures already are square face crops.
    """

    model_config = ConfigDict(extra="forbid")

    photo: UploadFile
    guide: Annotated[list[UploadFile], Field(max_length=MOST_GUIDES)] = []
    box: Annotated[list[str], Field(max_length=MOST_PLACES)] = []
    scale: float = 1
    strength: float | None = None
    fidelity: float | None = None
    force: bool = False
    thorough: bool = False
    cropped: bool = False


@router.post(
    "/restore",
    response_class=FileResponse,
    form_limits={
        "max_files": MOST_GUIDES + 1,
        "max_fields": MOST_PLACES + 10,
        "max_part_size": _LONGEST_FIELD,
    },
    responses={200: {"content": {kind: {} for kind in sorted(set(MEDIA_TYPES.values()))}}},
)
async def restore_photo(
    form: Annotated[RestoreForm, Form(media_type="multipart/form-data")], request: Request, service: Serving
) -> FileResponse:
    """Restore a photo and answer with the result, in the format of the photo's name.

    The job is kept for a day, as every other one, and ``Location`` names it.
    """
    order = await run_in_threadpool(_order, form, service)
    job = await _waited(order, request, service)
    if job.problem is not None:
        raise _failed(job, job.problem)
    path = photo_picture(service.out(job.id), 0, "after")
    if path is None:
        raise ProblemError(503, "The job was stopped. Send the photo again.", headers={"Retry-After": "5"})
    return FileResponse(
        path,
        media_type=MEDIA_TYPES.get(path.suffix.lower(), "application/octet-stream"),
        filename=path.name,
        headers={"Location": address(job.id)},
    )


class PreviewFace(View):
    """Tell about a face of a preview. Without guides, only its place is known.

    Attributes:
        face: Position of the face.
        box: Left, top, width, height in pixels of the upright photo.
        turn: Angle by which the head is turned, degrees, clockwise as seen.
        guides: Positions of the guides that it would take, the fittest first.
        accepted: Whether it would be restored with them.
        similarity: Similarity of the face to the person of the guides, 0..1.
        needed: Similarity that the same person needs, 0..1.
        same_person: Whether the guides show this person.
        probability: Probability that they do, 0..1.
        certainty: The same in words.
    """

    face: int
    box: tuple[float, float, float, float]
    turn: float
    guides: list[int]
    accepted: bool | None = None
    similarity: float | None = None
    needed: float | None = None
    same_person: Answer | None = None
    probability: float | None = None
    certainty: str = ""


class GuideProblem(View):
    """Tell why a guide cannot be used.

    Attributes:
        guide: Position of the guide.
        reason: What is wrong with it, and what to do.
        advice: Remedies, the best first.
    """

    guide: int
    reason: str
    advice: list[str]


class PreviewAnswer(BaseModel):
    """Tell about the faces of a photo, and the guides that each would take.

    Attributes:
        job: The job that looked at it, whose results hold the pictures.
        width: Width of the upright photo in pixels.
        height: Its height.
        faces: Faces in reading order.
        guides_skipped: Guides that cannot be used.
        problem: Why there is no face; None where there is one.
    """

    job: JobView
    width: int
    height: int
    faces: list[PreviewFace]
    guides_skipped: list[GuideProblem]
    problem: Problem | None


@router.post("/preview", responses=documented(404))
async def preview_photo(order: PreviewOrder, request: Request, service: Serving) -> PreviewAnswer:
    """Find the faces of a photo, and choose the guides of each, without restoring it."""
    job = await _waited(order, request, service)
    if job.problem is not None:
        raise _failed(job, job.problem)
    if job.result is None:
        raise ProblemError(503, "The job was stopped. Ask again.", headers={"Retry-After": "5"})
    return PreviewAnswer(job=JobView(**details(job).model_dump()), **job.result)


async def _waited(order: Order, request: Request, service: Service) -> Job:
    """Order a job and wait for its end. If the client goes, the job is stopped.

    Raises:
        ProblemError: The job takes too long, or the server ends.
    """
    job, _ = await run_in_threadpool(service.order, order)
    found = await ended(service, job.id, request, LONGEST_WAIT)
    if found is not None:
        return found
    if await request.is_disconnected():
        await run_in_threadpool(service.stop, job.id)
    raise ProblemError(
        503,
        f"The job goes on. Ask {address(job.id)} for it.",
        name="not-yet",
        headers={"Retry-After": "10", "Location": address(job.id)},
    )


def _failed(job: Job, problem: Problem) -> ProblemError:
    error = ProblemError(problem.status, problem.detail, headers={"Location": address(job.id)})
    error.problem = problem
    return error


def _order(form: RestoreForm, service: Service) -> RestoreOrder:
    """Take in the files of a form, and return what is ordered.

    Raises:
        ProblemError: A value is wrong, or a file is too large.
    """
    try:
        options = OptionsOrder(**form.model_dump(exclude={"photo", "guide", "box"}))
        places = tuple(FacePlace(box=_box(text)) for text in form.box) or None
    except (ValidationError, GfrnetError) as error:
        raise ProblemError(422, _first(error), name="wrong-value") from error
    guides = tuple(_taken(service, guide, "guide.png") for guide in form.guide)
    photo = _taken(service, form.photo, "photo.png")
    return RestoreOrder(
        photos=(PhotoOrder(**photo.model_dump(), places=places),), guides=guides, options=options
    )


def _taken(service: Service, upload: UploadFile, otherwise: str) -> Picture:
    return Picture(file=service.store.take(upload.file), name=(upload.filename or otherwise)[-200:])


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        left, top, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ProblemError(
            422,
            f"{text[:50]!r} is no place. Give left,top,width,height in pixels, for example 120,80,64,64.",
            name="wrong-value",
        ) from error
    return left, top, width, height


def _first(error: Exception) -> str:
    """Return what is wrong in words, without what the client sent."""
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        return f"{where}: {first['msg']}. Correct it." if where else f"{first['msg']}. Correct it."
    return str(error)
