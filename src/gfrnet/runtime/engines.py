"""Choose the library that runs an ONNX model: ONNX Runtime, or OpenVINO where its extra is installed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from gfrnet.errors import INSTALL_EXTRA, ConfigError, MissingExtraError
from gfrnet.runtime.onnx import OnnxRuntime
from gfrnet.runtime.protocol import Runtime
from gfrnet.types import CROP_SIZE, Engine

TRIES = 3
"""Runs of each library from which the fastest counts, after one that allocates."""


def open_model(
    path: Path, threads: int | None, providers: Sequence[str] | None, engine: Engine | str
) -> Runtime:
    """Open an ONNX model.

    Args:
        path: The file.
        threads: CPU threads; all cores if None.
        providers: ONNX Runtime's execution providers; the CPU if None.
        engine: What runs it. `Engine.AUTO` measures once a process which one is faster, where both are
            installed. To open and measure both takes seconds.

    Raises:
        ModelError: The file is missing, broken or another kind of model.
        ConfigError: A value is of another type or out of range. Or providers are given for OpenVINO.
        MissingExtraError: OpenVINO is wanted and not installed.
    """
    try:
        chosen = Engine(engine)
    except ValueError:
        raise ConfigError(f"engine must be one of {', '.join(Engine)}, got {engine!r}.") from None
    if providers is not None and chosen is Engine.OPENVINO:
        raise ConfigError("Only ONNX Runtime has providers. Leave them out, or choose ONNX Runtime.")
    if chosen is Engine.AUTO:
        chosen = Engine.ONNXRUNTIME if providers is not None else _faster(path, threads)
    return _on_openvino(path, threads) if chosen is Engine.OPENVINO else OnnxRuntime(path, threads, providers)


def _on_openvino(path: Path, threads: int | None) -> Runtime:
    try:
        from gfrnet.runtime.openvino import OpenVinoRuntime
    except ModuleNotFoundError as error:
        if error.name != "openvino":
            raise
        raise MissingExtraError(f"OpenVINO is not installed. {INSTALL_EXTRA.format('openvino')}.") from error
    return OpenVinoRuntime(path, threads)


@lru_cache
def _faster(path: Path, threads: int | None) -> Engine:
    """Return the faster of both for a model, measured once a process and remembered in memory only."""
    if find_spec("openvino") is None:
        return Engine.ONNXRUNTIME
    runtimes = {Engine.ONNXRUNTIME: OnnxRuntime(path, threads), Engine.OPENVINO: _on_openvino(path, threads)}
    seconds = dict.fromkeys(runtimes, float("inf"))
    face = np.zeros((1, CROP_SIZE, CROP_SIZE, 3), np.float32)
    for turn in range(1 + TRIES):
        for engine, runtime in runtimes.items():
            started = time.perf_counter()
            runtime.run(face, face)
            if turn:
                seconds[engine] = min(seconds[engine], time.perf_counter() - started)
    return min(seconds, key=lambda engine: seconds[engine])
