"""Export a tiny network in int8 and run it on the real ONNX Runtime."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from gfrnet.data import read_manifest
from gfrnet.errors import DataError, ModelError
from gfrnet.nets import GFRNet, GFRNetConfig
from gfrnet.runtime import OnnxRuntime
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.train import Int8Cost, export_int8, export_onnx, network_from_onnx, quantize

TINY = GFRNetConfig(warpnet="pyramid", recnet="detail", warpnet_width=4, recnet_width=4)


@pytest.fixture(scope="module")
def network() -> GFRNet:
    torch.manual_seed(1)
    return GFRNet(TINY).eval()


@pytest.fixture(scope="module", autouse=True)
def few_pairs() -> Iterator[None]:
    """Take as many pairs as a test has time for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantize, "CALIBRATED", 4)
        patch.setattr(quantize, "CHECKED", 2)
        yield


@pytest.fixture(scope="module")
def exported(
    few_pairs: None, network: GFRNet, dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Int8Cost]:
    path = tmp_path_factory.mktemp("int8") / "tiny.onnx"
    return path, export_int8(network, path, read_manifest(dataset))


def test_every_convolution_but_the_sorting_of_pixels_has_weights_in_int8(
    exported: tuple[Path, Int8Cost],
) -> None:
    model = onnx.load(exported[0])
    assert [(operators.domain, operators.version) for operators in model.opset_import] == [("", 18)]
    graph = model.graph
    stored = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    source = {output: node for node in graph.node for output in node.output}
    convolutions = [node for node in graph.node if node.op_type == "Conv"]
    sorting, entrance = (node for node in convolutions if "recnet/enter" in node.name)
    assert stored[sorting.input[1]].dtype == np.float32
    assert source[sorting.input[0]].op_type != "DequantizeLinear"
    convolutions.remove(sorting)
    assert entrance in convolutions
    for node in convolutions:
        weights, scales = (stored[name] for name in source[node.input[1]].input[:2])
        assert weights.dtype == np.int8
        assert np.abs(weights.astype(int)).max() <= 64
        assert scales.shape == weights.shape[:1]
        assert source[node.input[0]].op_type == "DequantizeLinear"


def test_a_halved_guide_with_doubled_weights_gives_the_same_result(network: GFRNet, tmp_path: Path) -> None:
    path = tmp_path / "prepared.onnx"
    export_onnx(network, tmp_path / "exact.onnx")
    quantize.prepare(tmp_path / "exact.onnx", path, network.config)
    graph = onnx.load(path).graph
    kernels = {i.name: onnx.numpy_helper.to_array(i) for i in graph.initializer}
    (sorting,) = (kernels[node.input[1]] for node in graph.node if "recnet/enter/enter.0/Conv" in node.name)
    assert set(np.unique(sorting)) == {0.0, 0.5, 1.0}
    rng = np.random.default_rng(0)
    small = rng.uniform(-1, 1, (2, 1, 16, 16, 3)).astype(np.float32)
    faces = small.repeat(16, 2).repeat(16, 3)
    found, wanted = OnnxRuntime(path).run(*faces), TorchRuntime(network).run(*faces)
    np.testing.assert_allclose(found.restored, wanted.restored, atol=2e-3)


def test_it_is_close_to_float_at_any_batch(exported: tuple[Path, Int8Cost], network: GFRNet) -> None:
    path, cost = exported
    runtime = OnnxRuntime(path, threads=1)
    rng = np.random.default_rng(0)
    small = rng.uniform(-1, 1, (2, 3, 16, 16, 3)).astype(np.float32)
    faces = small.repeat(16, 2).repeat(16, 3)
    found, wanted = runtime.run(*faces), TorchRuntime(network).run(*faces)
    assert np.abs(found.restored - wanted.restored).max() < 0.1
    assert 0 < np.abs(found.flow - wanted.flow).max() < 0.05
    assert cost.pairs == 2
    assert cost.int8 == pytest.approx(cost.exact, abs=0.1)
    assert 10 < cost.exact < 40


def test_the_same_data_give_the_same_file(
    exported: tuple[Path, Int8Cost], network: GFRNet, dataset: Path, tmp_path: Path
) -> None:
    again = tmp_path / "again.onnx"
    assert export_int8(network, again, read_manifest(dataset)) == exported[1]
    assert again.read_bytes() == exported[0].read_bytes()


def test_an_int8_file_cannot_become_a_network(exported: tuple[Path, Int8Cost]) -> None:
    with pytest.raises(ModelError, match="half-precision file that it was made from"):
        network_from_onnx(exported[0])


def test_people_with_one_photo_cannot_calibrate(network: GFRNet, dataset: Path, tmp_path: Path) -> None:
    guides = [portrait for portrait in read_manifest(dataset) if portrait.role == "guide"]
    with pytest.raises(DataError, match="two photos"):
        export_int8(network, tmp_path / "model.onnx", guides)
    assert not list(tmp_path.iterdir())
