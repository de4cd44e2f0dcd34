"""Tell whether the server lives, whether it can work, and how much it has done."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from gfrnet.serve.api.parts import Serving, View
from gfrnet.serve.problems import ProblemError, documented

router = APIRouter(tags=["health"])


class Health(View):
    """Say that all is well."""

    status: Literal["ok"] = "ok"


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
