from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, Network, build, build_from, load_safetensors, save_safetensors
from gfrnet.nets.compared import SRCNN, SRCNNConfig
from gfrnet.nets.safetensors import CONFIG_KEY, write_weights

NARROW = {"warpnet": "none", "recnet": "detail", "recnet_width": 4}


def test_the_kind_decides_what_is_built() -> None:
    assert isinstance(build_from({"kind": "srcnn"}), SRCNN)
    assert isinstance(build_from({"kind": "gfrnet", **NARROW}), GFRNet)
    assert isinstance(build(SRCNNConfig(kind="srcnn", middle=1)), SRCNN)


def test_a_config_without_a_kind_builds_a_gfrnet() -> None:
    assert build_from(NARROW).config == GFRNetConfig.model_validate(NARROW)


@pytest.mark.parametrize("wrong", [{"kind": "vdsr9"}, {"kind": "srcnn", "recnet_width": 4}, {"middle": 1}, 3])
def test_a_config_of_no_network_is_refused(wrong: object) -> None:
    with pytest.raises(ValidationError):
        build_from(wrong)


@pytest.mark.parametrize("config", [{"kind": "srcnn"}, NARROW], ids=["srcnn", "gfrnet"])
def test_every_kind_is_stored_and_opened_again(config: dict[str, object], tmp_path: Path) -> None:
    network = build_from(config)
    save_safetensors(network, tmp_path / "model.safetensors")
    again = load_safetensors(tmp_path / "model.safetensors")
    assert type(again) is type(network)
    assert again.config == network.config
    for name, value in network.state_dict().items():
        assert torch.equal(again.state_dict()[name], value)


def test_a_file_that_names_no_kind_still_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = build_from(NARROW)
    older = json.dumps(network.config.model_dump(exclude={"kind"}))
    monkeypatch.setattr(GFRNetConfig, "model_dump_json", lambda _: older)
    write_weights(network.config, network.state_dict(), tmp_path / "model.safetensors", half=False)
    monkeypatch.undo()
    assert "kind" not in older
    assert CONFIG_KEY.encode() in (tmp_path / "model.safetensors").read_bytes()
    assert load_safetensors(tmp_path / "model.safetensors").config == network.config


def test_from_pretrained_refuses_networks_of_another_kind(tmp_path: Path) -> None:
    save_safetensors(build_from({"kind": "srcnn"}), tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="does not hold the config"):
        GFRNet.from_pretrained(tmp_path)


@pytest.mark.parametrize("config", [{"kind": "srcnn"}, NARROW, NARROW | {"guided": False}])
def test_a_network_gives_what_its_config_says(config: dict[str, object]) -> None:
    network: Network = build_from(config).eval()
    picture = torch.rand(1, 3, 256, 256) * 2 - 1
    with torch.no_grad():
        result = network(picture, picture)
    assert result.restored.shape == (1, 3, 256, 256)
    assert (result.flow is not None, result.warped is not None) == (network.config.warps,) * 2
    assert (result.textured is not None) == network.config.textures
    assert network.flows(picture, picture) == []
