"""Time models in turn, one face a run, so that a busy machine slows all of them alike.

    python benchmarks/model_speed.py gfrnet-slim gfrnet-slim-int8 [MODEL ...] [--runs 25] [--threads 2] \
        [--guides 5]

Models are installed names or ONNX files. With --guides, models that fuse guides are timed with several too.
The table gives milliseconds, and each median divided by the first model's.
"""

from __future__ import annotations

import argparse
import sys
import time
from statistics import median

import numpy as np

from gfrnet import weights
from gfrnet.runtime import OnnxRuntime


def main() -> None:
    """Read the command line, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="installed names or ONNX files")
    parser.add_argument("--runs", type=int, default=25, help="runs of each model")
    parser.add_argument("--threads", type=int, default=2, help="CPU threads")
    parser.add_argument("--guides", type=int, default=1, help="guides of a face")
    options = parser.parse_args()
    timed = {name: (OnnxRuntime(weights.find(name), options.threads), 1) for name in options.models}
    if options.guides > 1:
        timed |= {
            f"{name}, {options.guides} guides": (runtime, options.guides)
            for name, (runtime, _) in timed.items()
            if runtime.fuses
        }
    face = np.random.default_rng(0).uniform(-1, 1, (1, 256, 256, 3)).astype(np.float32)
    times: dict[str, list[float]] = {name: [] for name in timed}
    for _ in range(options.runs + 1):
        for name, (runtime, guides) in timed.items():
            started = time.perf_counter()
            runtime.run(face, face.repeat(guides, axis=0))
            times[name].append((time.perf_counter() - started) * 1e3)
    # The first run of each allocates.
    middles = {name: median(found[1:]) for name, found in times.items()}
    sys.stdout.write(f"{'':<28}{'median':>8}{'fastest':>9}{'ratio':>7}\n")
    for name, middle in middles.items():
        ratio = middle / middles[options.models[0]]
        sys.stdout.write(f"{name:<28}{middle:>8.1f}{min(times[name][1:]):>9.1f}{ratio:>7.2f}\n")


if __name__ == "__main__":
    main()
