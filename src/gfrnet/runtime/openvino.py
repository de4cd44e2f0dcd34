"""Run a network on OpenVINO, the extra `openvino`: Intel's library for CPUs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openvino

from gfrnet.errors import ModelError
from gfrnet.runtime.onnx import OUTPUTS, OnnxRuntime, channels_first
from gfrnet.runtime.protocol import Restoration, check_batch, check_threads, empty_outputs
from gfrnet.types import FloatImage


class OpenVinoRuntime:
    """Run a model file on OpenVINO, on the CPU; safe to share among threads.

    OpenVINO rounds int8 models at other places than ONNX Runtime. Faces differ by half a step of 255 in the
    mean (`benchmarks/runtimes.py`), and are as near to the float model. Float models agree within 1e-4.

    The package reports its use only where its converter runs. Nothing here calls that, and no socket is
    opened.

    Args:
        path: The model, as `OnnxRuntime` takes it.
        threads: CPU threads to use; all cores if None.

    Attributes:
        fuses: Whether the network takes several guides of a face at once.
        takes_guide: Whether the network sees a guide at all.

    Raises:
        ModelError: The file is missing, broken or another kind of model.
        ConfigError: ``threads`` is no whole number between 1 and 1024.
    """

    def __init__(self, path: str | Path, threads: int | None = None) -> None:
        check_threads(threads)
        self.path = Path(path)
        # ONNX Runtime knows the names of the sizes, which tell whether a model fuses.
        described = OnnxRuntime(path, threads=1)
        self.fuses, self.takes_guide = described.fuses, described.takes_guide
        # Without the hint, processors with bfloat16 would compute in it, and lose detail.
        options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"}
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = int(threads)
        try:
            self._model = openvino.Core().compile_model(str(self.path), "CPU", options)
        except RuntimeError as error:
            raise ModelError(
                f"OpenVINO cannot open {self.path}: {str(error).rstrip('. ')}. Run it on ONNX Runtime."
            ) from error
        given = {name for output in self._model.outputs for name in output.get_names()}
        self._outputs = {name: channels for name, channels in OUTPUTS.items() if name in given}

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Restore N degraded faces one after the other, each with its guides; see `Runtime.run`.

        Raises:
            ValueError: A shape or dtype is wrong.
            ModelError: OpenVINO cannot run the model.
        """
        check_batch(degraded, guide, self.fuses)
        count = len(guide) // max(1, len(degraded))
        outputs = empty_outputs(self._outputs, len(degraded), texture)
        request = self._model.create_infer_request()
        for face in range(len(degraded)):
            feed = {"degraded": channels_first(degraded[face : face + 1])}
            if self.takes_guide:
                feed["guide"] = channels_first(guide[face * count : (face + 1) * count])
            try:
                found = request.infer(feed)
            except RuntimeError as error:
                raise ModelError(
                    f"{self.path} does not run on OpenVINO: {error}. Run it on ONNX Runtime."
                ) from error
            for name, values in outputs.items():
                values[face] = found[name][0].transpose(1, 2, 0)
        return Restoration(**outputs)
