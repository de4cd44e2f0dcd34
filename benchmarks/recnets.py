"""Compare what RecNets learn from equal samples with a finished WarpNet, and what each switch is worth.

    python benchmarks/recnets.py CONFIG --data DATA [DATA ...] --val VAL [VAL ...] -o RUNS
        [--samples 6000] [--every 4]

Each row trains a RecNet from nothing, changed as the row says, on the frozen WarpNet of gfrnet-slim, and is
measured on people whom it has not seen by the blind protocol, with the right guide, a stranger's and none.
Printed is a Markdown table; gaps have their 95 % interval over people. A row that is finished in RUNS is not
trained again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from gfrnet.data import read_manifests
from gfrnet.evaluate import AtScale, Contender, list_pairs, markdown_table, measure
from gfrnet.nets import count
from gfrnet.runtime.pytorch import checkpoints, load_network
from gfrnet.train import TrainConfig, Trainer, load_config

SCALES = (4.0, 8.0)

ROWS: dict[str, tuple[str, ...]] = {
    "residual": (),
    "detail": ("network.recnet=detail",),
    "as published": ("network.recnet=paper", "network.recnet_width=64"),
    "without a guide": ("network.guided=false", "network.warpnet=none", "start_from=null", "frozen=[]"),
    "no Laplacian loss": ("losses.laplacian=0",),
    "no self-guides": ("guides.self_guide=0",),
    "always the right guide": ("guides.stranger=0", "guides.none=0"),
    "degradations as drawn": ("heavy=0",),
}
"""Name and changes of each row."""

COLUMNS = ("psnr", "ssim", "identity_distance")

HEADS = (
    "",
    "scale",
    "PSNR dB",
    "SSIM",
    "identity",
    "PSNR over a stranger's",
    "over none",
    "identity over none",
)


def main() -> None:
    """Read the command line, train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("config", type=Path, help="what all rows have in common: configs/recnet.yaml")
    parser.add_argument("--data", nargs="+", required=True, help="what gfrnet data build made, to train on")
    parser.add_argument("--val", type=Path, nargs="+", required=True, help="the same, to measure on")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder of the runs")
    parser.add_argument("--samples", type=int, default=6000, help="samples each RecNet learns from")
    parser.add_argument("--every", type=int, default=4, help="measure every so many-th pair")
    options = parser.parse_args()
    costs, contenders = [], []
    for name, changes in ROWS.items():
        config = row_config(options.config, options.data, options.output / name, options.samples, changes)
        costs.append([name, *cost(config)])
        found = Contender(str(checkpoints(config.output)[-1]), title=name)
        variants = ("right", "stranger", "no-guide") if config.network.guided else ("right",)
        contenders += [Contender(found.model, variant, name) for variant in variants]
    pairs = list_pairs(read_manifests(options.val))[:: options.every]
    measured = measure(contenders, pairs, "blind", SCALES, options.output / "cache")
    rows = [
        [name, f"{scale:g}x", *figures(AtScale(measured, scale), name)] for scale in SCALES for name in ROWS
    ]
    sys.stdout.write(
        f"{options.samples} samples each; {len(pairs)} pairs\n\n"
        + markdown_table(HEADS, rows, left=2)
        + "\n\n"
        + markdown_table(("", "minutes", "GFLOP", "M parameters"), costs, left=1)
        + "\n"
    )


def row_config(
    path: Path, data: list[str], output: Path, samples: int, changes: tuple[str, ...]
) -> TrainConfig:
    """The config of a row."""
    config = load_config(path, [*changes, f"output={output}", f"samples={samples}"])
    return config.model_copy(update={"data": tuple(data), "pictures_every": 0})


def cost(config: TrainConfig) -> list[str]:
    """Train a row, or go on with it: minutes, and GFLOP and millions of parameters of the whole network."""
    trainer = Trainer(config, resume=bool(checkpoints(config.output)))
    trainer.run()
    whole = count(load_network(trainer.path))[-1]
    return [f"{trainer.seconds / 60:.0f}", f"{whole.flops / 1e9:.1f}", f"{whole.parameters / 1e6:.1f}"]


def figures(at: AtScale, name: str) -> list[str]:
    """Means with the right guide, and what they are over a stranger's guide and over none."""
    wanted = [(name, "", metric) for metric in COLUMNS]
    wanted += [(name, f"{name}:stranger", "psnr"), (name, f"{name}:no-guide", "psnr")]
    wanted += [(name, f"{name}:no-guide", "identity_distance")]
    return [_cell(at, *one) for one in wanted]


def _cell(at: AtScale, model: str, minus: str, metric: str) -> str:
    figure = at.figure(model, minus, metric)
    if figure is None:
        return "-"
    mean, digits = figure.interval.mean, 2 if metric == "psnr" else 3
    if not minus:
        return f"{mean:.{digits}f}"
    low, high = figure.interval.low, figure.interval.high
    return f"{mean:+.{digits}f} [{low:+.{digits}f}, {high:+.{digits}f}]"


if __name__ == "__main__":
    main()
