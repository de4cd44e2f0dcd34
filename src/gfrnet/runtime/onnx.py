"""Run a network on ONNX Runtime: CPUs everywhere, without torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import onnxruntime

from gfrnet.errors import Advice, ConfigError, ModelError
from gfrnet.files import check_regular
from gfrnet.runtime.protocol import Restoration, check_batch, check_threads, empty_outputs
from gfrnet.types import CROP_SIZE, FloatArray, FloatImage

INPUTS = {"degraded": 3, "guide": 3}
"""Names of a model's inputs and their channels, (N, channels, 256, 256) each."""

OUTPUTS = {"restored": 3, "warped": 3, "flow": 2, "textured": 3}
"""Names of a model's outputs and their channels, (N, channels, 256, 256) each."""

REQUIRED = ("degraded", "restored")
"""The inputs and outputs that no model may lack."""

CPU = "CPUExecutionProvider"
"""ONNX Runtime's name for the processor: the default, which also runs what another provider cannot."""

MOST_ONNX_BYTES = 2**31
"""Largest ONNX file: the format itself allows no larger one."""

CHUNK = 8
"""Faces in one run of the network, where faces are not divided among cores."""


class OnnxRuntime:
    """Run a model file on ONNX Runtime; safe to share among threads.

    Args:
        path: The model, as written by ``gfrnet export``. It takes ``degraded`` and maybe ``guide``, and gives
            ``restored`` and maybe ``warped``, ``flow`` and ``textured``.
        threads: CPU threads to use; all cores if None.
        providers: ONNX Runtime's execution providers, the first one preferred, such as
            ``CUDAExecutionProvider``. The CPU is the default, and always the last.

    Attributes:
        fuses: Whether the network takes several guides of a face at once.
        takes_guide: Whether the network sees a guide at all.
        providers: The execution providers that are in use.

    Raises:
        ModelError: The file is missing, broken or another kind of model.
        ConfigError: ``threads`` is no whole number between 1 and 1024, or a provider is not installed.
    """

    def __init__(
        self, path: str | Path, threads: int | None = None, providers: Sequence[str] | None = None
    ) -> None:
        check_threads(threads)
        self.path = Path(path)
        self._session = _open_session(self.path, threads, _with_cpu(providers))
        self.providers: tuple[str, ...] = tuple(self._session.get_providers())
        self._cores = (threads or _cores()) if self.providers == (CPU,) else 1
        self._narrow: Any = None
        self._opening = Lock()
        inputs, outputs = (
            _by_name(found()) for found in (self._session.get_inputs, self._session.get_outputs)
        )
        _check_interface(inputs, outputs, self.path)
        self.takes_guide: bool = "guide" in inputs
        self.fuses: bool = self.takes_guide and inputs["guide"].shape[0] != inputs["degraded"].shape[0]
        self._outputs = {name: channels for name, channels in OUTPUTS.items() if name in outputs}

    def run(self, degraded: FloatImage, guide: FloatImage, texture: bool = False) -> Restoration:
        """Restore N degraded faces, each with its guide.

        On a CPU every core takes faces of its own. That is faster than all cores working on one face after
        the other (``gfrnet bench``). The result has the same bits, however the faces are divided.

        Args:
            degraded: (N, 256, 256, 3) RGB, [-1, 1].
            guide: (N, 256, 256, 3) RGB, [-1, 1]; all zeros means no guide. A model that fuses takes
                (N * K, 256, 256, 3), the K guides of a face after one another. A model without a guide
                ignores it.
            texture: Whether to return `Restoration.textured` too. It costs nothing: ONNX Runtime computes
                all outputs in any case.

        Raises:
            ValueError: A shape or dtype is wrong.
            ModelError: ONNX Runtime cannot run the model.
        """
        check_batch(degraded, guide, self.fuses)
        count = len(guide) // max(1, len(degraded))
        outputs = empty_outputs(self._outputs, len(degraded), texture)
        apart = self._cores > 1 and len(degraded) > 1
        session, size = (self._narrow_session(), 1) if apart else (self._session, CHUNK)

        def run_part(start: int) -> None:
            part, guides = slice(start, start + size), guide[start * count : (start + size) * count]
            found = self._run_part(session, list(outputs), degraded[part], guides)
            for output, faces in zip(outputs.values(), found, strict=True):
                output[part] = faces.transpose(0, 2, 3, 1)

        starts = range(0, len(degraded), size)
        if apart:
            with ThreadPoolExecutor(self._cores) as pool:
                list(pool.map(run_part, starts))
        else:
            for start in starts:
                run_part(start)
        return Restoration(**outputs)

    def _narrow_session(self) -> Any:  # noqa: ANN401 - no types
        """Return a session of one thread, opened when it is first needed."""
        with self._opening:
            if self._narrow is None:
                self._narrow = _open_session(self.path, 1, [CPU])
            return self._narrow

    def _run_part(
        self,
        session: Any,  # noqa: ANN401
        names: list[str],
        degraded: FloatImage,
        guide: FloatImage,
    ) -> list[FloatArray]:
        feed = {"degraded": channels_first(degraded)}
        if self.takes_guide:
            feed["guide"] = channels_first(guide)
        try:
            return list(session.run(names, feed))
        except Exception as error:  # ONNX Runtime's own errors share no base but Exception
            raise ModelError(f"{self.path} does not run: {error}. Export the model again.") from error


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _by_name(values: Sequence[Any]) -> dict[str, Any]:
    return {value.name: value for value in values}


def channels_first(faces: FloatImage) -> FloatArray:
    """Turn (N, H, W, C) into (N, C, H, W)."""
    return np.ascontiguousarray(faces.transpose(0, 3, 1, 2))


def _with_cpu(wanted: Sequence[str] | None) -> list[str]:
    """Return the providers to open a model with, the CPU last."""
    if not (wanted is None or isinstance(wanted, Sequence)):
        raise ConfigError(f"providers must be a list of names of ONNX Runtime's providers, got {wanted!r}.")
    names = [wanted] if isinstance(wanted, str) else list(wanted or ())
    available = onnxruntime.get_available_providers()
    for name in names:
        if name not in available:
            raise ConfigError(
                f"This ONNX Runtime has no provider {name}. It has {', '.join(available)}. Choose one of "
                "these, or install the ONNX Runtime of your device."
            )
    return [*(name for name in names if name != CPU), CPU]


def _open_session(path: Path, threads: int | None, providers: list[str]) -> Any:  # noqa: ANN401 - no types
    if not path.is_file():
        raise ModelError(
            f"There is no model file {path}. Check the name, or choose an installed model.",
            advice=(Advice.LIST_MODELS,),
        )
    try:
        check_regular(path, MOST_ONNX_BYTES)
        return onnxruntime.InferenceSession(path, _options(threads), providers=providers)
    except Exception as error:  # ONNX Runtime's own errors share no base but Exception
        reason = str(error).rstrip(". ")
        raise ModelError(
            f"{path} is not an ONNX model, or a broken one: {reason}. Export or download it again."
        ) from error


def _options(threads: int | None) -> Any:  # noqa: ANN401
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(threads or 0)
    options.log_severity_level = 4  # errors come as exceptions; ONNX Runtime need not print them too
    # Threads that spin while the network runs make it faster; between runs they would take the cores from
    # face detection.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    return options


def _check_interface(inputs: Mapping[str, Any], outputs: Mapping[str, Any], path: Path) -> None:
    faults = [*_faults("input", INPUTS, inputs), *_faults("output", OUTPUTS, outputs)]
    unknown = [f"`{name}`" for name in inputs if name not in INPUTS]
    if unknown:
        faults.append(f"it asks for {', '.join(unknown)} too")
    if faults:
        raise ModelError(f"{path} is not a GFRNet model: {'; '.join(faults)}. Use an exported model.")


def _faults(kind: str, wanted: Mapping[str, int], found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a model lacks, or has in another shape than ours."""
    for name, channels in wanted.items():
        shape = f"(N, {channels}, {CROP_SIZE}, {CROP_SIZE}) float32"
        if name in found and not _fits(found[name], channels):
            yield f"its {kind} `{name}` is not {shape}"
        elif name in REQUIRED and name not in found:
            yield f"it has no {kind} `{name}` of {shape}"


def _fits(value: Any, channels: int) -> bool:  # noqa: ANN401
    """Return whether an input or output has our type and shape; a size that the model leaves open fits."""
    if value.type != "tensor(float)" or len(value.shape) != 4 or isinstance(value.shape[0], int):
        return False
    wanted = (channels, CROP_SIZE, CROP_SIZE)
    return all(
        size == want for size, want in zip(value.shape[1:], wanted, strict=True) if isinstance(size, int)
    )
