"""What ``gfrnet bench`` times: each stage alone, then whole photos."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from gfrnet import faces, images, weights
from gfrnet.cli.demonstration import PORTRAIT, RECIPE, make_guide
from gfrnet.degradation import degrade
from gfrnet.restore import Restorer
from gfrnet.runtime import OnnxRuntime

SIDE = 1000
"""Side of the photo, pixels; it shows one face."""


@dataclass(frozen=True)
class Timing:
    """One line of the table.

    Attributes:
        stage: What was timed.
        milliseconds: Median time of a run.
        fastest: Shortest time of a run, milliseconds.
        memory: Largest memory of the process so far, in MB; None where the system does not tell (Windows).
    """

    stage: str
    milliseconds: float
    fastest: float
    memory: float | None


def measure(model: str, runs: int) -> Iterator[Timing]:
    """Time every stage ``runs`` times after one warm-up."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _stages(Path(folder), model, runs)


def _stages(folder: Path, model: str, runs: int) -> Iterator[Timing]:
    portrait = images.read(PORTRAIT).rgb8
    photo, guide, result = folder / "photo.jpg", folder / "guide.jpg", folder / "result.jpg"
    images.write(images.Photo(_enlarged(degrade(portrait, RECIPE))), photo)
    images.write(images.Photo(_enlarged(make_guide(portrait))), guide)
    loaded = images.read(photo)
    box = faces.detect(loaded.rgb8)[0].box
    place = faces.CropPlace.around(box)
    crop = faces.cut(loaded.pixels, place)
    runtime = OnnxRuntime(weights.find(model))
    restorer = Restorer(runtime)
    batch = np.repeat(images.to_signed(crop.pixels)[None], 8, axis=0)
    changed = crop.pixels.astype(np.float32) + 3
    restored = restorer.restore(photo, [guide])

    stages: tuple[tuple[str, Callable[[], object]], ...] = (
        ("read JPEG", lambda: images.read(photo)),
        ("detect (HOG)", lambda: faces.detect(loaded.rgb8)),
        ("recognise one face", lambda: faces.embed(loaded.rgb8, box)),
        ("cut and paste", lambda: faces.paste(loaded.pixels, faces.cut(loaded.pixels, place), changed)),
        ("network, 1 face", lambda: runtime.run(batch[:1], batch[:1])),
        ("write JPEG", lambda: images.write(restored.photo, result)),
        ("whole photo, guide known", lambda: restorer.restore(photo, [guide]).save(result)),
        ("whole photo, new guide", lambda: Restorer(runtime).restore(photo, [guide]).save(result)),
        ("network, 8 faces", lambda: runtime.run(batch, batch)),
        ("degrade 256 x 256", lambda: degrade(crop.pixels, RECIPE)),
    )
    for stage, run in stages:
        yield _timed(stage, runs, run)


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _timed(stage: str, runs: int, run: Callable[[], object]) -> Timing:
    run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return Timing(stage, median(times), min(times), _peak_memory())


def _peak_memory() -> float | None:
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
