"""Estimate what restoring a film takes, from a short measurement on this machine."""

from __future__ import annotations

import os
import time

from gfrnet.film.media import FilmSource
from gfrnet.film.records import FilmScan
from gfrnet.film.scanning import Effort, effort

FACE_SECONDS = 0.097
"""Time for one face of a frame in a process that has two cores, with the model of the package.

It is the mean of what `benchmarks/film_stability.py` measured on four films: .093 to .099.
"""

ALONE_SECONDS = 0.138
"""The same on one core, as each of several processes has it (`benchmarks/film_effort.py`)."""

MEGAPIXEL_SECONDS = 0.166
"""Time of one core to code a million pixels with x264 (`benchmarks/film_effort.py`)."""

_CODING_CORES = 2
"""Cores that one process uses for coding."""

_FRAMES = 12
"""Frames that are decoded to measure how long one takes."""


def measured_effort(source: FilmSource, scan: FilmScan, workers: int = 1) -> Effort:
    """Estimate what restoring takes (see `Film.effort`)."""
    begun = time.monotonic()
    count = sum(1 for _ in source.frames(0, min(_FRAMES, len(source.index))))
    decoded = (time.monotonic() - begun) / max(count, 1)
    coded = MEGAPIXEL_SECONDS * source.facts.width * source.facts.height / 1e6
    cores = os.cpu_count() or 1
    used = max(min(workers, cores), 1)
    if used == 1:
        return effort(scan, FACE_SECONDS, decoded + coded / min(cores, _CODING_CORES))
    found = effort(scan, ALONE_SECONDS, decoded + coded)
    return Effort(found.faces, found.frames, found.seconds / used)
