"""Measure how fast training is, and where the time goes, as a Markdown table.

    python benchmarks/training_speed.py                       # both networks, fp32 and bf16, batch 1, 8, 16
    python benchmarks/training_speed.py --config configs/slim.yaml --batch 8 --compile

Training uses synthetic faces in a temporary folder. The objective is the config's without the perceptual
loss, whose VGG file is the user's.

- samples/s, waiting for data: speed, and the share of time spent waiting. Both come from the second half of a
  short run with two loader workers.
- step / forward and backward: time of a training step on a batch in memory, over forward and backward
  alone. Both times are medians of steps taken in turn.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from gfrnet.data import write_synthetic
from gfrnet.data.samples.stream import PREFETCH, channels_first
from gfrnet.train import Progress, TrainConfig, Trainer, load_config

CONFIGS = Path(__file__).parents[1] / "configs"
HEADER = """| config | precision | batch | samples/s | waiting for data | step / forward and backward |
|---|---|---|---|---|---|
"""
PEOPLE, PHOTOS = 12, 4
ROUNDS = 5
"""Number of timed steps; each is followed by a timed forward and backward."""


def main() -> None:
    """Read the command line, train, print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--config", type=Path, nargs="*", default=[CONFIGS / "slim.yaml", CONFIGS / "paper.yaml"]
    )
    parser.add_argument("--batch", type=int, nargs="*", default=[1, 8, 16])
    parser.add_argument("--precision", nargs="*", default=["fp32", "bf16"])
    parser.add_argument("--samples", type=int, default=64, help="length of each run, at least four steps")
    parser.add_argument("--compile", action="store_true")
    chosen = parser.parse_args()
    where = (
        torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    )
    sys.stdout.write(f"torch {torch.__version__}, {platform.machine()}, {where}\n\n{HEADER}")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        write_synthetic(data, PEOPLE, PHOTOS)
        for path in chosen.config:
            for precision in chosen.precision:
                for batch in chosen.batch:
                    run = Path(folder) / f"{path.stem}-{precision}-{batch}"
                    config = short_run(path, data, run, precision, batch, chosen.samples, chosen.compile)
                    last, ratio = measure(config)
                    shutil.rmtree(run)
                    sys.stdout.write(
                        f"| {path.stem} | {precision} | {batch} | {last.samples_per_second:.2f} "
                        f"| {last.data_wait:.0%} | {ratio:.2f} |\n"
                    )
                    sys.stdout.flush()


def short_run(
    path: Path, data: Path, output: Path, precision: str, batch: int, samples: int, compiled: bool
) -> TrainConfig:
    """Return the shipped config, but short, on synthetic faces and without the perceptual loss."""
    # The loader makes samples ahead: on a GPU a short run would measure these, not the loader's speed.
    fewest = 20 * PREFETCH if torch.cuda.is_available() else 4
    length = max(samples // batch, fewest) * batch
    values = {
        "data": f"[{data}]",
        "output": output,
        "epochs": "null",
        "samples": length,
        "flow_samples": 0,
        "flow_epochs": 0,
        "batch_size": batch,
        "precision": precision,
        "compile": str(compiled).lower(),
        "workers": 2,
        "log_every": length // 2,
        "checkpoint_every": 10**9,
        "pictures_every": 0,
        "losses.perceptual": 0,
    }
    return load_config(path, [f"{key}={value}" for key, value in values.items()])


def measure(config: TrainConfig) -> tuple[Progress, float]:
    """Return the progress of a run's second half, and the time of a step over forward and backward."""
    trainer, lines = Trainer(config), list[Progress]()
    trainer.run(lines.append)
    part = channels_first(next(iter(trainer.loader())))
    degraded, guide = (part[name].to(trainer.fabric.device) for name in ("degraded", "guide"))

    def alone() -> None:
        trainer.network.zero_grad(set_to_none=True)
        restored = trainer.shared_network(degraded, guide, False)[0]
        trainer.fabric.backward(restored.square().mean())

    times = [(clock(lambda: trainer.step([part])), clock(alone)) for _ in range(ROUNDS)]
    steps, others = (statistics.median(column) for column in zip(*times, strict=True))
    return lines[-1], steps / others


def clock(work: Callable[[], object]) -> float:
    """Measure the seconds that some work takes, on the GPU too."""
    started = time.perf_counter()
    work()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
