from pathlib import Path
from typing import Any

import pytest
import torch

from gfrnet.data.samples.stream import channels_first
from gfrnet.errors import ConfigError
from gfrnet.nets import GFRNet, save_safetensors
from gfrnet.train import Parts, Trainer, load_checkpoint, load_config
from short_runs import CONFIGS, NARROW, everything, state, tiny


@pytest.mark.parametrize("path", sorted(CONFIGS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_config_runs_two_steps(
    path: Path, dataset: Path, vgg: Path, faceres: Path, tmp_path: Path
) -> None:
    has_parts = bool(load_config(path).parts)
    overrides = [
        *(override for override in NARROW if has_parts or not override.startswith("network.")),
        f"identity.weights={faceres}",
        f"perceptual.weights={vgg}",
        "perceptual.preprocessing=caffe",
        "perceptual.layer=conv4",
        "guides.single=0",
    ]
    config = load_config(path, overrides)
    size = min(config.batch_size, 2)  # larger batches and crops take longer and show nothing more
    changes = {"data": (str(dataset),), "output": tmp_path, "epochs": None, "workers": 0}
    changes |= {"batch_size": size, "samples": 2 * size}
    changes |= {"crop": 64} if config.crop or config.network.takes_crops else {}
    changes |= {"start_from": None, "flow_epochs": 0, "flow_samples": size if config.flow_epochs else 0}
    needed = config.frozen | ({"warpnet"} if config.losses.truth_flow else set())
    if needed:
        begun = tmp_path / "begun.safetensors"
        save_safetensors(GFRNet(config.network), begun)
        changes["start_from"] = Parts(**dict.fromkeys(needed, str(begun)))
    trainer = Trainer(config.model_copy(update=changes))
    sides = {"network": trainer.network, "discriminators": trainer.discriminators}
    parts = {
        f"{side}.{name}": part
        for side, module in sides.items()
        for name, part in module.named_children()
        if name not in config.frozen
    }
    before = {name: [p.clone() for p in part.parameters()] for name, part in parts.items()}
    trainer.run()
    for name, part in parts.items():
        assert any((a != b).any() for a, b in zip(before[name], part.parameters(), strict=True)), name
    assert load_checkpoint(trainer.path).samples == 2 * size


def test_a_network_that_fuses_learns_from_several_guides(dataset: Path, tmp_path: Path) -> None:
    config = tiny(
        dataset, tmp_path, "network.guide_fusion=true", "guides.most=4", samples=12, precision="fp32"
    )
    trainer = Trainer(config)
    before = [parameter.clone() for parameter in trainer.network.recnet.fusion.parameters()]
    trainer.run()
    assert any(
        (a != b).any() for a, b in zip(before, trainer.network.recnet.fusion.parameters(), strict=True)
    )
    counts = {len(trainer.pairs[index].more_guides) for index in range(12)}
    assert len(counts) > 1


@pytest.mark.parametrize("optimizer", ["adam", "muon"])
def test_a_network_learns_one_sample(optimizer: str, dataset: Path, tmp_path: Path) -> None:
    config = tiny(
        dataset,
        tmp_path,
        "schedule.first=2e-3",
        samples=10_000,
        precision="fp32",
        optimizer=optimizer,
    )
    trainer = Trainer(config)
    batch = channels_first(next(iter(trainer.loader())))
    first, _ = trainer.step([batch])
    for _ in range(25):
        last, _ = trainer.step([batch])
    assert last["l2"] < 0.97 * first["l2"]
    assert last["landmark_distance"] < 0.85 * first["landmark_distance"]


def test_micro_batches_give_the_gradient_of_the_whole_batch(dataset: Path, vgg: Path, tmp_path: Path) -> None:
    runs = []
    for parts in (1, 2):
        config = everything(dataset, tmp_path / str(parts), vgg, accumulate=parts, batch_size=4, samples=4)
        runs.append(Trainer(config.model_copy(update={"flow_samples": 0})))
        runs[-1].run()
    one, other = state(runs[0]), state(runs[1])
    gradients = [name for name in one if name.endswith("exp_avg")]  # times 1 - beta1
    assert any(name.startswith(".optimizers.1") for name in gradients)
    for name in gradients:
        torch.testing.assert_close(
            one[name], other[name], rtol=1e-3, atol=1e-4 * float(one[name].abs().max())
        )


def test_log_has_a_line_per_report(dataset: Path, vgg: Path, tmp_path: Path) -> None:
    told: list[int] = []
    Trainer(everything(dataset, tmp_path, vgg, samples=10)).run(
        lambda progress: told.append(progress.samples)
    )
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert {"samples", "epoch", "l2", "perceptual", "adversarial_local", "discriminator_global"} <= set(
        header.split(",")
    )
    assert [line.split(",")[0] for line in lines] == ["4", "8", "10"]
    assert told == [4, 8, 10]
    assert load_config(tmp_path / "config.yaml").losses.perceptual == 0.001


def test_the_logged_learning_rate_is_that_of_the_last_step(dataset: Path, tmp_path: Path) -> None:
    told: list[float] = []
    schedule = "schedule={kind: cosine, first: 4.0e-4, last: 2.0e-4}"
    trainer = Trainer(tiny(dataset, tmp_path, schedule, flow_samples=4, flow_rate=1e-3))
    trainer.run(lambda progress: told.append(progress.learning_rate))
    assert told == pytest.approx([1e-3, 3e-4])


def test_picture_grids_are_drawn(dataset: Path, tmp_path: Path) -> None:
    Trainer(tiny(dataset, tmp_path, pictures_every=4)).run()
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 2


def test_a_batch_may_hold_fewer_samples_than_a_picture_grid(dataset: Path, tmp_path: Path) -> None:
    """Draw them one by one, as samples of different batches have different numbers of guides."""
    fusing = ["network.guide_fusion=true", "guides.most=4"]
    Trainer(tiny(dataset, tmp_path, *fusing, samples=2, pictures_every=2)).run()
    assert len(list((tmp_path / "pictures").glob("*.png"))) == 1


def test_a_run_ends_when_the_last_rate_has_reached_its_plateau(dataset: Path, tmp_path: Path) -> None:
    config = tiny(
        dataset, tmp_path, "schedule={kind: plateau, rates: [1.0e-12], window: 2, patience: 1}", samples=1000
    )
    trainer = Trainer(config)
    trainer.run()
    assert trainer.samples < 100


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"precision": "fp16"}, "needs a GPU"),
        ({"accelerator": "cuda"}, "is not there"),
    ],
)
def test_what_the_machine_cannot_do_is_refused(
    values: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine can")
    with pytest.raises(ConfigError, match=message):
        Trainer(tiny(dataset, tmp_path, **values))
