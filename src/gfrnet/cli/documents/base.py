"""Hold what all documents share, and the document of a command that failed."""

from __future__ import annotations

from math import isfinite
from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict

from gfrnet.printable import printable


def _finite(value: float | None) -> float | None:
    return value if value is None or isfinite(value) else None


Name: TypeAlias = Annotated[str, BeforeValidator(lambda value: printable(str(value)))]
"""A path or text. Bytes of a file name that are no UTF-8 are written out."""

Figure: TypeAlias = Annotated[float | None, BeforeValidator(_finite)]
"""A number; null where it is not finite."""


class Document(BaseModel):
    """Hold the result of a command, or a part of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Failure(Document):
    """Hold why there is no result. Any command prints it where it fails as a whole.

    Attributes:
        error: What is wrong, and the next action.
        advice: Remedies, the best first, by name, such as ``OVERWRITE``.
    """

    error: Name
    advice: tuple[str, ...] = ()
