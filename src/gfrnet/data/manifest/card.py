"""Read and write ``dataset.json``, the card that describes a data set as a whole."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel, Field, ValidationError

from gfrnet import images
from gfrnet.data.manifest.columns import COLUMNS, first_fault
from gfrnet.errors import Advice, DataError
from gfrnet.files import read_bytes
from gfrnet.types import CROP_SIZE
from gfrnet.version import __version__

VERSION = 2
"""Version of the manifest's format; other versions are refused."""

CARD = "dataset.json"
"""Name of the card's file."""

CROPS = "crops"
"""Folder of the crops in a data set."""

Format: TypeAlias = Literal["csv", "parquet"]
"""Format of the manifest."""


@dataclass(frozen=True)
class Card:
    """Describe a data set as a whole.

    Attributes:
        manifest: Format of the manifest.
        size: Side of the crops, pixels.
        settings: Settings that it was built with.
        notes: Things that somebody should look at, such as two folders that show one person.
    """

    manifest: Format = "csv"
    size: int = CROP_SIZE
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class _Version(BaseModel):
    version: int


class _Crop(BaseModel):
    size: int = Field(ge=1, le=4096)


class _Stored(BaseModel):
    """Hold what the file of a card must state."""

    manifest: Format
    crop: _Crop
    settings: dict[str, Any]
    notes: tuple[str, ...]


def write_card(root: Path, card: Card) -> Path:
    """Write the card of a data set, with an explanation of every column.

    Raises:
        WriteError: It cannot be written.
    """
    text = {
        "version": VERSION,
        "gfrnet": __version__,
        "manifest": card.manifest,
        "crop": {"size": card.size, "format": card.settings.get("image_format", "png")},
        "settings": dict(card.settings),
        "notes": list(card.notes),
        "columns": {column.name: f"{column.kind}: {column.meaning}" for column in COLUMNS},
    }
    return images.write_text(json.dumps(text, indent=1, ensure_ascii=False) + "\n", root / CARD)


def read_card(root: Path) -> Card:
    """Read the card of a data set.

    Raises:
        DataError: It is missing, broken or of another version.
    """
    path = root / CARD
    if not path.is_file():
        raise missing(path)
    try:
        data = read_bytes(path)
        version = _Version.model_validate_json(data).version
        stored = _Stored.model_validate_json(data) if version == VERSION else None
    except (OSError, ValidationError) as error:
        reason = first_fault(error) if isinstance(error, ValidationError) else error.strerror
        raise DataError(f"{path} is broken ({reason}). Build the data set again.") from error
    if stored is None:
        raise DataError(
            f"{path} is of version {version}, and this gfrnet reads {VERSION}. Build the data set again."
        )
    return Card(stored.manifest, stored.crop.size, stored.settings, stored.notes)


def missing(path: Path) -> DataError:
    """Return the error to raise where a file of a data set is missing."""
    return DataError(f"{path} is missing. Build the data set first.", advice=(Advice.BUILD_DATA,))
