"""Time models side by side, one face a run, in turn: a busy machine then slows all of them alike.

    python benchmarks/model_speed.py gfrnet-slim gfrnet-slim-int8 [MODEL ...] [--runs 25] [--threads 2]

Models are installed names or ONNX files; those with texture are timed with it, as `gfrnet restore` runs them,
and without, as for `--fidelity 1`. Printed are milliseconds, and the median over that of the first row.
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
    options = parser.parse_args()
    runtimes = {name: OnnxRuntime(weights.find(name), options.threads) for name in options.models}
    face = np.random.default_rng(0).uniform(-1, 1, (1, 256, 256, 3)).astype(np.float32)
    rows = {name: (runtime, False) for name, runtime in runtimes.items()}
    for name, runtime in runtimes.items():  # the first run of each allocates
        if runtime.run(face, face, texture=True).textured is not None:
            rows[f"{name}, with texture"] = runtime, True
    times: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(options.runs):
        for name, (runtime, texture) in rows.items():
            started = time.perf_counter()
            runtime.run(face, face, texture)
            times[name].append((time.perf_counter() - started) * 1e3)
    middles = {name: median(found) for name, found in times.items()}
    sys.stdout.write(f"{'':<34}{'median':>8}{'fastest':>9}{'ratio':>7}\n")
    for name, middle in middles.items():
        ratio = middle / middles[options.models[0]]
        sys.stdout.write(f"{name:<34}{middle:>8.1f}{min(times[name]):>9.1f}{ratio:>7.2f}\n")


if __name__ == "__main__":
    main()
