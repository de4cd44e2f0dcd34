"""Share what the routes of the API have in common: the service, and a job or folder by its name."""

from __future__ import annotations

from typing import Annotated, TypeAlias, cast

from fastapi import Depends, Path, Query, Request
from pydantic import BaseModel, ConfigDict

from gfrnet.serve.job_rows import Job
from gfrnet.serve.order_parts import FOLDER_ID
from gfrnet.serve.orders import MOST_GUIDES, MOST_PHOTOS, MOST_PLACES
from gfrnet.serve.service import Service

CACHED = {"Cache-Control": "private, no-cache"}
"""Headers of results: a browser keeps them, and asks whether they still hold."""


class View(BaseModel):
    """Hold a part of an answer."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


def service_of(request: Request) -> Service:
    """Return the service of the application."""
    return cast(Service, request.app.state.service)


Serving: TypeAlias = Annotated[Service, Depends(service_of)]

JobId: TypeAlias = Annotated[str, Path(pattern=FOLDER_ID, description="Name of a job.")]
FolderId: TypeAlias = Annotated[str, Path(pattern=FOLDER_ID, description="Name of a folder.")]
PhotoIndex: TypeAlias = Annotated[int, Path(ge=0, lt=MOST_PHOTOS, description="Position of a photo.")]
FaceIndex: TypeAlias = Annotated[int, Path(ge=0, lt=100 * MOST_PLACES, description="Position of a face.")]
GuideIndex: TypeAlias = Annotated[int, Path(ge=0, lt=MOST_GUIDES, description="Position of a guide.")]
Most: TypeAlias = Annotated[int, Query(ge=1, le=1000, description="Number of entries to return.")]
Skip: TypeAlias = Annotated[int, Query(ge=0, le=10**9, description="Number of entries to leave out.")]


def found_job(job: JobId, service: Serving) -> Job:
    """Return a job by its name.

    Raises:
        ProblemError: There is none.
    """
    return service.jobs.get(job)


FoundJob: TypeAlias = Annotated[Job, Depends(found_job)]
