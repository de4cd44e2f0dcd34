"""Write a film aside and rename it when it is complete, so that no half of it is ever left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import OutputContainer
from av.error import FFmpegError

from gfrnet.errors import FilmWriteError
from gfrnet.film.media.coding import SUFFIXES
from gfrnet.images import whole

_OPTIONS = {"mpegts": {"mpegts_copyts": "1"}}
"""Options of containers: else MPEG-TS moves all times by 1.4 seconds."""


def container_of(path: Path) -> str:
    """Return FFmpeg's name of the container that an ending stands for.

    Raises:
        FilmWriteError: No film is written with this ending.
    """
    found = SUFFIXES.get(path.suffix.lower())
    if found is None:
        raise FilmWriteError(
            f"{path} has an ending that is not written. Choose one of {', '.join(SUFFIXES)}."
        )
    return found


@contextmanager
def written_film(path: Path) -> Iterator[OutputContainer]:
    """Open a film to write; it gets its name when the block ends without an error.

    Raises:
        FilmWriteError: It cannot be written, for example because the disk is full.
    """
    name = container_of(path)
    try:
        # Else containers hold random numbers, and one film is never written twice alike.
        options = {"fflags": "+bitexact", **_OPTIONS.get(name, {})}
        with (
            whole(path) as part,
            part.open("r+b") as file,
            av.open(file, "w", format=name, container_options=options) as container,
        ):
            yield container
    except (OSError, FFmpegError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FilmWriteError(
            f"{path} cannot be written: {reason}. Make room on the disk, or choose another place."
        ) from error
