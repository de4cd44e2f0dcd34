"""Take in files by the SHA-256 of their content, and give them back."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import FileResponse

from gfrnet.serve.api.parts import Serving, View
from gfrnet.serve.problems import ProblemError, documented
from gfrnet.serve.store import SHA256

router = APIRouter(tags=["files"])

FileName: TypeAlias = Annotated[
    str, Path(pattern=SHA256, description="SHA-256 of the content, in lower-case hexadecimal digits.")
]


class FileView(View):
    """Tell about an uploaded file.

    Attributes:
        file: SHA-256 of its content.
        size: Bytes.
        new: Whether it was not here before.
    """

    file: str
    size: int
    new: bool


_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


_HERE_ALREADY: dict[int | str, dict[str, Any]] = {
    200: {"model": FileView, "description": "It was here already."}
}


@router.put(
    "/files/{sha256}",
    status_code=201,
    openapi_extra=_BODY,
    responses={**_HERE_ALREADY, **documented(411, 413, 507)},
)
async def put_file(sha256: FileName, request: Request, response: Response, service: Serving) -> FileView:
    """Take in a file. The hash is checked, so a file that arrives damaged is refused."""
    return await _taken(request, response, service, sha256)


@router.post(
    "/files",
    status_code=201,
    openapi_extra=_BODY,
    responses={**_HERE_ALREADY, **documented(411, 413, 415, 507)},
)
async def post_file(request: Request, response: Response, service: Serving) -> FileView:
    """Take in a file, and tell its SHA-256. It is for clients that cannot compute one."""
    return await _taken(request, response, service, None)


async def _taken(request: Request, response: Response, service: Serving, expected: str | None) -> FileView:
    size = int(request.headers.get("content-length", "0"))
    sha256, new = await service.store.put(request.stream(), expected, size)
    response.status_code = 201 if new else 200
    return FileView(file=sha256, size=size, new=new)


@router.head("/files/{sha256}", responses=documented(404), response_class=Response)
@router.get(
    "/files/{sha256}",
    response_class=FileResponse,
    responses={200: {"content": {"application/octet-stream": {}}}, **documented(404)},
)
def get_file(sha256: FileName, service: Serving) -> FileResponse:
    """Give a file back, as it was sent. ``HEAD`` only tells whether it is here."""
    if service.store.size(sha256) is None:
        raise ProblemError(404, "This file is not here. Send it first.", name="file-missing")
    return as_download(service, sha256, sha256)


def as_download(service: Serving, sha256: str, name: str) -> FileResponse:
    """Return a file that browsers store and never show: it holds what a client sent, whatever that is."""
    return FileResponse(
        service.store.path(sha256),
        media_type="application/octet-stream",
        filename=name,
        headers={"Cache-Control": "private, no-cache"},
    )
