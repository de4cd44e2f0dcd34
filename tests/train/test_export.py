from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig
from gfrnet.runtime import OnnxRuntime
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.train import export_onnx, network_from_onnx, parity
from gfrnet.weights import MODELS

CONFIGS = {
    "slim": GFRNetConfig(warpnet="matching", recnet="detail", warpnet_width=4, recnet_width=4),
    "pyramid": GFRNetConfig(warpnet="pyramid", recnet="detail", warpnet_width=4, recnet_width=4),
    "paper": GFRNetConfig(warpnet_width=4, recnet_width=4),
    "no guide": GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4, guided=False),
}


def network(name: str) -> GFRNet:
    torch.manual_seed(1)
    made = GFRNet(CONFIGS[name])
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return made.eval()


@pytest.mark.parametrize("name", CONFIGS)
def test_onnx_equals_torch_at_any_batch(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    assert export_onnx(network(name), path) < 1e-3
    rng = np.random.default_rng(0)
    for number in (1, 3):
        faces = rng.uniform(-1, 1, (2, number, 256, 256, 3)).astype(np.float32)
        found, wanted = OnnxRuntime(path).run(*faces), TorchRuntime(network(name)).run(*faces)
        np.testing.assert_allclose(found.restored, wanted.restored, atol=0.02)
        assert found.flow.shape == wanted.flow.shape == (number, 256, 256, 2)


def test_weights_are_stored_in_half_precision(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    model = network("slim")
    export_onnx(model, path)
    large = [i for i in onnx.load(path).graph.initializer if np.prod(i.dims) >= 64]
    assert large
    assert all(i.data_type == onnx.TensorProto.FLOAT16 for i in large)


def test_a_file_becomes_the_same_network_again(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export_onnx(network("slim"), path)
    again = network_from_onnx(path)
    assert again.config == CONFIGS["slim"]
    assert parity(again, path) < 1e-3
    for name, value in network("slim").state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_shipped_model_equals_torch(model: object) -> None:
    path = model.path  # type: ignore[attr-defined]
    assert parity(network_from_onnx(path), path) < 1e-3
    assert path.stat().st_size <= 30e6


def test_other_files_are_refused(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="gfrnet export"):
        network_from_onnx(tiny_model)
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match="not an ONNX file"):
        network_from_onnx(tmp_path / "text.onnx")


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    broken = network("slim")
    with torch.no_grad():
        next(broken.recnet.parameters()).fill_(float("nan"))
    with pytest.raises(ModelError, match="not exported"):
        export_onnx(broken, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
