"""What the comparisons of networks at equal samples share: command line, runs that go on, costs."""

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
    """What reads ``config``, ``data``, ``val``, ``output``, ``rows``, ``samples`` and ``every``.

    Args:
        description: What the script does.
        config: The config that is meant for it.
        rows: Names of all rows.
        samples: How many samples each row learns from, unless told otherwise.
        every: Which share of the pairs is measured, unless told otherwise.
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
    """A row's run, from its beginning or where it stopped, until it is done; a done one is left alone."""
    trainer = Trainer(config, resume=bool(checkpoints(config.output)))
    if not done(trainer):
        trainer.run(stopped=lambda: done(trainer))
    return trainer


def cost(config: TrainConfig) -> list[str]:
    """Train a row, or go on with it: minutes, and GFLOP and millions of parameters of the whole network."""
    trainer = trained(config, done=lambda run: run.ended)
    whole = count(load_network(trainer.path))[-1]
    return [f"{trainer.seconds / 60:.0f}", f"{whole.flops / 1e9:.1f}", f"{whole.parameters / 1e6:.1f}"]
