"""Tell films and settings apart by hashes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from gfrnet.files import opened
from gfrnet.film.media import FilmSource
from gfrnet.restore import GuideSet

_PARTS, _PART = 64, 2**16
"""Parts of a file that are read, and their bytes. A film of 50 GB is told in milliseconds."""


def file_print(path: Path) -> str:
    """Return a hash of the size of a file, and of parts of it all over.

    Raises:
        OSError: The file cannot be read.
    """
    digest = hashlib.sha256()
    with opened(path, float("inf")) as file:
        size = file.seek(0, 2)
        digest.update(str(size).encode())
        for place in sorted({max(size - _PART, 0) * part // (_PARTS - 1) for part in range(_PARTS)}):
            file.seek(place)
            digest.update(file.read(_PART))
    return digest.hexdigest()


def film_print(source: FilmSource) -> str:
    """Return a hash of a film and of what is done with its fields."""
    return digest([file_print(source.path), source.fields.mode, source.fields.top_first, len(source.index)])


def guides_print(guides: GuideSet) -> str:
    """Return a hash of the faces of guides."""
    return digest(
        [each.content, hashlib.sha256(each.face.crop.tobytes()).hexdigest()] for each in guides.guides
    )


def digest(values: Iterable[object]) -> str:
    """Return a hash of values that JSON can hold."""
    return hashlib.sha256(json.dumps(list(values)).encode()).hexdigest()
