"""Measure how fast loader workers make degraded training samples, from a folder and from shards.

    python benchmarks/data_speed.py DST [--samples 200] [--workers 2] [--config configs/slim.yaml]

DST is what ``gfrnet data build`` made; it is packed into a temporary folder first. Every worker is a process
of its own with one thread, as in training. The figures are samples a second of wall time, and the worker's
own CPU milliseconds a sample. Other programs on the machine do not change the latter. The samples are read
straight from the loader; batching and the way to the GPU are left out.
"""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2

from gfrnet.data import (
    Reading,
    ReadingOrder,
    SampleOptions,
    Samples,
    open_samples,
    pack_dataset,
    sample_order,
)
from gfrnet.train import TrainConfig, load_config

SLIM = Path(__file__).parents[1] / "configs" / "slim.yaml"

BATCH = 8


def main() -> None:
    """Read the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="what gfrnet data build made")
    parser.add_argument("--samples", type=int, default=200, help="samples a worker")
    parser.add_argument("--workers", type=int, default=2, help="measured are one worker and so many at once")
    parser.add_argument("--config", type=Path, default=SLIM, help="guides and degradation are its")
    options = parser.parse_args()
    config = load_config(options.config)
    with TemporaryDirectory() as folder:
        started = time.perf_counter()
        pack_dataset(options.data, Path(folder))
        sys.stdout.write(f"packed in {time.perf_counter() - started:.1f} s\n")
        sources: list[tuple[str, Path | str, ReadingOrder]] = [
            ("folder, balanced", options.data, "balanced"),
            ("shards, balanced", folder, "balanced"),
            ("shards, in order", folder, "shards"),
        ]
        for name, source, order in sources:
            opened_samples = opened(source, order, config)
            for workers in (1, options.workers):
                sys.stdout.write(
                    f"{name}, {workers} worker(s): {measured(opened_samples, workers, options.samples)}\n"
                )


def opened(source: Path | str, order: ReadingOrder, config: TrainConfig) -> Samples:
    """Open the samples that a config asks for, of another data set and in another order."""
    return open_samples(
        [source],
        config.guides,
        SampleOptions(config.degradation, config.heavy, feature_weight=config.feature_weight),
        Reading(order, streams=2),
        batch_size=BATCH,
    )


def measured(samples: Samples, workers: int, count: int) -> str:
    """Measure samples a second of wall time of all workers, and CPU milliseconds a sample."""
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        jobs = [pool.submit(work, samples, worker, workers, count) for worker in range(workers)]
        times = [job.result() for job in jobs]
    speed = sum(count / wall for wall, _ in times)
    cpu = sum(cpu for _, cpu in times) / workers / count
    return f"{speed:5.1f} samples/s, {1000 * cpu:4.1f} ms CPU a sample"


def work(samples: Samples, worker: int, workers: int, count: int) -> tuple[float, float]:
    """Measure wall and CPU seconds of one worker, after a warm-up."""
    cv2.setNumThreads(1)
    order = sample_order(0, BATCH, worker, workers)
    for index in islice(order, BATCH):
        samples[index]
    wall, cpu = time.perf_counter(), time.process_time()
    for index in islice(order, count):
        samples[index]
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
