"""Change the token for a cookie, so that a browser needs to be told it only once."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from gfrnet.serve.api.parts import Serving
from gfrnet.serve.orders import Ordered
from gfrnet.serve.problems import ProblemError, documented
from gfrnet.serve.safety import COOKIE, cookie_value, same

router = APIRouter(tags=["session"])

_PAUSE = 0.5
"""Seconds that a wrong token waits for its answer."""


class Login(Ordered):
    """Hold the token of the server."""

    token: Annotated[str, Field(max_length=1000)]


@router.post("/session", status_code=204, responses=documented(401, 415))
async def log_in(login: Login, request: Request, service: Serving) -> Response:
    """Set a cookie for a browser that shows the token. Scripts cannot read it, other pages cannot send it."""
    token = service.settings.token
    response = Response(status_code=204)
    if token is None:
        return response
    if not same(login.token.strip(), token):
        await asyncio.sleep(_PAUSE)
        raise ProblemError(
            401,
            "This is not the token of the server. Ask who started it, and copy it whole.",
            name="token-wrong",
        )
    response.set_cookie(
        COOKIE,
        cookie_value(token),
        max_age=int(service.settings.keep),
        httponly=True,
        samesite="strict",
        # The gate has compared Origin with Host. Only the browser knows whether a proxy before us has TLS.
        secure=request.headers.get("origin", "").lower().startswith("https://"),
        path="/",
    )
    return response


@router.delete("/session", status_code=204)
def log_out() -> Response:
    """Take the cookie back."""
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
    return response
