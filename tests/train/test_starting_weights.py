from pathlib import Path

import pytest
import torch

from gfrnet.data.samples.stream import channels_first
from gfrnet.errors import ConfigError, ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.train import Parts, Trainer, load_network
from gfrnet.train.config import RESTORING
from short_runs import everything, tiny


def test_a_run_begins_with_another_models_weights(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    config = tiny(dataset, tmp_path / "second", start_from=str(first.path))
    second = Trainer(config)
    weights = load_network(first.path).state_dict()
    assert all(torch.equal(value, weights[name]) for name, value in second.network.state_dict().items())
    other = GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4)
    with pytest.raises(ConfigError, match="another network"):
        Trainer(config.model_copy(update={"network": other}))
    with pytest.raises(ModelError, match="nothing"):
        Trainer(config.model_copy(update={"start_from": "nothing"}))


def test_a_run_begins_with_one_part_of_another_model(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    learnt = load_network(first.path)
    config = tiny(dataset, tmp_path / "second", start_from=Parts(recnet=str(first.path)))
    second = Trainer(config).network
    recnet = learnt.recnet.state_dict()
    assert all(torch.equal(value, recnet[name]) for name, value in second.recnet.state_dict().items())
    assert learnt.warpnet is not None
    assert second.warpnet is not None
    pairs = zip(learnt.warpnet.parameters(), second.warpnet.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)
    other = config.network.model_copy(update={"recnet_width": 8})
    with pytest.raises(ConfigError, match=r"start_from\.recnet"):
        Trainer(config.model_copy(update={"network": other}))


def test_a_deeper_recnet_begins_with_a_shallower_one(dataset: Path, tmp_path: Path) -> None:
    shallow = GFRNetConfig(warpnet="none", recnet="residual", recnet_width=4)
    deep = shallow.model_copy(update={"recnet_depth": 2})
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0, network=shallow, flow_samples=0))
    first.run()
    parts = Parts(recnet=str(first.path))
    changes = {"network": deep, "flow_samples": 0, "start_from": parts}
    second = Trainer(tiny(dataset, tmp_path / "second", **changes)).network
    learnt = load_network(first.path).recnet.state_dict()
    begun = second.recnet.state_dict()
    assert all(torch.equal(value, begun[name]) for name, value in learnt.items())
    assert len(begun) > len(learnt)


def test_a_frozen_part_stays_as_it_began(dataset: Path, tmp_path: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    learnt = load_network(first.path)
    parts = Parts(warpnet=str(first.path), recnet=str(first.path))
    changes = {"start_from": parts, "frozen": frozenset({"warpnet"}), "flow_samples": 0}
    config = tiny(dataset, tmp_path / "second", **changes)
    Trainer(config).run()
    second = load_network(Trainer(config, resume=True).path)
    assert learnt.warpnet is not None
    assert second.warpnet is not None
    warpnet = second.warpnet.state_dict()
    assert all(torch.equal(value, warpnet[name]) for name, value in learnt.warpnet.state_dict().items())
    pairs = zip(learnt.recnet.parameters(), second.recnet.parameters(), strict=True)
    assert any(not torch.equal(a, b) for a, b in pairs)


def test_only_texturenet_learns_texture(dataset: Path, tmp_path: Path, vgg: Path) -> None:
    first = Trainer(tiny(dataset, tmp_path / "first", ema=0.0))
    first.run()
    learnt = load_network(first.path)
    changes = {"start_from": Parts(warpnet=str(first.path), recnet=str(first.path)), "frozen": RESTORING}
    network = first.config.network.model_copy(update={"texture_width": 4})
    config = everything(dataset, tmp_path / "second", vgg, network=network, flow_samples=0, **changes)
    local = config.perceptual.model_copy(update={"local": True})
    trainer = Trainer(config.model_copy(update={"perceptual": local}))
    assert trainer.network.texturenet is not None
    before = [parameter.clone() for parameter in trainer.network.texturenet.parameters()]
    trainer.run()
    textured = load_network(trainer.path)
    assert textured.texturenet is not None
    for name, value in learnt.state_dict().items():
        assert torch.equal(value, textured.state_dict()[name])
    after = textured.texturenet.parameters()
    assert all(not torch.equal(a, b) for a, b in zip(before, after, strict=True))


def test_texturenet_learns_without_a_warpnet(dataset: Path, tmp_path: Path) -> None:
    network = ["network.warpnet=none", "network.texture_width=4"]
    begun = tmp_path / "begun.safetensors"
    start = [f"start_from.recnet={begun}", "frozen=[recnet]", "flow_samples=0"]
    config = tiny(dataset, tmp_path / "run", *network, *start)
    save_safetensors(GFRNet(config.network), begun)
    trainer = Trainer(config)
    before = {name: value.clone() for name, value in trainer.network.state_dict().items()}
    trainer.step([channels_first(next(iter(trainer.loader())))])
    for name, value in trainer.network.state_dict().items():
        assert torch.equal(value, before[name]) is name.startswith("recnet"), name
