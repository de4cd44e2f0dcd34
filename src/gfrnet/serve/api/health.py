"""Tell whether the server lives, whether it can work, and how much it has done."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gfrnet.images import READABLE_SUFFIXES
from gfrnet.serve.api.parts import Serving, View
from gfrnet.serve.film_desk import has_extra
from gfrnet.serve.orders import MOST_GUIDES, MOST_PHOTOS
from gfrnet.serve.problems import ProblemError, documented
from gfrnet.serve.safety import API
from gfrnet.version import __version__

router = APIRouter(tags=["health"])


class Health(View):
    """Say that all is well."""

    status: Literal["ok"] = "ok"


class About(View):
    """Tell what the server is and takes.

    Attributes:
        version: Version of gfrnet.
        model: Name of the model.
        file_bytes: Largest file.
        form_bytes: Largest form of ``/restore``.
        max_megabytes: Largest decoded size of a picture, in megabytes.
        most_photos: Most photos of a job.
        most_guides: Most guides of a job.
        suffixes: Endings of pictures that are read.
        keep_seconds: Time that files and ended jobs are kept after their last use.
        albums: Whether folders are shown.
        films: Whether the extra ``film`` is installed, so that films can be restored.
    """

    version: str
    model: str
    file_bytes: int
    form_bytes: int
    max_megabytes: float
    most_photos: int
    most_guides: int
    suffixes: list[str]
    keep_seconds: float
    albums: bool
    films: bool


@router.get(f"{API}/about")
def about(service: Serving) -> About:
    """Tell what the server is and takes, so that a client can say in time what it refuses."""
    settings = service.settings
    return About(
        version=__version__,
        model=Path(settings.model).name,
        file_bytes=settings.file_bytes,
        form_bytes=settings.request_bytes,
        max_megabytes=settings.max_megabytes,
        most_photos=MOST_PHOTOS,
        most_guides=MOST_GUIDES,
        suffixes=list(READABLE_SUFFIXES),
        keep_seconds=settings.keep,
        albums=bool(settings.roots),
        films=has_extra(),
    )


@router.get("/healthz")
async def healthz() -> Health:
    """Tell that the server answers."""
    return Health()


@router.get("/readyz", responses=documented(503))
async def readyz(service: Serving) -> Health:
    """Tell whether every kind of job has a process that can begin it."""
    if service.crew.broken:
        raise ProblemError(503, service.without_paths(service.crew.broken), name="model-broken")
    if not service.crew.ready:
        raise ProblemError(503, "The model is being loaded. Ask again.", headers={"Retry-After": "2"})
    return Health()


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def metrics(service: Serving) -> Response:
    """Give figures for Prometheus."""
    return Response(generate_latest(service.measures.registry), media_type=CONTENT_TYPE_LATEST)
