"""The network on ONNX Runtime: CPUs everywhere, without torch."""

from __future__ import annotations

from numbers import Integral
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from gfrnet.errors import ConfigError, ModelError
from gfrnet.runtime.protocol import SIZE, Restoration, check_batch
from gfrnet.types import FloatArray, FloatImage
from gfrnet.weights import export_first

INPUTS = {"degraded": 3, "guide": 3}
"""Names of the model's inputs and their channels, (N, channels, 256, 256) each."""

OUTPUTS = {"restored": 3, "warped": 3, "flow": 2}
"""Names of the model's outputs and their channels, (N, channels, 256, 256) each."""

TEXTURED = {"textured": 3}
"""The output that only models with texture have."""

TORCH_FILES = (".safetensors", ".pt")
"""How files end that `gfrnet export` makes an ONNX model of."""

CHUNK = 8
"""Faces that go through the network at once: more bring no speed on a CPU, only memory."""


class OnnxRuntime:
    """A GFRNet model file on ONNX Runtime.

    Args:
        path: The model, as written by ``gfrnet export``.
        threads: CPU threads to use; all cores if None.

    Raises:
        ModelError: The file is missing, broken or another kind of model.
        ConfigError: ``threads`` is no whole number, 1 or more.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        if threads is not None and not (isinstance(threads, Integral) and int(threads) >= 1):
            raise ConfigError(f"threads must be a whole number, 1 or more, got {threads!r}.")
        self.path = Path(path)
        self._session = _open_session(self.path, threads)
        _check_interface(self._session, self.path)
        degraded, guide = (_input(self._session, name).shape[0] for name in INPUTS)
        self.fuses: bool = degraded != guide
        self._textures = {output.name for output in self._session.get_outputs()}.issuperset(TEXTURED)

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Restore N degraded faces, each with its guide, `CHUNK` at a time.

        Args:
            degraded: (N, 256, 256, 3) RGB, [-1, 1].
            guide: (N, 256, 256, 3) RGB, [-1, 1]; all zeros means no guide. If the model fuses,
                (N * K, 256, 256, 3): the K guides of a face after one another.
            texture: Whether `Restoration.textured` is wanted too. It costs nothing: ONNX Runtime computes
                all outputs in any case.

        Raises:
            ValueError: A shape or dtype is another one.
            ModelError: ONNX Runtime cannot run the model.
        """
        check_batch(degraded, guide, self.fuses)
        count = len(guide) // max(1, len(degraded))
        wanted = OUTPUTS | TEXTURED if texture and self._textures else OUTPUTS
        outputs = {name: np.empty((len(degraded), SIZE, SIZE, n), np.float32) for name, n in wanted.items()}
        for start in range(0, len(degraded), CHUNK):
            part = slice(start, start + CHUNK)
            guides = guide[start * count : (start + CHUNK) * count]
            found = self._run_chunk(list(outputs), degraded[part], guides)
            for output, faces in zip(outputs.values(), found, strict=True):
                output[part] = faces.transpose(0, 2, 3, 1)
        return Restoration(**outputs)

    def _run_chunk(self, names: list[str], degraded: FloatImage, guide: FloatImage) -> list[FloatArray]:
        feed = {"degraded": _channels_first(degraded), "guide": _channels_first(guide)}
        try:
            return list(self._session.run(names, feed))
        except Exception as error:  # ONNX Runtime's own errors share no base but Exception
            raise ModelError(f"{self.path} does not run: {error}. Export the model again.") from error


def _input(session: Any, name: str) -> Any:  # noqa: ANN401
    return next(value for value in session.get_inputs() if value.name == name)


def _channels_first(faces: FloatImage) -> FloatArray:
    return np.ascontiguousarray(faces.transpose(0, 3, 1, 2))


def _open_session(path: Path, threads: int | None) -> Any:  # noqa: ANN401 - ONNX Runtime has no types
    if not path.is_file():
        raise ModelError(f"There is no model file {path}. `gfrnet models` lists what is installed.")
    try:
        return onnxruntime.InferenceSession(path, _options(threads), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors share no base but Exception
        if path.suffix in TORCH_FILES:
            raise ModelError(f"{path} is no ONNX model; {export_first(path)}") from error
        raise ModelError(
            f"{path} is not an ONNX model, or a broken one: {error}. Export or download it again."
        ) from error


def _options(threads: int | None) -> Any:  # noqa: ANN401
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads or 0)
    options.log_severity_level = 4  # errors come as exceptions; ONNX Runtime need not print them too
    # Threads that spin while the network runs make it faster; between runs they would take the cores from
    # face detection.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def _check_interface(session: Any, path: Path) -> None:  # noqa: ANN401
    inputs, outputs = session.get_inputs(), session.get_outputs()
    for kind, wanted, found in (("input", INPUTS, inputs), ("output", OUTPUTS, outputs)):
        values = {value.name: value for value in found}
        for name, channels in wanted.items():
            if name not in values or not _fits(values[name], channels):
                raise ModelError(
                    f"{path} is not a GFRNet model: it has no {kind} `{name}` of "
                    f"(N, {channels}, {SIZE}, {SIZE}) float32. Use a file that `gfrnet export` wrote."
                )
    if len(inputs) > len(INPUTS):
        names = ", ".join(value.name for value in inputs)
        raise ModelError(f"{path} is not a GFRNet model: it asks for {names}. Use one by `gfrnet export`.")


def _fits(value: Any, channels: int) -> bool:  # noqa: ANN401
    """Whether a value of the model has our type and shape; a size that the model leaves open fits."""
    if value.type != "tensor(float)" or len(value.shape) != 4 or isinstance(value.shape[0], int):
        return False
    wanted = (channels, SIZE, SIZE)
    return all(
        size == want for size, want in zip(value.shape[1:], wanted, strict=True) if isinstance(size, int)
    )
