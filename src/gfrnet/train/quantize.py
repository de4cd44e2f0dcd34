"""Write a network as an ONNX file whose convolutions compute in int8: half as large, and faster."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
from onnx import helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from gfrnet import images
from gfrnet.data import Guides, Portrait, Sample, SampleOptions, Samples
from gfrnet.metrics import psnr
from gfrnet.nets import Network, NetworkShape
from gfrnet.nets.safetensors import replacing
from gfrnet.runtime import OnnxRuntime
from gfrnet.train.export import OPSET, export_onnx, save_model
from gfrnet.types import FloatArray

CALIBRATED = 48
"""Pairs whose activations fix the range of each activation."""

AT_ONCE = 4
"""Pairs whose activations are in memory together; a divisor of `CALIBRATED`."""

CHECKED = 24
"""Pairs after those, on which both models are compared."""

KEPT = 99.999
"""Percent of an activation's values in its range: the few beyond would make every int8 step wider."""

GUIDES = Guides(none=0.15)
"""Guide with another photo of the person or, by chance, with none. The ranges must fit both cases."""

ENTRANCE, UNSHUFFLING = "/recnet/enter/", "/recnet/enter/enter.0/"
"""Parts of the names of the operators through which pictures enter RecNet, and of the first of these.

The first one only sorts pixels. It stays float, because int8 would make it no faster.
"""

HEAVY = 0.5
"""Share of pairs that are degraded by a factor of 4 to 8 instead of 1 to 8."""


@dataclass(frozen=True)
class Int8Cost:
    """Hold what int8 costs, measured on other pairs than those that calibrate.

    Attributes:
        exact: Mean PSNR of the half-precision model, dB.
        int8: Mean PSNR of the int8 model, dB.
        pairs: Number of pairs measured.
    """

    exact: float
    int8: float
    pairs: int


def export_int8(network: Network, path: Path, portraits: Sequence[Portrait]) -> Int8Cost:
    """Write a network as ONNX whose convolutions compute in int8, and measure what that costs.

    Inputs and outputs are those of `export_onnx`. Convolutions have weights of int8, with a scale for each
    channel, and activations of uint8. All else stays float: flow and warp, and the paper's transposed
    convolutions.

    The range of an activation holds `KEPT` percent of its values on `CALIBRATED` pairs of the data set. The
    pairs are blindly degraded, and guided by another photo of the person or by none. One data set always
    gives the same pairs.

    Weights use seven of their eight bits. Processors without VNNI add pairs of products in 16 bits, which
    would overflow with eight.

    Args:
        network: The network.
        path: The file.
        portraits: Faces to calibrate and to measure on.

    Raises:
        DataError: Nobody has two photos.
        ImageError: A crop cannot be read.
        ModelError: The network cannot be exported in float; nothing is written then.
        WriteError: The folder is read-only or the disk is full.
    """
    pairs = Samples(portraits, GUIDES, SampleOptions(heavy=HEAVY))
    with replacing(path) as temporary, TemporaryDirectory() as folder:
        exact, folded = Path(folder) / "exact.onnx", Path(folder) / "folded.onnx"
        export_onnx(network, exact)
        prepare(exact, folded, network.config)
        with redirect_stdout(StringIO()):  # ONNX Runtime prints its steps.
            quantize_static(
                folded,
                temporary,
                _Calibration(pairs, network.config.takes_guide),
                op_types_to_quantize=["Conv"],
                nodes_to_exclude=[n.name for n in onnx.load(folded).graph.node if UNSHUFFLING in n.name],
                per_channel=True,
                reduce_range=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                calibrate_method=CalibrationMethod.Percentile,
                # CalibStridedMinMax also limits how many pairs a percentile calibration keeps in memory.
                extra_options={"CalibPercentile": KEPT, "CalibStridedMinMax": AT_ONCE},
            )
        _finish(temporary, network.config)
        samples = [pairs[CALIBRATED + index] for index in range(CHECKED)]
        return Int8Cost(_mean_psnr(exact, samples), _mean_psnr(temporary, samples), CHECKED)


def prepare(exact: Path, folded: Path, config: NetworkShape) -> None:
    """Rewrite a float model so that it loses less in int8; in float it gives the same.

    The guide enters RecNet at half its values, and the first layer's weights for it are doubled. A guide
    whose colours are matched reaches almost twice [-1, 1]. The photo shares its range, and would be left
    with half of the 256 values.
    """
    quant_pre_process(exact, folded, skip_symbolic_shape=True)
    model = onnx.load(folded)
    stored = {initializer.name: initializer for initializer in model.graph.initializer}
    for node in model.graph.node:
        if config.takes_guide and node.op_type == "Conv" and ENTRANCE in node.name:
            kernel = stored[node.input[1]]
            values = numpy_helper.to_array(kernel).copy()
            if UNSHUFFLING in node.name:
                values[len(values) // 2 :] /= 2
            else:
                values[:, values.shape[1] // 2 :] *= 2
            kernel.CopyFrom(numpy_helper.from_array(values, kernel.name))
    onnx.save(model, folded)


def _finish(path: Path, config: NetworkShape) -> None:
    """Add the network's config, and keep only the standard operator set; ONNX Runtime lists all it knows."""
    model = onnx.load(path)
    del model.opset_import[:]
    model.opset_import.append(helper.make_opsetid("", OPSET))
    save_model(model, config, path)


class _Calibration(CalibrationDataReader):  # type: ignore[misc] # ONNX Runtime has no types
    """Give the pictures of `CALIBRATED` pairs as ONNX Runtime asks for them: a pair a call, then None."""

    def __init__(self, pairs: Samples, guided: bool) -> None:
        self._pairs, self._guided = pairs, guided
        self._feeds = _feeds(pairs, range(CALIBRATED), guided)

    def __len__(self) -> int:
        return CALIBRATED

    def set_range(self, start_index: int, end_index: int) -> None:
        self._feeds = _feeds(self._pairs, range(start_index, end_index), self._guided)

    def get_next(self) -> dict[str, FloatArray] | None:
        return next(self._feeds, None)


def _feeds(pairs: Samples, indices: range, guided: bool) -> Iterator[dict[str, FloatArray]]:
    for index in indices:
        sample = pairs[index]
        pictures = {"degraded": sample.degraded} | ({"guide": sample.guide} if guided else {})
        yield {name: np.ascontiguousarray(p.transpose(2, 0, 1)[None]) for name, p in pictures.items()}


def _mean_psnr(model: Path, samples: Sequence[Sample]) -> float:
    runtime = OnnxRuntime(model)
    return float(np.mean([_psnr(runtime, sample) for sample in samples]))


def _psnr(runtime: OnnxRuntime, sample: Sample) -> float:
    restored = runtime.run(sample.degraded[None], sample.guide[None]).restored[0]
    return psnr(images.to_uint8(restored), images.to_uint8(sample.target), sample.weight[..., 0] > 0)
