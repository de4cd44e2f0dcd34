"""Estimate what restoring a film takes, from a short measurement on this machine."""

from __future__ import annotations

import os
import time

from gfrnet.film.media import FilmSource
from gfrnet.film.records import FilmScan
from gfrnet.film.scanning import Effort, effort

FACE_SECONDS = 0.11
"""Time for one face of a frame in one process, with the model that comes with the package. Set by hand.

`benchmarks/film_stability.py` measured .093 to .099 on two cores.
"""

_FRAMES = 12
"""Frames that are decoded to measure how long one takes."""

_CODED = 3.0
"""Time to decode, code and join a frame, in times of decoding it (`benchmarks/film_memory.py`)."""


def measured_effort(source: FilmSource, scan: FilmScan, workers: int = 1) -> Effort:
    """Estimate what restoring takes (see `Film.effort`)."""
    begun = time.monotonic()
    count = sum(1 for _ in source.frames(0, min(_FRAMES, len(source.index))))
    frame = _CODED * (time.monotonic() - begun) / max(count, 1)
    found = effort(scan, FACE_SECONDS, frame)
    used = max(min(workers, os.cpu_count() or 1), 1)
    return Effort(found.faces, found.frames, found.seconds / used)
