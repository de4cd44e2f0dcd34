"""Describe what went wrong as problem+json (RFC 9457), with the next action, and never with a path."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from gfrnet import errors
from gfrnet.batch.records import AdviceName
from gfrnet.errors import Advice, GfrnetError

MEDIA_TYPE = "application/problem+json"

_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])")

_STATUS: dict[type[GfrnetError], int] = {
    errors.ImageTooLargeError: 413,
    errors.WriteError: 507,
    errors.ModelError: 500,
    errors.WorkerDiedError: 500,
    errors.MissingExtraError: 501,
    errors.TimeLimitError: 504,
}
"""Status of errors that are not the request's fault alone; all others have 422."""


class Problem(BaseModel):
    """Hold what went wrong, for programs and for people.

    Attributes:
        type: Lasting name of the kind of problem.
        title: The kind in words.
        status: Status of HTTP.
        detail: What is wrong here, and what to do next.
        advice: Remedies that a program can offer, the best first, by name, such as ``GIVE_BOX``.
    """

    model_config = ConfigDict(
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:gfrnet:problem:no-face",
                    "title": "No face",
                    "status": 422,
                    "detail": "No face found in old.jpg. Give the place of the face, or search thoroughly.",
                    "advice": ["GIVE_BOX", "SEARCH_THOROUGHLY"],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    advice: tuple[AdviceName, ...] = Field(default=())

    @classmethod
    def of(cls, error: GfrnetError) -> Problem:
        """Describe an error of the library."""
        kind = type(error)
        words = " ".join(_WORDS.split(kind.__name__.removesuffix("Error"))).lower()
        status = next((_STATUS[each] for each in kind.__mro__ if each in _STATUS), 422)
        return cls(
            type=f"urn:gfrnet:problem:{words.replace(' ', '-')}",
            title=words.capitalize(),
            status=status,
            detail=str(error),
            advice=error.advice,
        )

    @classmethod
    def fault(cls, kind: str = "") -> Problem:
        """Describe an error that nobody foresaw. The server's log has more; clients learn no more."""
        named = f" ({kind})" if kind else ""
        return cls(
            type="urn:gfrnet:problem:fault",
            title="Fault",
            status=500,
            detail=f"A fault in gfrnet{named}. Look into the log of the server, and report it.",
        )


class ProblemError(Exception):
    """Refuse a request.

    Attributes:
        problem: What the client is told.
        headers: Headers of the answer, such as ``Retry-After``.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        name: str = "",
        advice: tuple[Advice, ...] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        name = name or HTTPStatus(status).phrase.lower().replace(" ", "-")
        self.problem = Problem(
            type=f"urn:gfrnet:problem:{name}",
            title=name.replace("-", " ").capitalize(),
            status=status,
            detail=detail,
            advice=advice,
        )
        self.headers = dict(headers or {})


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of errors for the OpenAPI of a route."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": content} for status in sorted(statuses)
    }
