"""Share what all orders have in common: an uploaded file, a name, a share of one."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gfrnet.serve.store import SHA256

MOST_NAME = 200
"""Most characters of the name of a file or of a person."""

_MOST_FIELDS = 32
"""Most fields of an object. All have fewer."""

FOLDER_ID = "^[0-9a-f]{32}$"
"""Pattern of the names of jobs and of folders."""

Sha256: TypeAlias = Annotated[str, Field(pattern=SHA256, examples=["e3b0c442" * 8])]
PersonLabel: TypeAlias = Annotated[str, Field(min_length=1, max_length=MOST_NAME, examples=["G12"])]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1)]
Id: TypeAlias = Annotated[str, Field(pattern=FOLDER_ID, examples=["0123456789abcdef" * 2])]


class Ordered(BaseModel):
    """Refuse unknown fields, and numbers that are none."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _has_few_fields(cls, given: object) -> object:
        """Refuse an object of very many fields at once, before each of them makes an error."""
        if isinstance(given, dict) and len(given) > _MOST_FIELDS:
            raise ValueError(f"At most {_MOST_FIELDS} fields are taken.")
        return given


def _mended(name: object) -> object:
    """Return a name without halves of characters, which a client leaves where it cuts an emoji in two."""
    return (
        name.encode("utf-16", "surrogatepass").decode("utf-16", "replace") if isinstance(name, str) else name
    )


class Picture(Ordered):
    """Name an uploaded file.

    Attributes:
        file: SHA-256 of its content.
        name: Name for people, such as that on their disk. It also chooses the format of a result.
    """

    file: Sha256
    name: Annotated[
        str,
        BeforeValidator(_mended),
        Field(min_length=1, max_length=MOST_NAME, examples=["grandmother.jpg"]),
    ] = "picture.png"
