"""Measure memory and speed of reading a long film, changing each frame, writing it and joining it.

    python benchmarks/film_memory.py --minutes 2 --codec x264 -o docs/results/film.md

The film is made up: 720 x 576 pixels, 25 frames a second, moving bars under grain, with sound. Memory is the
resident size of the process, read after every 100 frames.
"""

from __future__ import annotations

import argparse
import platform
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from section import machine, write_section

from gfrnet.film import Change, FilmSink, FilmSource, join

SIZE = 720, 576
EVERY = 100


@dataclass
class Stage:
    """Hold what one stage took."""

    name: str
    seconds: float = 0.0
    megabytes: list[float] = field(default_factory=list)


def resident() -> float:
    """Return the resident size of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6


@contextmanager
def timed(name: str, stages: list[Stage]) -> Iterator[Stage]:
    """Time a block as a stage."""
    stage, begin = Stage(name, megabytes=[resident()]), time.perf_counter()
    yield stage
    stage.seconds = time.perf_counter() - begin
    stage.megabytes.append(resident())
    stages.append(stage)


def make_film(path: Path, frames: int) -> None:
    """Write the film."""
    rng = np.random.default_rng(0)
    grain = rng.normal(0, 6, (8, SIZE[1], SIZE[0])).astype(np.float32)
    bars = np.tile(110 + 70 * np.sin(np.arange(SIZE[0] * 2) / 25), (SIZE[1], 1)).astype(np.float32)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "crf": "20"})
        video.width, video.height, video.pix_fmt = *SIZE, "yuv420p"
        sound = container.add_stream("ac3", rate=48000)
        quiet = np.zeros((2, 1920), np.float32)
        for number in range(frames):
            left = 3 * number % SIZE[0]
            grey = np.clip(bars[:, left : left + SIZE[0]] + grain[number % 8], 0, 255).astype(np.uint8)
            picture = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, 25)
            container.mux(video.encode(picture))
            heard = av.AudioFrame.from_ndarray(quiet, "fltp", "stereo")
            heard.sample_rate, heard.pts, heard.time_base = 48000, 1920 * number, Fraction(1, 48000)
            container.mux(sound.encode(heard))
        container.mux(video.encode(None))
        container.mux(sound.encode(None))


def measured(folder: Path, frames: int, codec: str, threads: int) -> tuple[list[Stage], float]:
    """Run all stages; return them and the bits of a pixel of the written video."""
    film, segment = folder / "film.mkv", folder / "segment.mkv"
    make_film(film, frames)
    stages: list[Stage] = []
    with timed("open and number the frames", stages):
        source = FilmSource.open(film, threads=threads)
    with timed("read frames as RGB", stages) as stage:
        for frame in source.frames():
            frame.rgb()
            if frame.index % EVERY == 0:
                stage.megabytes.append(resident())
    change = [Change(200, 150, np.full((256, 256, 3), 0.01, np.float32))]
    name = f"read, change 256 x 256 pixels, write {codec}"
    sink = FilmSink(segment, like=source, codec=codec, threads=threads)
    with timed(name, stages) as stage, sink:
        for frame in source.frames():
            sink.write(frame.changed(change))
            if frame.index % EVERY == 0:
                stage.megabytes.append(resident())
    with timed("join with the sound", stages):
        join([segment], source, folder / "out.mkv")
    return stages, segment.stat().st_size * 8 / (SIZE[0] * SIZE[1] * frames)


def report(stages: list[Stage], bits: float, minutes: float, threads: int) -> list[str]:
    """Return the result as lines of Markdown."""
    lines = [
        f"The film has {minutes:g} minutes of {SIZE[0]} x {SIZE[1]} pixels. {machine()}",
        f"{threads} threads, Python {platform.python_version()}, PyAV {av.__version__}.",
        f"The written video has {bits:.2f} bits a pixel.",
        "",
        "| stage | seconds | times playing speed | MB at 1/4 | MB at the end | most MB |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for stage in stages:
        sizes = stage.megabytes
        speed = minutes * 60 / max(stage.seconds, 1e-9)
        memory = " | ".join(f"{each:.0f}" for each in (sizes[len(sizes) // 4], sizes[-1], max(sizes)))
        lines.append(f"| {stage.name} | {stage.seconds:.1f} | {speed:.1f} | {memory} |")
    return lines


def main() -> None:
    """Read the arguments, measure and write the result."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--codec", default="x264")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("-o", "--out", type=Path, required=True)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stages, bits = measured(Path(folder), round(given.minutes * 1500), given.codec, given.threads)
    lines = report(stages, bits, given.minutes, given.threads)
    write_section(given.out, "Reading and writing", lines, "benchmarks/film_memory.py")


if __name__ == "__main__":
    main()
