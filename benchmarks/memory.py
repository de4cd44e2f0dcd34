"""Measure the memory and processor time of restoring photos of 0.25 to 100 megapixels.

    python benchmarks/memory.py -o docs/results/speed.md

The photo is the demo's, degraded and enlarged; the guide has 1000 x 1000 pixels and is new. Each size runs
``gfrnet restore`` in a process of its own, and the system says what it took.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
from section import machine, write_section

from gfrnet import images
from gfrnet.demo import make_pictures
from gfrnet.types import UInt8Image

WATCHER = """
import resource, subprocess, sys
subprocess.run([sys.executable, *sys.argv[1:]], check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss, used.ru_utime + used.ru_stime)
"""
"""Program between this one and the command: Linux counts the memory of the parent as the child's."""

MEGAPIXELS = (0.25, 1, 4, 10, 25, 50, 100)


def main() -> None:
    """Restore a photo of each size, and write the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("-o", "--output", type=Path, required=True, help="page whose section is written")
    given = parser.parse_args()
    pictures = make_pictures()
    lines = [machine(), "", "| photo | largest memory | processor time, with starting |", "|---|---|---|"]
    with TemporaryDirectory() as folder:
        guide = _write(pictures.guide, 1, Path(folder) / "guide.jpg")
        for size in MEGAPIXELS:
            photo = _write(pictures.degraded, size, Path(folder) / f"{size}.jpg")
            memory, seconds = restore(photo, guide)
            lines.append(f"| {size:g} megapixels | {memory:.0f} MB | {seconds:.1f} s |")
    command = f"python benchmarks/memory.py -o {given.output}"
    write_section(given.output, "Memory", lines, command)


def _write(pixels: UInt8Image, megapixels: float, path: Path) -> Path:
    """Write a picture at a size."""
    side = round((megapixels * 1e6) ** 0.5)
    images.write(images.Photo(cv2.resize(pixels, (side, side), interpolation=cv2.INTER_CUBIC)), path)
    return path


def restore(photo: Path, guide: Path) -> tuple[float, float]:
    """Return the largest memory of ``gfrnet restore`` in MB, and its time on processors in seconds."""
    output = photo.with_name(f"restored-{photo.name}")
    given = ["-m", "gfrnet", "restore", str(photo), "-g", str(guide), "-o", str(output)]
    told = subprocess.run([sys.executable, "-c", WATCHER, *given], capture_output=True, text=True, check=True)
    assert output.exists()
    kilobytes, seconds = told.stdout.split()[-2:]
    return float(kilobytes) / 1024, float(seconds)


if __name__ == "__main__":
    main()
