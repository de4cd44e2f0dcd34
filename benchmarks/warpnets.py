"""Compare WarpNets that learn alone from equal samples.

    python benchmarks/warpnets.py CONFIG --data DATA [DATA ...] --val VAL [VAL ...] -o RUNS
        [--rows ROW ...] [--samples 4000] [--every 12]

Each row trains the config's WarpNet, changed as the row says, on the flow losses alone. It is measured on
people whom it has not seen, by two distances:

- landmarks: from the places to which the flow sends the target's landmarks to the guide's landmarks, as in
  the protocol;
- known: from the flow to the exactly known flow, where the guide is the target, warped and relit.

A row that is finished in RUNS is not trained again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from equal_samples import options_of, trained

from gfrnet import images, metrics
from gfrnet.data import make_self_guide, read_manifests
from gfrnet.degradation import degrade
from gfrnet.evaluate import Pair, list_pairs
from gfrnet.nets import GFRNet, count
from gfrnet.runtime.pytorch import TorchRuntime, checkpoints, load_network
from gfrnet.train import TrainConfig, load_config
from gfrnet.types import FloatArray, UInt8Image

SCALES = (4.0, 8.0)

ADAM = "optimizer=adam"
SQUARES = ("losses.landmark=10", "losses.landmark_distance=0")
LAST = ("losses.early_flow=0",)

ROWS: dict[str, tuple[str, ...]] = {
    "matching, squares": ("network.warpnet=matching", ADAM, *SQUARES, *LAST),
    "matching": ("network.warpnet=matching", ADAM, *LAST),
    "pyramid, last flow only": ("network.warpnet=pyramid", ADAM, *LAST),
    "pyramid, squares": ("network.warpnet=pyramid", ADAM, *SQUARES),
    "pyramid": ("network.warpnet=pyramid", ADAM),
    "pyramid, Muon": ("network.warpnet=pyramid", "optimizer=muon"),
}
"""Name and changes of each row."""


def main() -> None:
    """Read the command line, train, measure, print."""
    parser = options_of(__doc__.splitlines()[0], "configs/slim.yaml", list(ROWS), samples=4000, every=12)
    options = parser.parse_args()
    pairs = list_pairs(read_manifests(options.val))[:: options.every]
    heads = [f"{kind} {scale:g}x" for kind in ("landmarks", "known") for scale in SCALES]
    lines = [
        f"{options.samples} samples each; pixels of 256 on {len(pairs)} unseen pairs",
        f"{'':<26}" + "".join(f"{head:>15}" for head in (*heads, "minutes", "GFLOP")),
        f"{'identity flow':<26}" + _cells(measured(None, pairs)),
    ]
    for name in options.rows:
        config = row_config(options.config, options.data, options.output / name, options.samples, ROWS[name])
        minutes = train(config)
        network = load_network(checkpoints(config.output)[-1])
        flops = next(size.flops for size in count(network) if size.name == "warpnet") / 1e9
        lines.append(f"{name:<26}" + _cells([*measured(network, pairs), minutes, flops]))
    sys.stdout.write("\n".join(lines) + "\n")


def row_config(
    path: Path, data: list[str], output: Path, samples: int, changes: tuple[str, ...]
) -> TrainConfig:
    """Return the config of a row: WarpNet learns alone up to the last step, which is never made."""
    config = load_config(path, [*changes, f"output={output}", "start_from=null", "epochs=null"])
    lengths = {"samples": samples + config.batch_size, "flow_samples": samples, "flow_epochs": 0.0}
    return config.model_copy(update={**lengths, "data": tuple(data), "pictures_every": 0})


def train(config: TrainConfig) -> float:
    """Train or resume a row; return the minutes of training."""
    return trained(config, done=lambda run: not run.pre_training).seconds / 60


@torch.no_grad()
def measured(network: GFRNet | None, pairs: Sequence[Pair]) -> list[float]:
    """Measure the mean errors to landmarks and known flow at each of `SCALES`, pixels.

    A network of None stands for the identity flow.
    """
    errors: dict[tuple[str, float], list[float]] = {}
    for number, pair in enumerate(pairs):
        pixels, points, mask = pair.target.pixels(), pair.target.points(), pair.target.mask()
        self_guide = make_self_guide(pixels, points, np.random.default_rng(number))
        for scale in SCALES:
            bad = degrade(pixels, pair.recipe("blind", scale))
            flow = flow_of(network, bad, pair.guide.pixels())
            found = metrics.warp_error(flow, points, pair.guide.points())
            errors.setdefault(("landmarks", scale), []).append(found)
            apart = np.linalg.norm(flow_of(network, bad, self_guide.pixels) - self_guide.flow, axis=-1)
            known = float(apart[self_guide.known & mask].mean()) * (len(pixels) - 1) / 2
            errors.setdefault(("known", scale), []).append(known)
    return [float(np.mean(errors[kind, scale])) for kind in ("landmarks", "known") for scale in SCALES]


def flow_of(network: GFRNet | None, degraded: UInt8Image, guide: UInt8Image) -> FloatArray:
    """Return the flow that warps the guide, (256, 256, 2)."""
    if network is None:
        return metrics.identity_grid(len(degraded))
    faces = (images.to_signed(picture)[None] for picture in (degraded, guide))
    flow: FloatArray = TorchRuntime(network).run(*faces).flow[0]
    return flow


def _cells(values: list[float]) -> str:
    return "".join(f"{value:>15.2f}" for value in values)


if __name__ == "__main__":
    main()
