"""Compare RecNets that learn from equal samples with a finished WarpNet, and find what each switch is worth.

    python benchmarks/recnets.py CONFIG --data DATA [DATA ...] --val VAL [VAL ...] -o RUNS
        [--rows ROW ...] [--samples 6000] [--every 4] [--recogniser faceres.json]

Each row trains a new RecNet, changed as the row says, on the frozen WarpNet of gfrnet-slim. It is measured by
the blind protocol on unseen people: with the right guide, a stranger's and none. The Markdown table gives
differences with their 95 % interval over people.

A row that is finished in RUNS is not trained again. So several processes can train different rows, and a last
one measures all.
"""

from __future__ import annotations

import sys
from pathlib import Path

from equal_samples import cost, options_of

from gfrnet.data import read_manifests
from gfrnet.evaluate import (
    METRIC_OF,
    AtScale,
    Contender,
    Evaluation,
    cell,
    list_pairs,
    markdown_table,
    measure,
)
from gfrnet.runtime.pytorch import checkpoints
from gfrnet.train import TrainConfig, load_config

SCALES = (4.0, 8.0)

PUBLISHED = ("network.recnet=paper", "network.recnet_depth=1", "optimizer=adam")

ROWS: dict[str, tuple[str, ...]] = {
    "as it is": (),
    "Adam": ("optimizer=adam",),
    "a third as deep": ("network.recnet_depth=1",),
    "two thirds as deep": ("network.recnet_depth=2",),
    "attention to the guide": ("network.guide_attention=true",),
    "detail RecNet": ("network.recnet=detail", "network.recnet_depth=1"),
    "published RecNet, Adam": (*PUBLISHED, "network.recnet_width=64"),
    "published RecNet, half as wide, Adam": (*PUBLISHED, "network.recnet_width=32"),
    "without a guide": ("network.guided=false", "network.warpnet=none", "start_from=null", "frozen=[]"),
    "no Laplacian loss": ("losses.laplacian=0",),
    "no self-guides": ("guides.self_guide=0", "guides.single=0"),
    "always the right guide": ("guides.stranger=0", "guides.none=0"),
    "degradations as drawn": ("heavy=0",),
    "identity loss": ("losses.identity=8",),
}
"""Name and changes of each row."""

COLUMNS = (
    ("PSNR dB", "psnr", ""),
    ("SSIM", "ssim", ""),
    ("identity distance", "identity", ""),
    ("PSNR over a stranger's", "psnr", ":stranger"),
    ("PSNR over none", "psnr", ":no-guide"),
    ("identity distance over none", "identity", ":no-guide"),
)
"""Title, metric, and the variant whose value is subtracted."""


def main() -> None:
    """Read the command line, train, measure, print."""
    parser = options_of(__doc__.splitlines()[0], "configs/recnet.yaml", list(ROWS), samples=6000, every=4)
    parser.add_argument("--recogniser", help="faceres.json, for the row of the identity loss")
    options = parser.parse_args()
    recogniser = (f"identity.weights={options.recogniser}",) if options.recogniser else ()
    costs, contenders = [], []
    for name in options.rows:
        changes = recogniser + ROWS[name]
        config = row_config(options.config, options.data, options.output / name, options.samples, changes)
        costs.append([name, *cost(config)])
        model = str(checkpoints(config.output)[-1])
        contenders.append(Contender(model, title=name))
        if config.network.guided:
            contenders += [Contender(model, "stranger", name), Contender(model, "no-guide", name)]
    pairs = list_pairs(read_manifests(options.val))[:: options.every]
    measured = measure(Evaluation(contenders, pairs, "blind", SCALES), options.output / "cache")
    rows = [
        [name, f"{scale:g}x", *figures(AtScale(measured, scale), name)]
        for scale in SCALES
        for name in options.rows
    ]
    sys.stdout.write(
        f"{options.samples} samples each; {len(pairs)} pairs\n\n"
        + markdown_table(("", "scale", *(title for title, _, _ in COLUMNS)), rows, left=2)
        + "\n\n"
        + markdown_table(("", "minutes", "GFLOP", "M parameters"), costs, left=1)
        + "\n"
    )


def row_config(
    path: Path, data: list[str], output: Path, samples: int, changes: tuple[str, ...]
) -> TrainConfig:
    """Return the config of a row."""
    config = load_config(path, [*changes, f"output={output}", f"samples={samples}"])
    return config.model_copy(update={"data": tuple(data), "pictures_every": 0})


def figures(at: AtScale, name: str) -> list[str]:
    """Return the values of `COLUMNS`; a dash where the row's network lacks the variant."""
    return [
        cell(at.estimate(name, f"{name}{variant}" if variant else "", metric), METRIC_OF[metric])
        for _, metric, variant in COLUMNS
    ]


if __name__ == "__main__":
    main()
