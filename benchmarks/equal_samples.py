"""Share code among the comparisons of networks at equal samples: command line, runs, costs."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from gfrnet.nets import count
from gfrnet.runtime.pytorch import checkpoints, load_network
from gfrnet.train import TrainConfig, Trainer


def options_of(
    description: str, config: str, rows: Sequence[str], samples: int, every: int
) -> argparse.ArgumentParser:
    """Make the parser of ``config``, ``data``, ``val``, ``output``, ``rows``, ``samples`` and ``every``.

    Args:
        description: Purpose of the script.
        config: Config that is meant for the script.
        rows: Names of all rows.
        samples: Default number of samples that each row learns from.
        every: Default n, for which every n-th pair is measured.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("config", type=Path, help=f"what all rows have in common: {config}")
    parser.add_argument("--data", nargs="+", required=True, help="what gfrnet data build made, to train on")
    parser.add_argument("--val", type=Path, nargs="+", required=True, help="the same, to measure on")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument(
        "--rows", nargs="+", choices=rows, default=rows, metavar="ROW", help=f"of {', '.join(rows)}"
    )
    parser.add_argument("--samples", type=int, default=samples, help="samples each row learns from")
    parser.add_argument("--every", type=int, default=every, help="measure every so many-th pair")
    return parser


def trained(config: TrainConfig, done: Callable[[Trainer], bool]) -> Trainer:
    """Train a row until it is done, from its start or from where it stopped; leave a done one alone."""
    trainer = Trainer(config, resume=bool(checkpoints(config.output)))
    if not done(trainer):
        trainer.run(stopped=lambda: done(trainer))
    return trainer


def cost(config: TrainConfig) -> list[str]:
    """Train or resume a row; return minutes, and GFLOP and millions of parameters of the network."""
    trainer = trained(config, done=lambda run: run.ended)
    whole = count(load_network(trainer.path))[-1]
    return [f"{trainer.seconds / 60:.0f}", f"{whole.flops / 1e9:.1f}", f"{whole.parameters / 1e6:.1f}"]
