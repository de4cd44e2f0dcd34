"""Look whether a film has room on a disk before hours of work begin."""

from __future__ import annotations

import shutil
from pathlib import Path

from gfrnet.errors import FilmWriteError
from gfrnet.film.media.coding import Coding
from gfrnet.film.media.reading import FilmSource

_BITS_PER_PIXEL = {"x264": 0.6, "x265": 0.4, "ffv1": 0.55, "prores": 5.0}
"""Bits of a pixel of grainy film; of FFV1 the part of its samples' bits.

They are estimates, set by hand. `benchmarks/film_memory.py` measures 1.38 with x264 on a film of much noise.
"""


def bytes_needed(source: FilmSource, coding: Coding, copies: int = 2) -> int:
    """Estimate the bytes that a film takes while it is made.

    Args:
        source: The film, whose other streams are copied.
        coding: How its video is coded.
        copies: Copies of the video at a time: the segments, and the film that they are joined to.
    """
    facts = source.facts
    bits = _BITS_PER_PIXEL[coding.codec]
    if coding.codec == "ffv1":
        bits *= facts.depth * (3 if "444" in facts.pixel_format or facts.pixel_format.startswith("gb") else 2)
    video = int(facts.width * facts.height * facts.frames * bits / 8)
    return copies * video + source.stamp.size


def check_space(folder: Path, needed: int) -> None:
    """Check that a folder has room.

    Raises:
        FilmWriteError: It has less.
    """
    try:
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise FilmWriteError(
            f"{folder} cannot be written: {error.strerror}. Choose another folder."
        ) from error
    if free < needed:
        raise FilmWriteError(
            f"{folder} has {free / 1e9:.1f} GB free, and the film needs about {needed / 1e9:.1f} GB. "
            "Make room, or choose another folder or codec."
        )
