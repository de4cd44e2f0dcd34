"""Write a network as one ONNX file with half-precision weights, and open it as a network again."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import ModelProto, helper, numpy_helper
from torch import Tensor, nn
from torch.onnx import (  # type: ignore[attr-defined] # documented, but not listed as exported
    register_custom_op_symbolic,
    symbolic_helper,
    unregister_custom_op_symbolic,
)

from gfrnet import weights
from gfrnet.errors import ModelError
from gfrnet.files import check_regular
from gfrnet.nets import Network, NetworkShape, build_from, build_from_json
from gfrnet.nets.safetensors import CONFIG_KEY, SMALLEST_HALVED, halved, replacing
from gfrnet.runtime import needs_torch
from gfrnet.runtime.onnx import MOST_ONNX_BYTES
from gfrnet.runtime.pytorch import load_network
from gfrnet.work import Noted, unheard

OPSET = 18

TOLERANCE = 1e-3
"""Largest difference between ONNX Runtime and torch, on [-1, 1]."""


class _Exported(nn.Module):
    """Give a network the named inputs and outputs of the model file."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        gives = {"warped": network.config.warps, "flow": network.config.warps}
        gives["textured"] = network.config.textures
        self.inputs = ("degraded", "guide") if network.config.takes_guide else ("degraded",)
        self.outputs = ("restored", *(name for name, given in gives.items() if given))

    def forward(self, *pictures: Tensor) -> tuple[Tensor, ...]:
        result = self.network(*pictures)
        # Adding 0 gives each output a tensor, and so a name, of its own.
        return tuple(getattr(result, name) + 0 for name in self.outputs)


def export_onnx(network: Network, path: Path) -> float:
    """Write a network as ONNX with half-precision weights, and check it against torch.

    All values are float32 in [-1, 1], pictures (N, 3, 256, 256). The inputs are ``degraded`` and, if the
    network takes one, ``guide``. A network that fuses takes K guides a photo, (N * K, 3, 256, 256).

    The first output is ``restored``. A network that warps also gives ``warped`` and ``flow``
    (N, 2, 256, 256), one with a TextureNet also ``textured``. Only the stored weights are halved. ONNX
    Runtime widens them when it loads the model, and computes in float32.

    Returns:
        The largest difference between ONNX Runtime and torch with the same weights.

    Raises:
        ModelError: That difference is above 1e-3 or not a number; nothing is written then.
        WriteError: The folder is read-only or the disk is full.
    """
    rounded = _rounded(network)
    with replacing(path) as temporary:
        _trace(rounded, temporary)
        model = onnx.load(temporary)
        _halve_initializers(model)
        save_model(model, network.config, temporary)
        difference = parity(rounded, temporary)
        if isnan(difference):
            raise ModelError(
                "The network gives values that are not numbers, so it was not exported. Export an earlier "
                "checkpoint."
            )
        if difference > TOLERANCE:
            raise ModelError(
                f"ONNX Runtime differs from torch by {difference:.2g}, more than {TOLERANCE}, so the network "
                "was not exported. Install torch and ONNX Runtime in the versions of constraints.txt."
            )
    return difference


def open_network(name: str | Path, on_event: Callable[[Noted], None] = unheard) -> Network:
    """Open the torch network of an installed model, of an ONNX file, or of what `load_network` takes.

    Args:
        name: A name of the catalogue, or a path.
        on_event: Receives a `Noted` for each newer checkpoint that is passed over because it is broken.

    Raises:
        ModelError: It is none of these, broken, or an int8 model.
    """
    path = weights.find(name)
    return load_network(path, on_event) if needs_torch(path) else network_from_onnx(path)


def network_from_onnx(path: Path) -> Network:
    """Open the torch network of a file that `export_onnx` wrote, with exactly its weights.

    Raises:
        ModelError: The file is missing, broken, an int8 model, or was written by something else.
    """
    model = _load(path)
    if any(node.op_type == "DequantizeLinear" for node in model.graph.node):
        raise ModelError(
            f"{path} computes in int8, and its weights are rounded to that. Use the half-precision file that "
            "it was made from."
        )
    try:
        properties = {entry.key: entry.value for entry in model.metadata_props}
        network = build_from_json(properties[CONFIG_KEY])
        stored = {i.name.removesuffix(".half"): numpy_helper.to_array(i) for i in model.graph.initializer}
        state = {
            name: torch.from_numpy(stored[f"network.{name}"].astype(np.float32))
            if value.is_floating_point()
            else value
            for name, value in network.state_dict().items()
        }
        network.load_state_dict(state)
    except (KeyError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path} is not an exported model ({error}). Give one, a checkpoint or the folder of a run."
        ) from error
    return network.eval()


def parity(network: Network, path: Path) -> float:
    """Return the largest difference of the outputs between ONNX Runtime and torch, on two random pairs.

    A network that fuses is given each photo with both guides.
    """
    generator = torch.Generator().manual_seed(0)
    shape = (2, 3, network.config.size, network.config.size)
    coarse = torch.rand((2, 2, 3, 16, 16), generator=generator) * 2 - 1
    degraded, guide = (nn.functional.interpolate(c, shape[2:], mode="bicubic").clamp(-1, 1) for c in coarse)
    if network.config.fuses:
        guide = torch.cat((guide, guide.flip(0)))
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    exported = _Exported(network).eval()
    given = dict(zip(exported.inputs, (degraded, guide), strict=False))
    found = session.run(list(exported.outputs), {name: picture.numpy() for name, picture in given.items()})
    with torch.no_grad():
        wanted = exported(*given.values())
    return max(float(np.abs(f - w.numpy()).max()) for f, w in zip(found, wanted, strict=True))


def save_model(model: ModelProto, config: NetworkShape, path: Path) -> None:
    """Check a model, and write it with its network's config."""
    helper.set_model_props(model, {CONFIG_KEY: config.model_dump_json()})
    onnx.checker.check_model(model)
    onnx.save(model, path)


def _load(path: Path) -> ModelProto:
    try:
        check_regular(path, MOST_ONNX_BYTES)
        return onnx.load(path)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error}. Give an exported model.") from error
    except Exception as error:  # protobuf's decoding error has no public base
        raise ModelError(f"{path} is not an ONNX file ({error}). Give an exported model.") from error


def _rounded(network: Network) -> Network:
    """Return a copy of the network with weights rounded to half precision, as the file holds them."""
    copy = build_from(network.config.model_dump())
    copy.load_state_dict({name: halved(value) for name, value in network.state_dict().items()})
    return copy.eval()


def _trace(network: Network, path: Path) -> None:
    size = network.config.size
    pictures = torch.zeros(1, 3, size, size)
    exported = _Exported(network).eval()
    with warnings.catch_warnings(), _fast_operators():
        # The exporter warns that it is old, but the newer one gives this network other values.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            exported,
            (pictures,) * len(exported.inputs),
            str(path),
            input_names=list(exported.inputs),
            output_names=list(exported.outputs),
            dynamic_axes={name: {0: "N"} for name in exported.inputs + exported.outputs}
            | ({"guide": {0: "N * K"}} if network.config.fuses else {}),
            opset_version=OPSET,
            do_constant_folding=False,
            keep_initializers_as_inputs=False,
            dynamo=False,
        )


@contextmanager
def _fast_operators() -> Iterator[None]:
    """Export operators that are slow in ONNX Runtime as equal ones that are fast."""
    replaced: dict[str, Callable[..., Any]] = {
        "aten::pixel_unshuffle": _pixel_unshuffle,
        "aten::grid_sampler": _grid_sampler,
    }
    for name, function in replaced.items():
        register_custom_op_symbolic(name, function, OPSET)
    try:
        yield
    finally:
        for name in replaced:
            unregister_custom_op_symbolic(name, OPSET)


@symbolic_helper.parse_args("v", "i")
def _pixel_unshuffle(g: Any, pictures: Any, factor: int) -> Any:  # noqa: ANN401 - the exporter has no types
    """Export as a convolution, which is faster than a large transpose.

    Each of its output channels is one pixel of a block.
    """
    channels = _size(g, pictures, 1)
    count = channels * factor**2
    kernel = g.op("Constant", value_t=torch.eye(count).reshape(count, channels, factor, factor))
    return g.op("Conv", pictures, kernel, strides_i=[factor, factor])


@symbolic_helper.parse_args("v", "v", "i", "i", "b")
def _grid_sampler(g: Any, pictures: Any, places: Any, mode: int, padding: int, align_corners: bool) -> Any:  # noqa: ANN401
    """Export the sampling of `nets.warp` as the one kind that is fast in ONNX Runtime.

    The fast kind takes zeros outside the picture, and its -1 and 1 are the picture's edges, not pixel
    centres. So places are clipped to the picture first, then drawn in by half a pixel.
    """
    if (mode, padding, align_corners) != (0, 1, True):
        raise ValueError("Only bilinear sampling with the border's values and aligned corners is exported.")
    size = _size(g, pictures, 3)
    lowest, highest = (g.op("Constant", value_t=torch.tensor(value)) for value in (-1.0, 1.0))
    drawn_in = g.op("Constant", value_t=torch.tensor((size - 1) / size))
    inside = g.op("Mul", g.op("Clip", places, lowest, highest), drawn_in)
    return g.op("GridSample", pictures, inside, mode_s="bilinear", padding_mode_s="zeros", align_corners_i=0)


def _size(g: Any, pictures: Any, axis: int) -> int:  # noqa: ANN401
    """Return a size of an operator's first input.

    Some sizes are known only in the graph of torch, some only in the graph of ONNX.
    """
    known = (value.type().varyingSizes() or () for value in (pictures, next(g.original_node.inputs())))
    sizes: list[int] = [shape[axis] for shape in known if shape and shape[axis] is not None]
    return sizes[0]


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
