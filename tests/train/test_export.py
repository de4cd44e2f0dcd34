from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig
from gfrnet.runtime import OnnxRuntime
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.train import export_onnx, network_from_onnx, parity
from gfrnet.weights import find

CONFIGS = {
    "slim": GFRNetConfig(warpnet="matching", recnet="detail", warpnet_width=4, recnet_width=4),
    "pyramid": GFRNetConfig(warpnet="pyramid", recnet="detail", warpnet_width=4, recnet_width=4),
    "paper": GFRNetConfig(warpnet_width=4, recnet_width=4),
    "textured": GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4, texture_width=4
    ),
    "attention": GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4, guide_attention=True
    ),
    "fusion": GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=8, guide_fusion=True
    ),
    "no guide": GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4, guided=False),
}


def network(name: str) -> GFRNet:
    torch.manual_seed(1)
    made = GFRNet(CONFIGS[name])
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return made.eval()


@pytest.fixture(scope="module")
def slim_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("slim") / "model.onnx"
    export_onnx(network("slim"), path)
    return path


@pytest.mark.parametrize("name", CONFIGS)
def test_onnx_equals_torch_at_any_batch(name: str, tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    assert export_onnx(network(name), path) < 1e-3
    rng = np.random.default_rng(0)
    for number in (1, 3):
        faces = rng.uniform(-1, 1, (2, number, 256, 256, 3)).astype(np.float32)
        runtimes = OnnxRuntime(path), TorchRuntime(network(name))
        found, wanted = (runtime.run(*faces, texture=True) for runtime in runtimes)
        np.testing.assert_allclose(found.restored, wanted.restored, atol=0.02)
        if CONFIGS[name].warps:
            assert found.flow.shape == wanted.flow.shape == (number, 256, 256, 2)
            assert found.warped.shape == wanted.warped.shape == (number, 256, 256, 3)
        else:
            assert found.flow is wanted.flow is found.warped is wanted.warped is None
        assert (found.textured is None) == (wanted.textured is None) == (name != "textured")
        for runtime, whole in zip(runtimes, (found, wanted), strict=True):
            plain = runtime.run(*faces)
            assert plain.textured is None
            np.testing.assert_allclose(plain.restored, whole.restored, atol=1e-5)


def test_a_network_that_fuses_takes_any_number_of_guides(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    export_onnx(network("fusion"), path)
    runtimes = OnnxRuntime(path), TorchRuntime(network("fusion"))
    assert [runtime.fuses for runtime in runtimes] == [True, True]
    rng = np.random.default_rng(0)
    for faces, guides in ((1, 5), (10, 20)):
        degraded, given = (
            rng.uniform(-1, 1, (count, 256, 256, 3)).astype(np.float32) for count in (faces, guides)
        )
        found, wanted = (runtime.run(degraded, given) for runtime in runtimes)
        np.testing.assert_allclose(found.restored, wanted.restored, atol=0.02)
        assert found.flow.shape == (*found.warped.shape[:3], 2) == (faces, 256, 256, 2)
    for runtime in runtimes:
        with pytest.raises(ValueError, match="the same number of guides for every face: 2 faces came with 3"):
            runtime.run(given[:2], given[:3])


def test_weights_are_stored_in_half_precision(slim_file: Path) -> None:
    large = [i for i in onnx.load(slim_file).graph.initializer if np.prod(i.dims) >= 64]
    assert large
    assert all(i.data_type == onnx.TensorProto.FLOAT16 for i in large)


def test_a_file_becomes_the_same_network_again(slim_file: Path) -> None:
    again = network_from_onnx(slim_file)
    assert again.config == CONFIGS["slim"]
    assert parity(again, slim_file) < 1e-3
    for name, value in network("slim").state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value, atol=1e-3, rtol=1e-3)


def test_the_shipped_model_equals_torch() -> None:
    path = find("gfrnet-slim")
    assert parity(network_from_onnx(path), path) < 1e-3


def test_slow_operators_are_exported_as_fast_ones(slim_file: Path) -> None:
    nodes = onnx.load(slim_file).graph.node
    warps = [{a.name: a for a in node.attribute} for node in nodes if node.op_type == "GridSample"]
    assert len(warps) == 3
    assert all((w["align_corners"].i, w["padding_mode"].s) == (0, b"zeros") for w in warps)
    assert max(len(a.ints) for node in nodes if node.op_type == "Transpose" for a in node.attribute) == 4


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_other_exports_are_as_they_were(slim_file: Path, tmp_path: Path) -> None:
    path = tmp_path / "unshuffled.onnx"
    torch.onnx.export(nn.PixelUnshuffle(2), (torch.zeros(1, 3, 4, 4),), path, dynamo=False)
    assert "Conv" not in [node.op_type for node in onnx.load(path).graph.node]


def test_places_outside_take_the_border_as_in_torch(tmp_path: Path) -> None:
    made = network("slim")
    with torch.no_grad():
        made.warpnet.match32.head[-1].bias.copy_(torch.tensor((20.0, -12.0)))  # 0.6 to the right, 0.4 up
    assert export_onnx(made, tmp_path / "model.onnx") < 1e-3
    faces = np.zeros((1, 256, 256, 3), np.float32)
    flow = OnnxRuntime(tmp_path / "model.onnx").run(faces, faces).flow
    assert (flow == (1, -1)).all(-1).mean() > 0.03


def test_other_files_are_refused(tmp_path: Path, tiny_model: Path) -> None:
    with pytest.raises(ModelError, match="not an exported model"):
        network_from_onnx(tiny_model)
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"not an ONNX file .*\. Give an exported model"):
        network_from_onnx(tmp_path / "text.onnx")


def test_a_failed_export_leaves_nothing(tmp_path: Path) -> None:
    broken = network("slim")
    with torch.no_grad():
        next(broken.recnet.parameters()).fill_(float("nan"))
    with pytest.raises(ModelError, match=r"not exported\. Export an earlier checkpoint"):
        export_onnx(broken, tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
