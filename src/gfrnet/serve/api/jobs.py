"""Order jobs, look at them, follow what happens in them, and stop or delete them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from gfrnet.serve.api.parts import FoundJob, Most, Serving, Skip, View
from gfrnet.serve.job_rows import ENDED, Job, State
from gfrnet.serve.orders import FOLDER_ID, Order
from gfrnet.serve.problems import Problem, documented
from gfrnet.serve.room import waiting
from gfrnet.serve.safety import API
from gfrnet.serve.service import Service

router = APIRouter(tags=["jobs"])

_LOOK_SECONDS = 10.0
"""Longest time between two looks at a job, should a ring of the bell be lost."""


class JobView(View):
    """Tell about a job.

    Attributes:
        id: Its name.
        kind: What it does.
        state: How far it is. ``done``, ``failed`` and ``cancelled`` are final.
        created: When it was ordered.
        started: When a worker last began it.
        finished: When it ended.
        problem: Why it failed.
        result: What came of it.
        links: Addresses of what belongs to it.
    """

    id: str
    kind: str
    state: State
    created: datetime
    started: datetime | None
    finished: datetime | None
    problem: Problem | None
    result: Any
    links: dict[str, str]


class JobDetails(JobView):
    """Tell about a job, and what was ordered."""

    order: Order


class JobList(View):
    """Hold a page of the list of jobs.

    Attributes:
        jobs: Jobs, the newest first.
        total: Number of all.
    """

    jobs: list[JobView]
    total: int


def address(job: str) -> str:
    """Return the address of a job."""
    return f"{API}/jobs/{job}"


def _fields(job: Job) -> dict[str, Any]:
    here = address(job.id)
    return {
        "id": job.id,
        "kind": job.order.kind,
        "state": job.state,
        "created": _when(job.created),
        "started": _when(job.started),
        "finished": _when(job.finished),
        "problem": job.problem,
        "result": job.result,
        "links": {"self": here, "events": f"{here}/events", "results": f"{here}/results"},
    }


def details(job: Job) -> JobDetails:
    """Return all that clients learn about a job."""
    return JobDetails(**_fields(job), order=job.order)


def _when(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


@router.post(
    "/jobs",
    status_code=202,
    responses={
        200: {"model": JobDetails, "description": "The same request was made before."},
        **documented(404, 413, 415, 429, 507),
    },
)
def order_job(
    order: Order,
    response: Response,
    service: Serving,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=200,
            pattern="^[!-~]+$",
            description="Name of this request. A second one of this name makes no second job.",
        ),
    ] = None,
) -> JobDetails:
    """Order a job. When this answers, the job is on the disk, and survives the end of the server."""
    job, new = service.order(order, idempotency_key)
    response.status_code = 202 if new else 200
    response.headers["Location"] = address(job.id)
    return details(job)


@router.get("/jobs")
def list_jobs(
    service: Serving,
    most: Most = 100,
    skip: Skip = 0,
    state: Annotated[list[State] | None, Query(description="Only jobs in these states.")] = None,
    album: Annotated[
        str | None, Query(pattern=FOLDER_ID, description="Only jobs of the album of this folder.")
    ] = None,
) -> JobList:
    """List jobs, the newest first."""
    jobs, total = service.jobs.listed(most, skip, state or (), album)
    return JobList(jobs=[JobView(**_fields(job)) for job in jobs], total=total)


@router.get("/jobs/{job}", responses=documented(404))
def show_job(job: FoundJob) -> JobDetails:
    """Show a job."""
    return details(job)


@router.delete(
    "/jobs/{job}",
    status_code=202,
    response_model=None,
    responses={
        202: {"model": JobDetails, "description": "It stops at the next safe point."},
        204: {"description": "It had ended, and is deleted with its results."},
        **documented(404, 409),
    },
)
def delete_job(job: FoundJob, service: Serving) -> Response:
    """Stop a job that waits or runs. Delete one that has ended, with its results and its files."""
    if job.ended:
        service.remove(job.id)
        return Response(status_code=204)
    stopped = service.stop(job.id)
    return JSONResponse(details(stopped).model_dump(mode="json"), 202)


@router.post("/jobs/{job}/stop", responses=documented(404))
def stop_job(job: FoundJob, service: Serving) -> JobDetails:
    """Stop a job at the next safe point. A job that has ended stays as it is, with its results."""
    return details(job if job.ended else service.stop(job.id))


class NothingMoreError(Exception):
    """Tell a browser to follow a job no longer."""


def _position(
    job: FoundJob,
    service: Serving,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**53)] = None,
    after: Annotated[int, Query(ge=0, le=2**53, description="Number of the last event known.")] = 0,
) -> int:
    """Return the number of the last event that a client knows.

    Raises:
        NothingMoreError: The job has ended, and the client knows all.
    """
    last = service.jobs.last_event(job.id)
    known = min(last, after if last_event_id is None else last_event_id)
    if job.ended and known == last:
        raise NothingMoreError
    return known


@router.get(
    "/jobs/{job}/events",
    response_class=EventSourceResponse,
    responses={204: {"description": "The job has ended, and all is known."}, **documented(404)},
)
async def follow_job(
    job: FoundJob, service: Serving, known: Annotated[int, Depends(_position)]
) -> AsyncIterator[ServerSentEvent]:
    """Follow what happens in a job, as server-sent events.

    Every event has a number. A client that comes back gives the last one that it knows, in ``Last-Event-ID``
    as browsers do, and misses nothing. The last event is a ``state`` that is final. ``waiting`` has no
    number: it tells that the disk is full, so that nothing can be written down.
    """
    told = False
    with service.bell.listening(job.id) as news:
        while not service.bell.closed:
            news.clear()
            over = await run_in_threadpool(service.jobs.has_ended, job.id)
            found = await run_in_threadpool(service.jobs.events, job.id, known)
            for event in found:
                known = event.id
                yield ServerSentEvent(data={"at": event.at, **event.data}, event=event.kind, id=str(event.id))
                if event.kind == "state" and event.data["state"] in ENDED:
                    return
            if over:
                return
            told = told and not found
            if service.crew.full and not told:
                told = True
                problem = waiting().model_dump(mode="json")
                yield ServerSentEvent(data={"at": time.time(), "problem": problem}, event="waiting")
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await news.wait()


async def ended(service: Service, job: str, request: Request, seconds: float) -> Job | None:
    """Wait for the end of a job and return it; None where the client went or time is over."""
    try:
        async with asyncio.timeout(seconds):
            with service.bell.listening(job) as news:
                while not service.bell.closed:
                    news.clear()
                    found = await run_in_threadpool(service.jobs.get, job)
                    if found.ended:
                        return found
                    if await request.is_disconnected():
                        return None
                    with suppress(TimeoutError):
                        async with asyncio.timeout(1.0):
                            await news.wait()
    except TimeoutError:
        pass
    return None
