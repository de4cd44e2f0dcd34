"""Measure how steady and how good restored faces of a film are, against the clean film.

    python benchmarks/film_stability.py FILM... [--frames 60] [--scale 4] [--strangers DIR] [--pictures DIR]
        [--write docs/results/film.md]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
from film_degradation import FilmRecipe, degraded
from section import machine, write_section

from gfrnet import faces
from gfrnet.faces import CropPlace
from gfrnet.film import FilmScan, FilmSource, TrackPlan, decide, people_guides, restored_shot, scan
from gfrnet.film.cast import Portraits
from gfrnet.film.steady import calmed, light, link
from gfrnet.images import Photo, to_signed
from gfrnet.restore import BegunFace, FaceRun, GuideSet, RestoreOptions, Restorer
from gfrnet.runtime import Runtime
from gfrnet.types import FloatArray, UInt8Image


class TimedRestorer(Restorer):
    """Add up the time that the network takes."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(runtime)
        self.seconds = 0.0

    def run(self, faces: Iterable[BegunFace]) -> Iterator[FaceRun]:
        """Run the network, and note how long it takes."""
        begun = time.perf_counter()
        runs = list(super().run(faces))
        self.seconds += time.perf_counter() - begun
        return iter(runs)


def written(frames: Iterable[UInt8Image], path: Path) -> FilmSource:
    """Write frames without loss, and open them as a film."""
    with av.open(str(path), "w") as container:
        stream = None
        for frame in frames:
            if stream is None:
                stream = container.add_stream("ffv1", rate=25)
                stream.width, stream.height, stream.pix_fmt = frame.shape[1], frame.shape[0], "bgr0"
            picture = av.VideoFrame.from_ndarray(frame, format="rgb24")
            for packet in stream.encode(picture.reformat(format="bgr0")):
                container.mux(packet)
        if stream is not None:
            for packet in stream.encode(None):
                container.mux(packet)
    return FilmSource.open(path, deinterlace="no", threads=1)


def crops_of(frames: Iterable[UInt8Image], places: Sequence[CropPlace]) -> list[UInt8Image]:
    """Return the face crops of all frames."""
    return [faces.cut(frame, place).pixels for frame, place in zip(frames, places, strict=True)]


def inside(crop: FloatArray) -> FloatArray:
    """Return the part of a crop inside the detector's box."""
    box = faces.face_box(crop.shape[0])
    return crop[round(box.top) : round(box.bottom), round(box.left) : round(box.right)]


@dataclass(frozen=True)
class Way:
    """Hold where pixels of the clean film move, and where that is sure."""

    places: FloatArray
    sure: FloatArray


def ways(clean: Sequence[UInt8Image]) -> list[Way]:
    """Return the ways from each clean crop to the next one."""
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    grid = np.dstack(np.meshgrid(np.arange(256), np.arange(256))).astype(np.float32)
    found = []
    for a, b in pairwise(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY) for crop in clean):
        there, back = flow.calc(a, b, None), flow.calc(b, a, None)
        loop = there + cv2.remap(back, grid + there, None, cv2.INTER_LINEAR)
        found.append(Way(grid + there, (np.hypot(*loop.transpose(2, 0, 1)) < 1).astype(np.float32)))
    return found


def warping_error(crops: Sequence[UInt8Image], along: Sequence[Way]) -> float:
    """Return the mean squared difference of neighbours along the flow of the clean film, in 1e-4.

    The light of the frames is taken out, because the film itself flickers.
    """
    errors = []
    for (a, b), way in zip(pairwise(crops), along, strict=True):
        first = a.astype(np.float32) / 255
        moved = cv2.remap(b.astype(np.float32) / 255, way.places, None, cv2.INTER_LINEAR)
        apart = first - moved
        apart = (apart - light(apart)) ** 2
        errors.append(float((inside(apart).mean(axis=2) * inside(way.sure)).sum() / inside(way.sure).sum()))
    return 1e4 * float(np.mean(errors))


def psnr(crops: Sequence[UInt8Image], clean: Sequence[UInt8Image]) -> float:
    """Return the mean PSNR inside the face, dB."""
    errors = [
        np.mean((inside(a).astype(np.float32) - inside(b)) ** 2) for a, b in zip(crops, clean, strict=True)
    ]
    return float(np.mean([10 * np.log10(255**2 / error) for error in errors]))


def identities(crops: Sequence[UInt8Image], person: FloatArray, every: int = 3) -> FloatArray:
    """Return the similarity to a person of some frames."""
    return np.array([faces.likeness(faces.embed_crop(crop), person) for crop in crops[::every]])


def jitter(crops: Sequence[UInt8Image], clean: Sequence[UInt8Image]) -> float:
    """Return how much landmarks shake against those of the clean film, pixels of the crop."""
    box = faces.face_box()
    apart = [faces.landmarks68(a, box) - faces.landmarks68(b, box) for a, b in zip(crops, clean, strict=True)]
    return float(np.diff(np.array(apart), 2, axis=0).std())
