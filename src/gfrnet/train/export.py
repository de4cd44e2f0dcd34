"""A network as one ONNX file, warp included, its weights in half precision; and back again."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import ModelProto, helper, numpy_helper
from pydantic import ValidationError
from torch import Tensor, nn

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig
from gfrnet.nets.safetensors import CONFIG_KEY, SMALLEST_HALVED, halved, replacing

OPSET = 18

TOLERANCE = 1e-3
"""Largest difference between ONNX Runtime and torch, on [-1, 1]."""


class _Exported(nn.Module):
    """The interface of the model file: two pictures in, (restored, warped, flow) out."""

    def __init__(self, network: GFRNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, degraded: Tensor, guide: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        result = self.network(degraded, guide)
        # Adding nothing gives an unwarped guide a name of its own among the outputs.
        return result.restored, result.warped + 0, result.flow + 0


def export_onnx(network: GFRNet, path: Path) -> float:
    """Write a network as ONNX with half-precision weights and check it against torch.

    Inputs ``degraded`` and ``guide`` (N, 3, 256, 256), outputs ``restored``, ``warped`` (N, 3, 256, 256)
    and ``flow`` (N, 2, 256, 256), float32 in [-1, 1]. Only the stored weights are halved; ONNX Runtime
    widens them when it loads the model, and computes in float32.

    Returns:
        The largest difference between ONNX Runtime and torch with the same weights.

    Raises:
        ModelError: That difference is above 1e-3; nothing is written then.
        WriteError: The folder is read-only or the disk is full.
    """
    rounded = _rounded(network)
    with replacing(path) as temporary:
        _trace(rounded, temporary)
        model = onnx.load(temporary)
        _halve_initializers(model)
        helper.set_model_props(model, {CONFIG_KEY: network.config.model_dump_json()})
        onnx.checker.check_model(model)
        onnx.save(model, temporary)
        difference = parity(rounded, temporary)
        if not difference <= TOLERANCE:
            raise ModelError(
                f"ONNX Runtime differs from torch by {difference:.2g}, more than {TOLERANCE}; not exported."
            )
    return difference


def network_from_onnx(path: Path) -> GFRNet:
    """The torch network of a file that `export_onnx` wrote, with exactly its weights.

    Raises:
        ModelError: The file is missing, broken or was written by something else.
    """
    try:
        model = onnx.load(path)
        properties = {entry.key: entry.value for entry in model.metadata_props}
        network = GFRNet(GFRNetConfig.model_validate(json.loads(properties[CONFIG_KEY])))
        stored = {i.name.removesuffix(".half"): numpy_helper.to_array(i) for i in model.graph.initializer}
        state = {
            name: torch.from_numpy(stored[f"network.{name}"].astype(np.float32))
            if value.is_floating_point()
            else value
            for name, value in network.state_dict().items()
        }
        network.load_state_dict(state)
    except (OSError, KeyError, ValueError, ValidationError, RuntimeError) as error:
        raise ModelError(f"{path} is not a model that `gfrnet export` wrote: {error}") from error
    except Exception as error:  # protobuf's decoding error has no public base
        raise ModelError(f"{path} is not an ONNX file: {error}") from error
    return network.eval()


def parity(network: GFRNet, path: Path) -> float:
    """Largest difference of the three outputs between ONNX Runtime and torch, on two random pairs."""
    generator = torch.Generator().manual_seed(0)
    shape = (2, 3, network.config.size, network.config.size)
    coarse = torch.rand((2, 2, 3, 16, 16), generator=generator) * 2 - 1
    degraded, guide = (nn.functional.interpolate(c, shape[2:], mode="bicubic").clamp(-1, 1) for c in coarse)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(
        ["restored", "warped", "flow"], {"degraded": degraded.numpy(), "guide": guide.numpy()}
    )
    with torch.no_grad():
        wanted = _Exported(network).eval()(degraded, guide)
    return max(float(np.abs(f - w.numpy()).max()) for f, w in zip(found, wanted, strict=True))


def _rounded(network: GFRNet) -> GFRNet:
    """A copy of the network whose weights are rounded to half precision, as the file will hold them."""
    copy = GFRNet(network.config)
    copy.load_state_dict({name: halved(value) for name, value in network.state_dict().items()})
    return copy.eval()


def _trace(network: GFRNet, path: Path) -> None:
    size = network.config.size
    pictures = torch.zeros(1, 3, size, size)
    names = ("degraded", "guide")
    outputs = ("restored", "warped", "flow")
    with warnings.catch_warnings():
        # The exporter remarks on its own age; the newer one gives this network other values.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Exported(network).eval(),
            (pictures, pictures),
            str(path),
            input_names=list(names),
            output_names=list(outputs),
            dynamic_axes={name: {0: "N"} for name in names + outputs},
            opset_version=OPSET,
            do_constant_folding=False,
            keep_initializers_as_inputs=False,
            dynamo=False,
        )


def _halve_initializers(model: ModelProto) -> None:
    """Store the large weights as float16, each followed by a cast to float32."""
    casts = []
    for initializer in model.graph.initializer:
        values = numpy_helper.to_array(initializer)
        if values.dtype != np.float32 or values.ndim < 2 or values.size < SMALLEST_HALVED:
            continue
        name = initializer.name
        initializer.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)
