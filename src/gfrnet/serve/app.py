"""Make the application: routes, limits, and errors that say what to do next."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from gfrnet.errors import GfrnetError
from gfrnet.serve.api import albums, files, health, jobs, plans, restore, results, session
from gfrnet.serve.describing import describe
from gfrnet.serve.measures import Measuring
from gfrnet.serve.problems import MEDIA_TYPE, Problem, ProblemError, documented
from gfrnet.serve.room import is_full, no_room
from gfrnet.serve.safety import API, Gate, Intake
from gfrnet.serve.service import Service
from gfrnet.serve.settings import Settings
from gfrnet.serve.sharing import Share
from gfrnet.version import __version__

_DESCRIPTION = """
Restore bad photos of faces from good photos of the same people.

Send files with `PUT /files/{sha256}`, order with `POST /jobs`, follow `GET /jobs/{job}/events`, and take the
pictures from `GET /jobs/{job}/results`. For one photo, `POST /restore` does it all at once.

Errors are `application/problem+json`. Their `detail` says what to do next, and `advice` names remedies.
"""


def make_app(settings: Settings) -> FastAPI:
    """Make the application of a server.

    Args:
        settings: How the server is set up.

    Raises:
        DataError: The folder of the server cannot be used.
    """
    service = Service(settings)
    app = FastAPI(
        title="gfrnet",
        version=__version__,
        description=_DESCRIPTION,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
        responses=documented(401, 403, 421, 422, 429),
        redirect_slashes=False,
    )
    app.state.service = service
    for part in (restore, jobs, results, files, albums, plans, session):
        app.include_router(part.router, prefix=API)
    app.include_router(health.router)
    if settings.page:
        from gfrnet.serve.page import add_page

        add_page(app)
    _answer_errors(app)
    app.add_middleware(Measuring, measures=service.measures)
    app.add_middleware(Intake, settings=settings, room=service.store.room)
    app.add_middleware(Gate, settings=settings)
    app.add_middleware(Share, settings=settings)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    service: Service = app.state.service
    service.bell.attach(asyncio.get_running_loop())
    await asyncio.to_thread(service.start)
    try:
        yield
    finally:
        service.bell.close()
        await asyncio.to_thread(service.end)


def _answer_errors(app: FastAPI) -> None:
    """Answer every error with a problem. None tells a traceback, a path, or what the client sent."""

    async def of_problem(_: Request, error: Exception) -> Response:
        assert isinstance(error, ProblemError)
        return _answer(error.problem, error.headers)

    async def of_library(request: Request, error: Exception) -> Response:
        assert isinstance(error, GfrnetError)
        problem = Problem.of(error)
        service: Service = request.app.state.service
        return _answer(problem.model_copy(update={"detail": service.without_paths(problem.detail)}))

    async def of_values(_: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)
        return _answer(ProblemError(422, _wrong(error), name="wrong-value").problem)

    async def of_system(_: Request, error: Exception) -> Response:
        if not is_full(error):
            raise error
        return _answer(no_room().problem, no_room().headers)

    async def of_gone(_: Request, error: Exception) -> Response:
        return Response(status_code=400)  # nobody is there to read it, and it is no fault to be logged

    async def of_fault(_: Request, error: Exception) -> Response:
        return _answer(Problem.fault())

    async def of_nothing(_: Request, error: Exception) -> Response:
        return Response(status_code=204)

    app.add_exception_handler(ProblemError, of_problem)
    app.add_exception_handler(GfrnetError, of_library)
    app.add_exception_handler(RequestValidationError, of_values)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(jobs.NothingMoreError, of_nothing)
    app.add_exception_handler(ClientDisconnect, of_gone)
    app.add_exception_handler(OSError, of_system)
    app.add_exception_handler(sqlite3.Error, of_system)
    app.add_exception_handler(Exception, of_fault)


async def _of_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if is_full(error.__cause__):  # a form that cannot be laid down
        return _answer(no_room().problem, no_room().headers)
    if error.status_code == 404:
        detail = f"There is nothing here. {API}/openapi.json lists what there is."
    else:
        detail = f"{error.detail.rstrip('.')}. Correct the request."
    return _answer(ProblemError(error.status_code, detail).problem, dict(error.headers or {}))


def _answer(problem: Problem, headers: dict[str, str] | None = None) -> Response:
    content = problem.model_dump(mode="json")
    return JSONResponse(content, problem.status, headers, media_type=MEDIA_TYPE)


def _wrong(error: RequestValidationError) -> str:
    """Return in words what is wrong with a request, without repeating what it holds."""
    found = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3]]
    return f"{'; '.join(found)}. Correct the request."
