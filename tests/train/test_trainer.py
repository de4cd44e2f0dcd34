from pathlib import Path
from typing import Any

import pytest
import torch

from gfrnet.errors import ConfigError, ModelError
from gfrnet.nets import GFRNetConfig
from gfrnet.train import TrainConfig, Trainer, load_checkpoint, load_config, load_network

CONFIGS = Path(__file__).parents[2] / "configs"


def tiny(dataset: Path, output: Path, **values: Any) -> TrainConfig:
    """The slim recipe with narrow networks, a few samples long."""
    config = load_config(CONFIGS / "slim.yaml", ["network.warpnet_width=4", "network.recnet_width=4"])
    changes = {
        "data": (dataset,),
        "output": output,
        "samples": 8,
        "batch_size": 2,
        "workers": 0,
        "log_every": 4,
    }
    return config.model_copy(update=changes | values)


@pytest.mark.parametrize("name", ["slim", "paper"])
def test_every_shipped_config_runs_two_steps(name: str, dataset: Path, tmp_path: Path) -> None:
    narrow = ["network.warpnet_width=4", "network.recnet_width=4"]
    config = load_config(CONFIGS / f"{name}.yaml", narrow)
    changes = {"data": (dataset,), "output": tmp_path, "samples": 2 * config.batch_size, "workers": 0}
    trainer = Trainer(config.model_copy(update=changes))
    before = [parameter.clone() for parameter in trainer.network.parameters()]
    trainer.run()
    assert any((a != b).any() for a, b in zip(before, trainer.network.parameters(), strict=True))
    assert load_checkpoint(trainer.path).samples == 2 * config.batch_size


def test_learns_one_sample(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, samples=10_000, learning_rate=2e-3, precision="fp32"))
    batch = next(iter(trainer._loader()))
    first = trainer.step(batch)
    for _ in range(25):
        last = trainer.step(batch)
    assert last["l2"] < 0.97 * first["l2"]
    assert last["landmark"] < 0.75 * first["landmark"]


@pytest.mark.parametrize("workers", [0, 2])
def test_resuming_gives_equal_weights(workers: int, dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path / "whole", workers=workers, precision="fp32")
    whole = Trainer(config)
    whole.run()
    stopped = Trainer(config.model_copy(update={"output": tmp_path / "parts"}))
    stopped.run(should_stop=lambda: stopped.samples >= 4)
    assert stopped.samples == 4
    resumed = Trainer(config.model_copy(update={"output": tmp_path / "parts"}), resume=True)
    assert resumed.samples == 4
    resumed.run()
    for state in ("weights", "averaged"):
        one = getattr(load_checkpoint(whole.path), state)
        other = getattr(load_checkpoint(resumed.path), state)
        assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_log_has_a_line_per_report(dataset: Path, tmp_path: Path) -> None:
    Trainer(tiny(dataset, tmp_path)).run()
    header, *lines = (tmp_path / "log.csv").read_text().splitlines()
    assert header.startswith("samples,seconds,samples_per_second,data_wait,learning_rate,l2,")
    assert [line.split(",")[0] for line in lines] == ["4", "8"]


@pytest.mark.parametrize("warpnet", ["matching", "paper"])
def test_warpnet_learns_alone_first(warpnet: str, dataset: Path, tmp_path: Path) -> None:
    network = GFRNetConfig(warpnet=warpnet, warpnet_width=4, recnet_width=4)  # type: ignore[arg-type]
    trainer = Trainer(tiny(dataset, tmp_path, flow_samples=4, samples=4, network=network))
    before = {name: value.clone() for name, value in trainer.network.recnet.state_dict().items()}
    trainer.run()
    after = trainer.network.recnet.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_not_a_number_stops_and_keeps_the_last_checkpoint(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path))
    trainer.save()
    with torch.no_grad():
        next(trainer.network.recnet.parameters()).fill_(float("nan"))
    with pytest.raises(ModelError, match="lower learning rate"):
        trainer.run()
    weights = load_checkpoint(trainer.path).weights.values()
    assert all(torch.isfinite(value).all() for value in weights)


def test_an_infinite_gradient_stops_before_the_step(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path))
    parameter = next(trainer.network.recnet.parameters())
    parameter.register_hook(lambda gradient: gradient * float("inf"))
    with pytest.raises(ModelError, match="lower learning rate"):
        trainer.run()
    assert torch.isfinite(parameter).all()


def test_another_run_is_not_overwritten(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path)
    Trainer(config).save()
    with pytest.raises(ConfigError, match="--resume"):
        Trainer(config)
    with pytest.raises(ConfigError, match="another learning_rate"):
        Trainer(config.model_copy(update={"learning_rate": 1.0}), resume=True)


def test_broken_checkpoints(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path))
    with pytest.raises(ModelError, match="without --resume"):
        Trainer(trainer.config, resume=True)
    trainer.save()
    assert isinstance(load_network(trainer.path), torch.nn.Module)
    trainer.path.write_bytes(trainer.path.read_bytes()[:5000])
    with pytest.raises(ModelError, match="not a checkpoint"):
        load_checkpoint(trainer.path)
