"""Compare the paper's whole configuration with ours at equal samples, both untrained at first.

    python benchmarks/published.py CONFIGS --data DATA [DATA ...] --val VAL [VAL ...] -o RUNS
        [--vgg FILE --vgg-layer LAYER] [--rows ROW ...] [--samples 800] [--every 1]

Each row trains WarpNet and RecNet by its own config in the folder CONFIGS. Networks, objective, optimizer and
order of steps come from the config. Batch and precision are what two cores have time for (`ROWS`). All rows
see equally many samples, and are measured by the blind protocol on people whom they have not seen. The
Markdown tables give the figures, and each row less ours with the 95 % interval over people.

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
OURS = "ours"

ROWS: dict[str, tuple[str, ...]] = {
    OURS: ("slim.yaml", "batch_size=2"),
    "published": ("paper.yaml", "epochs=null", "flow_epochs=0", "batch_size=4", "precision=bf16"),
}
"""Name, file and changes of each row."""

FLOW_SHARE = {"paper.yaml": 0.125, "slim.yaml": 0.58}
"""Share of a row's samples in which WarpNet learns alone; the paper's share, 0.05, would be too small."""

METRICS = ("psnr", "ssim", "identity", "warp")


def main() -> None:
    """Read the command line, train, measure, print."""
    parser = options_of(__doc__.splitlines()[0], "configs", list(ROWS), samples=800, every=1)
    parser.add_argument("--vgg", type=Path, help="VGG file for the paper's perceptual loss")
    parser.add_argument("--vgg-layer", default="conv4", help="its layer (default: conv4)")
    options = parser.parse_args()
    costs, contenders = [], [Contender("bicubic")]
    for name in options.rows:
        config = row_config(name, options.config, options.data, options.output / name, options.samples)
        if config.losses.perceptual and options.vgg:
            wanted = config.perceptual.model_copy(update={"weights": options.vgg, "layer": options.vgg_layer})
            config = config.model_copy(update={"perceptual": wanted})
        costs.append([name, *cost(config)])
        contenders.append(Contender(str(checkpoints(config.output)[-1]), title=name))
    pairs = list_pairs(read_manifests(options.val))[:: options.every]
    measured = measure(Evaluation(contenders, pairs, "blind", SCALES), options.output / "cache")
    sys.stdout.write(
        f"{options.samples} samples each; {len(pairs)} pairs\n\n"
        + "\n\n".join(table(AtScale(measured, scale), scale, options.rows) for scale in SCALES)
        + "\n\n"
        + markdown_table(("", "minutes", "GFLOP", "M parameters"), costs, left=1)
        + "\n"
    )


def row_config(name: str, folder: Path, data: list[str], output: Path, samples: int) -> TrainConfig:
    """Return the config of a row."""
    file, *changes = ROWS[name]
    flow = round(FLOW_SHARE[file] * samples)
    config = load_config(
        folder / file, [*changes, f"output={output}", f"samples={samples}", f"flow_samples={flow}"]
    )
    return config.model_copy(update={"data": tuple(data), "pictures_every": 0, "checkpoint_every": 400})


def table(at: AtScale, scale: float, names: list[str]) -> str:
    """Return a table of all rows at a scale; its last lines are each row less ours."""
    others = [name for name in names if name != OURS]
    rows = [[title, *(figure(at, title, "", metric) for metric in METRICS)] for title in ("bicubic", *names)]
    if OURS in names:
        rows += [
            [f"{name}, less {OURS}", *(figure(at, name, OURS, metric) for metric in METRICS)]
            for name in others
        ]
    return markdown_table((f"{scale:g}x", *(METRIC_OF[metric].title for metric in METRICS)), rows, left=1)


def figure(at: AtScale, name: str, other: str, metric: str) -> str:
    """Return a contender's value as text, or its difference from another contender."""
    return cell(at.estimate(name, other, metric), METRIC_OF[metric])


if __name__ == "__main__":
    main()
