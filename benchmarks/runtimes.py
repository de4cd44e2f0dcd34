"""Time every shipped model on every runtime in turn, and measure how far their results lie apart.

    python benchmarks/runtimes.py [--runs 8] [--threads 1] [--page docs/results/speed.md]

Processor time is compared, so that other work on the machine counts little. The fastest run of each counts.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import cv2
import numpy as np
from section import machine, write_section

from gfrnet import images
from gfrnet.demo import make_pictures
from gfrnet.runtime import OnnxRuntime, Runtime
from gfrnet.runtime.openvino import OpenVinoRuntime
from gfrnet.types import FloatImage
from gfrnet.weights import MODELS

GUIDES = (1, 8)


def main() -> None:
    """Read the command line, time, write the section."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=8, help="runs of each")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    parser.add_argument("--page", type=Path, default=Path("docs/results/speed.md"), help="page to write")
    options = parser.parse_args()
    pictures = make_pictures()
    degraded, guide = (_crop(picture) for picture in (pictures.degraded, pictures.guide))
    lines = [
        f"Processor time a face, {options.threads} thread. {machine()}",
        "The last column is the mean difference of the restored face from ONNX Runtime's, in steps of 255.",
        "",
        "| model | runtime | one guide | eight guides | ratio | difference |",
        "|---|---|---|---|---|---|",
    ]
    for model in MODELS:
        runtimes: dict[str, Runtime] = {
            "ONNX Runtime": OnnxRuntime(model.path, options.threads),
            "OpenVINO": OpenVinoRuntime(model.path, options.threads),
        }
        wanted = runtimes["ONNX Runtime"].run(degraded, guide).restored
        times = _timed(runtimes, degraded, guide, options.runs)
        for name, runtime in runtimes.items():
            apart = float(np.abs(runtime.run(degraded, guide).restored - wanted).mean()) * 127.5
            one, eight = (times[name, count] for count in GUIDES)
            row = (model.name, name, f"{one:.0f} ms", f"{eight:.0f} ms", f"{eight / one:.1f}", f"{apart:.2f}")
            lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        "A runtime is chosen by `--runtime`. ONNX Runtime is the default. "
        "OpenVINO opens a model in seconds, so it pays only where it is faster and many faces follow.",
    ]
    write_section(options.page, "Runtimes", lines, "python benchmarks/runtimes.py")


def _timed(
    runtimes: dict[str, Runtime], degraded: FloatImage, guide: FloatImage, runs: int
) -> dict[tuple[str, int], float]:
    """Return the fastest run of each runtime and number of guides, milliseconds of processor time."""
    fastest: dict[tuple[str, int], float] = {}
    for _ in range(runs):
        for name, runtime in runtimes.items():
            for count in GUIDES:
                guides = guide.repeat(count, axis=0)
                started = time.process_time()
                runtime.run(degraded, guides)
                taken = (time.process_time() - started) * 1e3
                fastest[name, count] = min(fastest.get((name, count), taken), taken)
    return fastest


def _crop(picture: np.ndarray) -> FloatImage:
    return images.to_signed(cv2.resize(picture, (256, 256), interpolation=cv2.INTER_AREA))[None]


if __name__ == "__main__":
    main()
