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
    """

    stage: str
    milliseconds: float
    fastest: float


def measure(model: str, runs: int) -> Iterator[Timing]:
    """Time every stage ``runs`` times after one warm-up, on one thread pool as in real use."""
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
    runtime, restorer = OnnxRuntime(weights.find(model)), Restorer.load(model)
    batch = np.repeat(images.to_signed(crop.pixels)[None], 8, axis=0)
    changed = crop.pixels.astype(np.float32) + 3
    restored = restorer.restore(photo, [guide])

    yield _timed("read JPEG", runs, lambda: images.read(photo))
    yield _timed("detect (HOG)", runs, lambda: faces.detect(loaded.rgb8))
    yield _timed("recognise one face", runs, lambda: faces.embed(loaded.rgb8, box))
    yield _timed(
        "cut and paste", runs, lambda: faces.paste(loaded.pixels, faces.cut(loaded.pixels, place), changed)
    )
    yield _timed("network, 1 face", runs, lambda: runtime.run(batch[:1], batch[:1]))
    yield _timed("network, 8 faces", runs, lambda: runtime.run(batch, batch))
    yield _timed("write JPEG", runs, lambda: images.write(restored.photo, result))
    yield _timed("whole photo, guide known", runs, lambda: restorer.restore(photo, [guide]).save(result))
    yield _timed(
        "whole photo, new guide", runs, lambda: Restorer(runtime).restore(photo, [guide]).save(result)
    )


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    return cv2.resize(pixels, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)


def _timed(stage: str, runs: int, run: Callable[[], object]) -> Timing:
    run()
    times = []
    for _ in range(runs):
        started = time.perf_counter()
        run()
        times.append((time.perf_counter() - started) * 1000)
    return Timing(stage, median(times), min(times))


def peak_memory() -> float | None:
    """Largest memory of this process so far, in MB; None where the system does not tell (Windows)."""
    try:
        import resource
    except ModuleNotFoundError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)
