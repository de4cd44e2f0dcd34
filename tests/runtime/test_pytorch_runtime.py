from pathlib import Path

import numpy as np
import pytest
import torch

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.runtime.pytorch import TorchRuntime, load_network

CONFIG = GFRNetConfig(warpnet="matching", recnet="detail", warpnet_width=4, recnet_width=4)


def network(seed: int) -> GFRNet:
    torch.manual_seed(seed)
    return GFRNet(CONFIG).eval()


def write_checkpoint(folder: Path, samples: int) -> Path:
    """Write those parts of a checkpoint that are read, with the weights of `network(samples)`."""
    path = folder / f"checkpoint-{samples:09d}.pt"
    values = {"config": {"network": CONFIG.model_dump()}, "averaged": network(samples).state_dict()}
    torch.save(values, path)
    return path


def is_network(found: GFRNet, seed: int) -> bool:
    wanted = network(seed).state_dict()
    return all(torch.equal(value, wanted[name]) for name, value in found.state_dict().items())


def test_every_kind_of_torch_model_is_opened(tmp_path: Path) -> None:
    save_safetensors(network(2), tmp_path / "model.safetensors")
    network(3).save_pretrained(tmp_path / "saved")
    assert is_network(load_network(write_checkpoint(tmp_path, 1)), 1)
    assert is_network(load_network(tmp_path / "model.safetensors"), 2)
    assert is_network(load_network(tmp_path / "saved"), 3)


def test_a_run_gives_its_newest_checkpoint_that_can_be_read(tmp_path: Path) -> None:
    for samples in (9_000, 12_000, 100_000):
        newest = write_checkpoint(tmp_path, samples)
    assert is_network(load_network(tmp_path), 100_000)
    newest.write_bytes(newest.read_bytes()[:5000])
    remarks: list[str] = []
    assert is_network(load_network(tmp_path, lambda event: remarks.append(event.text)), 12_000)
    assert [newest.name in remark for remark in remarks] == [True]


def test_files_without_a_network_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("no checkpoint")
    for path, message in (
        (tmp_path / "none.pt", "cannot be read"),
        (tmp_path / "text.pt", "not a checkpoint"),
        (tmp_path, r"holds no model: .* Give the folder of a run, or a model file\.$"),
    ):
        with pytest.raises(ModelError, match=message):
            load_network(path)
    write_checkpoint(tmp_path, 5).write_bytes(b"cut short")
    with pytest.raises(ModelError, match="checkpoint-000000005"):
        load_network(tmp_path)


def test_pictures_are_channels_last() -> None:
    faces = np.random.default_rng(0).uniform(-1, 1, (2, 1, 256, 256, 3)).astype(np.float32)
    found = TorchRuntime(network(1)).run(*faces)
    assert found.restored.shape == found.warped.shape == (1, 256, 256, 3)
    with torch.no_grad():
        wanted = network(1)(*torch.from_numpy(np.moveaxis(faces, -1, 2).copy()))
    for name in ("restored", "warped", "flow"):
        channels_last = np.moveaxis(getattr(wanted, name).numpy(), 1, -1)
        np.testing.assert_allclose(getattr(found, name), channels_last, atol=1e-4, err_msg=name)
