"""Define the columns of the manifest, and convert a portrait to values or text and back."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from gfrnet.data.manifest.portrait import Portrait, Role
from gfrnet.types import FloatArray


@dataclass(frozen=True)
class Column:
    """Describe a column of the manifest.

    Attributes:
        name: Its name.
        kind: Its type. "points" are x y pairs; "vector" is base64 of little-endian float16 in CSV. Both are
            lists of float32 in Parquet.
        meaning: Explanation for people.
    """

    name: str
    kind: Literal["text", "int", "float", "flag", "points", "vector"]
    meaning: str


COLUMNS = (
    Column("person", "text", "name of the person"),
    Column("source", "text", "path of the photo below the source folder"),
    Column("crop", "text", "path of the crop below the data set; empty where no face was found"),
    Column("left", "int", "first column of the crop that is photo and not padding"),
    Column("top", "int", "first such row"),
    Column("right", "int", "the column after the last such one"),
    Column("bottom", "int", "the row after the last such one"),
    Column("landmarks", "points", "68 pairs x y in crop pixels; the centre of the pixel in column i is i"),
    Column("role", "text", "guide, target, single (only photo of its person), spare; empty if dropped"),
    Column("split", "text", "train or val; empty if no split was asked for"),
    Column("yaw", "float", "degrees, positive towards the right of the picture"),
    Column("pitch", "float", "degrees, positive downwards"),
    Column("roll", "float", "degrees, clockwise as seen"),
    Column("eyes_open", "float", "height over width of the less open eye; about 0.3 open, below 0.15 closed"),
    Column("sharpness", "float", "fine over coarse detail; 0.42 is a sharp photo"),
    Column("resolution", "float", "side in pixels that would hold the crop's real detail"),
    Column("occlusion", "float", "share of the face that is covered or cut off, 0..1"),
    Column("brightness", "float", "mean brightness of the face, 0..1"),
    Column("contrast", "float", "standard deviation of the face's brightness, 0..1"),
    Column("side_light", "float", "right half of the face brighter than the left: positive, -1..1"),
    Column("grey", "flag", "black and white, or toned in one colour"),
    Column("embedding", "vector", "128 numbers: who it is; photos of one person lie within about 0.6"),
    Column("dropped", "text", "why the photo is not used; empty for a used one"),
)
"""All columns of the manifest, in their order."""


Split: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,40}$")]
"""Name of a split. It becomes part of file names, so it holds letters, digits, _ and - only."""

_Pixel: TypeAlias = Annotated[int, Field(ge=-(2**20), le=2**20)]


class _Values(TypedDict):
    """Hold the values of a row that are not arrays, each of the only type that is accepted."""

    __pydantic_config__ = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)  # type: ignore[misc]

    person: Annotated[str, Field(min_length=1)]
    source: str
    real: tuple[_Pixel, _Pixel, _Pixel, _Pixel]
    role: Role
    split: Split
    size: Annotated[int, Field(ge=1, le=4096)]
    yaw: float
    pitch: float
    roll: float
    eyes_open: float
    sharpness: float
    resolution: float
    occlusion: float
    brightness: float
    contrast: float
    side_light: float
    grey: bool
    dropped: str


_VALUES = TypeAdapter(_Values)


def to_text(portrait: Portrait, root: Path) -> dict[str, str]:
    """Convert a portrait to a row of CSV."""
    values = to_values(portrait, root)
    return {column.name: _as_text(column, values[column.name]) for column in COLUMNS}


def from_text(row: Mapping[str, str], root: Path, size: int) -> Portrait:
    """Convert a row of CSV to a portrait.

    Raises:
        KeyError: A column is missing.
        ValueError: A value is broken, or the crop lies outside the data set.
    """
    return from_values(parsed(row), root, size)


def parsed(row: Mapping[str, str]) -> dict[str, Any]:
    """Convert the text of a row of CSV to values by column.

    Raises:
        KeyError: A column is missing.
        ValueError: A value is broken.
    """
    return {column.name: _from_text(column, row[column.name]) for column in COLUMNS}


def to_values(portrait: Portrait, root: Path) -> dict[str, Any]:
    """Convert a portrait to values by column; the crop becomes a path below ``root``."""
    values = {c.name: getattr(portrait, c.name) for c in COLUMNS if hasattr(portrait, c.name)}
    left, top, right, bottom = portrait.real
    crop = "" if portrait.crop is None else portrait.crop.relative_to(root).as_posix()
    return values | {"crop": crop, "left": left, "top": top, "right": right, "bottom": bottom}


def from_values(row: Mapping[str, Any], root: Path, size: int) -> Portrait:
    """Convert values by column to a portrait whose crop lies below ``root``.

    Raises:
        KeyError: A column is missing.
        ValueError: A value is broken, or the crop lies outside the data set.
    """
    values = dict(row)
    real = tuple(values.pop(name) for name in ("left", "top", "right", "bottom"))
    crop, landmarks, embedding = (values.pop(name) for name in ("crop", "landmarks", "embedding"))
    return Portrait(
        **checked(values | {"size": size, "real": real}),
        crop=_inside(root, crop) if crop else None,
        landmarks=points(landmarks, 68, 2) if len(landmarks) else None,
        embedding=points(embedding, 128) if len(embedding) else None,
    )


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a portrait that are not arrays, as they are.

    Raises:
        ValueError: A value is missing, unknown, of another type, not finite, or out of its range.
    """
    try:
        return dict(_VALUES.validate_python(values))
    except ValidationError as error:
        raise ValueError(first_fault(error)) from error


def first_fault(error: ValidationError) -> str:
    """Return what is wrong first, and where, in one line."""
    found = error.errors(include_url=False, include_context=False)[0]
    where = ".".join(map(str, found["loc"]))
    return f"{where}: {found['msg']}" if where else found["msg"]


def points(values: Any, *shape: int) -> FloatArray:  # noqa: ANN401 - what a file holds
    """Return an array of numbers.

    Raises:
        ValueError: It has another shape, or a number is not finite.
    """
    array = np.asarray(values, np.float32).reshape(shape)
    if not np.isfinite(array).all():
        raise ValueError("a number is not finite")
    return array


def _inside(root: Path, crop: str) -> Path:
    """Return the place of a crop, and refuse one outside: a foreign manifest must not lead elsewhere."""
    place = Path(os.path.normpath(crop))
    if "\0" in crop:
        raise ValueError("the name of its crop holds a zero byte")
    if place.anchor or place.parts[:1] == ("..",):
        raise ValueError(f"its crop {crop} lies outside the data set")
    return root / crop


def _as_text(column: Column, value: Any) -> str:  # noqa: ANN401 - the kind says which type it is
    match column.kind:
        case "points":
            return "" if value is None else " ".join(f"{number:.2f}" for number in value.ravel())
        case "vector":
            return "" if value is None else base64.b64encode(value.astype("<f2").tobytes()).decode()
        case "float":
            return f"{value:.5g}"
        case _:
            return str(int(value) if column.kind == "flag" else value)


def _from_text(column: Column, text: str) -> Any:  # noqa: ANN401
    match column.kind:
        case "points":
            return np.array(text.split(), dtype=np.float32)
        case "vector":
            return np.frombuffer(base64.b64decode(text), "<f2")
        case "text":
            return text
        case "flag":
            return text == "1"
        case kind:
            return (int if kind == "int" else float)(text)
