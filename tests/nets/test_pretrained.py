import json
import os
import stat
from pathlib import Path

import pytest
import safetensors.torch
import torch
from huggingface_hub import ModelCard

from gfrnet.errors import ModelError, WriteError
from gfrnet.nets import GFRNet, GFRNetConfig, load_safetensors, save_safetensors

CONFIGS = {
    "slim": GFRNetConfig(warpnet="matching", recnet="detail", warpnet_width=4, recnet_width=4),
    "pyramid": GFRNetConfig(warpnet="pyramid", recnet="detail", warpnet_width=4, recnet_width=4),
    "paper": GFRNetConfig(warpnet_width=4, recnet_width=4),
    "no guide": GFRNetConfig(warpnet="none", recnet_width=4, guided=False),
}


def network(name: str = "slim") -> GFRNet:
    torch.manual_seed(3)
    # As the trainer has it: safetensors alone would refuse such tensors.
    return GFRNet(CONFIGS[name]).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def equal(one: GFRNet, other: GFRNet) -> bool:
    states = one.state_dict(), other.state_dict()
    return list(states[0]) == list(states[1]) and all(
        torch.equal(value, states[1][name]) for name, value in states[0].items()
    )


@pytest.mark.parametrize("name", CONFIGS)
def test_a_saved_network_comes_back_bit_for_bit(name: str, tmp_path: Path) -> None:
    made = network(name)
    made.save_pretrained(tmp_path)
    again = GFRNet.from_pretrained(tmp_path)
    assert again.config == made.config
    assert equal(again, made)
    assert not again.training


def test_the_hub_gets_weights_config_and_card(tmp_path: Path) -> None:
    # push_to_hub uploads what save_pretrained writes.
    network().save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", "config.json", "model.safetensors"}
    assert GFRNetConfig.model_validate(json.loads((tmp_path / "config.json").read_text())) == CONFIGS["slim"]
    card = ModelCard.load(tmp_path / "README.md")
    assert (card.data.library_name, card.data.license) == ("gfrnet", "other")
    assert "face-restoration" in (card.data.tags or [])
    assert "GFRNet.from_pretrained" in card.text


def test_the_file_holds_the_config_of_its_network(tmp_path: Path) -> None:
    made = network("paper")
    save_safetensors(made, tmp_path / "new" / "model.safetensors")
    again = load_safetensors(tmp_path / "new" / "model.safetensors")
    assert again.config == made.config
    assert equal(again, made)


def test_half_precision_is_half_as_large_and_nearly_equal(tmp_path: Path) -> None:
    made, whole, half = network(), tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    save_safetensors(made, whole)
    save_safetensors(made, half, half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    again = load_safetensors(half).state_dict()
    for name, value in made.state_dict().items():
        torch.testing.assert_close(again[name], value, atol=1e-3, rtol=1e-3)


def test_pickled_weights_are_not_read(tmp_path: Path) -> None:
    network().save_pretrained(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    torch.save(network().state_dict(), tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickled weights are never read"):
        GFRNet.from_pretrained(tmp_path)


def test_unknown_names_are_refused(tmp_path: Path) -> None:
    for name in (tmp_path / "none", "someone/no-such-network"):
        with pytest.raises(ModelError, match=r"no folder or repository with model\.safetensors"):
            GFRNet.from_pretrained(name, local_files_only=True)


def test_broken_and_foreign_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    for write, message in (
        (lambda: path.write_text("no model"), "not a safetensors file"),
        (lambda: safetensors.torch.save_file({"a": torch.zeros(3)}, path), "does not hold the config"),
        (lambda: save_safetensors(network(), path), None),
    ):
        write()
        if message:
            with pytest.raises(ModelError, match=message):
                load_safetensors(path)
    data = path.read_bytes()
    path.write_bytes(data[:-100])
    with pytest.raises(ModelError, match="or a broken one"):
        load_safetensors(path)
    path.write_bytes(data.replace(b'\\"recnet_width\\":4', b'\\"recnet_width\\":5'))
    with pytest.raises(ModelError, match="weights and config do not fit"):
        load_safetensors(path)


def test_files_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    save_safetensors(network(), path)
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~umask
    with pytest.raises(WriteError, match="choose another output"):
        save_safetensors(network(), path / "below.safetensors")
    assert [found.name for found in tmp_path.iterdir()] == ["model.safetensors"]
