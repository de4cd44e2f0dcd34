"""Take two steps of every compared config, through losses, discriminators and optimizers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from gfrnet.data.samples.stream import channels_first
from gfrnet.train import Trainer, load_config

CONFIGS = Path(__file__).parents[2] / "configs" / "compared"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.yaml"))


@pytest.fixture(scope="module")
def vgg19(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a narrow VGG-19 up to conv3_4 with random weights."""
    torch.manual_seed(0)
    tensors, channels = {}, 3
    for block, convolutions in ((1, 2), (2, 2), (3, 4)):
        for number in range(1, convolutions + 1):
            tensors[f"conv{block}_{number}.weight"] = torch.randn(4, channels, 3, 3) * 0.2
            tensors[f"conv{block}_{number}.bias"] = torch.zeros(4)
            channels = 4
    path = tmp_path_factory.mktemp("vgg") / "vgg19.safetensors"
    save_file(tensors, path)
    return path


def overrides(name: str, dataset: Path, output: Path, vgg19: Path) -> Iterator[str]:
    config = load_config(CONFIGS / f"{name}.yaml")
    values = {"data": f"[{dataset}]", "output": output, "batch_size": 2, "workers": 0, "accelerator": "cpu"}
    if config.losses.perceptual:
        values["perceptual.weights"] = vgg19
    if config.crop or config.network.takes_crops:
        values["crop"] = 64
    return (f"{key}={value}" for key, value in values.items())


def trainer(name: str, dataset: Path, output: Path, vgg19: Path, *more: str) -> Trainer:
    changes = [*overrides(name, dataset, output, vgg19), *more]
    return Trainer(load_config(CONFIGS / f"{name}.yaml", changes))


def steps(made: Trainer, count: int) -> list[dict[str, float]]:
    return [made.step([channels_first(batch)])[0] for batch in islice(made.loader(), count)]


@pytest.mark.parametrize("name", NAMES)
def test_two_steps_change_every_layer(name: str, dataset: Path, tmp_path: Path, vgg19: Path) -> None:
    made = trainer(name, dataset, tmp_path / "run", vgg19)
    sides = (made.network, made.discriminators)
    before = [{key: value.clone() for key, value in side.named_parameters()} for side in sides]
    losses = steps(made, 2)
    assert all(math.isfinite(value) for step in losses for value in step.values())
    weights = made.config.losses
    assert all(weights.model_dump().get(part) for part in losses[0] if not part.startswith(("disc", "pen")))
    for side, old in zip(sides, before, strict=True):
        unchanged = [key for key, value in side.named_parameters() if torch.equal(value, old[key])]
        # True and restored pictures pull at a discriminator's last bias alike.
        assert all(side is made.discriminators and key.endswith("bias") for key in unchanged), unchanged


def test_a_critic_takes_several_steps_for_one_of_the_network(
    dataset: Path, tmp_path: Path, vgg19: Path
) -> None:
    made = trainer("deblurgan", dataset, tmp_path / "run", vgg19, "discriminators.steps=3", "crop=32")
    moved = []
    for _ in range(6):
        before = [side.state_dict()[key].clone() for side, key in _watched(made)]
        steps(made, 1)
        after = [side.state_dict()[key] for side, key in _watched(made)]
        moved.append([not torch.equal(a, b) for a, b in zip(before, after, strict=True)])
    assert moved == [[False, True], [False, True], [True, True]] * 2


def _watched(made: Trainer) -> list[tuple[torch.nn.Module, str]]:
    """Return the network and the critic, each with the name of a kernel."""
    sides = (made.network, made.discriminators)
    return [(side, next(key for key, value in side.named_parameters() if value.ndim == 4)) for side in sides]


@pytest.mark.parametrize("name", ["deblurgan", "srgan", "vdsr"])
def test_resuming_a_compared_run_gives_the_same_bits(
    name: str, dataset: Path, tmp_path: Path, vgg19: Path
) -> None:
    def run(folder: str, resume: bool, stop: int) -> Trainer:
        changes = [*overrides(name, dataset, tmp_path / folder, vgg19), "crop=32", "samples=8"]
        made = Trainer(load_config(CONFIGS / f"{name}.yaml", [*changes, "discriminators.steps=2"]), resume)
        made.run(lambda _: None, lambda: made.samples >= stop)
        return made

    whole = run("whole", resume=False, stop=8)
    run("parts", resume=False, stop=4)
    parts = run("parts", resume=True, stop=8)
    for one, other in ((whole.network, parts.network), (whole.discriminators, parts.discriminators)):
        for key, value in one.state_dict().items():
            assert torch.equal(value, other.state_dict()[key]), key
