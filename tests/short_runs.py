"""Configure short training runs of narrow networks, and compare what they leave."""

from pathlib import Path
from typing import Any

import torch

from gfrnet.train import TrainConfig, Trainer, load_checkpoint, load_config

CONFIGS = Path(__file__).parents[1] / "configs"
NARROW = ["network.warpnet_width=4", "network.recnet_width=4", "discriminators.width=4"]


def tiny(dataset: Path, output: Path, *overrides: str, **values: Any) -> TrainConfig:
    """Return the slim recipe with narrow networks, a few samples long."""
    config = load_config(CONFIGS / "slim.yaml", [*NARROW, *overrides])
    changes: dict[str, Any] = {
        "data": (str(dataset),),
        "output": output,
        "samples": 8,
        "flow_samples": 0,
        "batch_size": 2,
        "workers": 0,
        "log_every": 4,
        "pictures_every": 0,
        "accelerator": "cpu",
    }
    return config.model_copy(update=changes | values)


def everything(dataset: Path, output: Path, vgg: Path, **values: Any) -> TrainConfig:
    """Return a run with every loss, both discriminators, plateau schedule, averaging, targets by epoch."""
    overrides = [
        *("losses.perceptual=0.001", f"perceptual.weights={vgg}", "perceptual.layer=conv1"),
        *("perceptual.preprocessing=caffe", "losses.adversarial_global=1", "losses.adversarial_local=0.5"),
        *("discriminators.norm=instance", "discriminators.local_size=64", "order=epoch"),
        "schedule={kind: plateau, rates: [1.0e-3, 1.0e-4], window: 4, patience: 1}",
    ]
    return tiny(
        dataset, output, *overrides, **{"precision": "fp32", "flow_samples": 2, "samples": 12} | values
    )


def state(trainer: Trainer) -> dict[str, torch.Tensor]:
    """Return every tensor of the newest checkpoint, by its place."""
    found: dict[str, torch.Tensor] = {}

    def walk(place: str, value: object) -> None:
        if isinstance(value, torch.Tensor):
            found[place] = value
        elif isinstance(value, dict):
            for name, below in value.items():
                walk(f"{place}.{name}", below)
        elif isinstance(value, list):
            for number, below in enumerate(value):
                walk(f"{place}.{number}", below)

    walk("", {k: v for k, v in vars(load_checkpoint(trainer.path)).items() if k != "config"})
    return found


def assert_equal_runs(one: Trainer, other: Trainer) -> None:
    first, second = state(one), state(other)
    assert first.keys() == second.keys()
    assert [name for name, value in first.items() if not torch.equal(value, second[name])] == []
    assert load_checkpoint(one.path).schedule == load_checkpoint(other.path).schedule
