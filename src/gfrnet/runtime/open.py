"""Open whatever holds a network, by name or path; import torch only for a network of torch."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from gfrnet import weights
from gfrnet.errors import INSTALL_EXTRA, ConfigError, MissingExtraError
from gfrnet.runtime.engines import open_model
from gfrnet.runtime.protocol import Runtime, check_threads
from gfrnet.types import Engine

TORCH_FILES = (".safetensors", ".pt")
"""Suffixes of files that hold a network of torch."""

DCP = "dcp"
"""Name of the deblurring of Pan et al. (CVPR 2016). It is an algorithm, so it has no file."""


def open_runtime(
    name_or_path: str | Path,
    *,
    threads: int | None = None,
    providers: Sequence[str] | None = None,
    engine: Engine | str = Engine.ONNXRUNTIME,
) -> Runtime:
    """Open a network, ready to run.

    Args:
        name_or_path: Name of an installed model, ``dcp``, or a path. It may be an ONNX or safetensors file,
            a checkpoint of ``gfrnet train``, or a folder. A folder is a run's or one of ``save_pretrained``.
            Of a run its newest checkpoint that can be read is opened.
        threads: CPU threads; if None all cores on ONNX Runtime, and torch's own choice on torch. ``dcp``
            always uses one.
        providers: ONNX Runtime's execution providers, the first one preferred; the CPU if None.
        engine: What runs an ONNX model: "onnxruntime", "openvino" or "auto", which measures. Networks of
            torch and ``dcp`` have only one.

    Raises:
        ModelError: It is none of these, missing or broken.
        ConfigError: ``threads`` is no whole number between 1 and 1024. Or a provider is not
            installed, or providers are given for ``dcp`` or a network of torch.
        MissingExtraError: It is ``dcp`` or a network of torch, or OpenVINO is wanted. And a package of the
            extra is not installed.
    """
    check_threads(threads)
    if is_algorithm(name_or_path):
        return _algorithm(providers)
    path = weights.find(name_or_path)
    if not needs_torch(path):
        return open_model(path, threads, providers, engine)
    if providers is not None:
        raise ConfigError(
            f"{path} runs on torch, and only ONNX Runtime has providers. Leave them out, or {_export(path)}"
        )
    return _on_torch(path, threads)


def is_algorithm(name_or_path: str | Path) -> bool:
    """Return whether this is the name of a method that has no weights, and so no file."""
    return str(name_or_path) == DCP


def needs_torch(path: Path) -> bool:
    """Return whether a model's file or folder is one of torch."""
    return path.is_dir() or path.suffix in TORCH_FILES


def pinned_file(path: Path) -> Path:
    """Return the file that `open_runtime` reads; for a run's folder its newest checkpoint that can be read.

    Raises:
        ModelError: All checkpoints of the run are broken.
        MissingExtraError: It is a folder, and torch is not installed.
    """
    if not path.is_dir():
        return path
    try:
        from gfrnet.runtime.pytorch import file_of_folder
    except ModuleNotFoundError as error:
        raise _missing_torch(path, error) from error
    return file_of_folder(path)


def _algorithm(providers: Sequence[str] | None) -> Runtime:
    if providers is not None:
        raise ConfigError(f"{DCP} runs on NumPy, and only ONNX Runtime has providers. Leave them out.")
    try:
        from gfrnet.runtime.dcp import DCPRuntime
    except ModuleNotFoundError as error:
        if _is_ours(error):
            raise
        raise MissingExtraError(
            f"{DCP} needs {error.name}, which is not installed. {INSTALL_EXTRA.format('train')}"
        ) from error
    return DCPRuntime()


def _on_torch(path: Path, threads: int | None) -> Runtime:
    try:
        from gfrnet.runtime.pytorch import TorchRuntime, load_network
    except ModuleNotFoundError as error:
        raise _missing_torch(path, error) from error
    return TorchRuntime(load_network(path), threads)


def _missing_torch(path: Path, error: ModuleNotFoundError) -> Exception:
    """Return the error for a missing package of the extra; the same error where our own code is at fault."""
    if _is_ours(error):
        return error
    return MissingExtraError(
        f"{path} is a network of torch, and {error.name} is not installed. {INSTALL_EXTRA.format('train')} "
        f"Or, where it is installed, {_export(path)}"
    )


def _is_ours(error: ModuleNotFoundError) -> bool:
    """Return whether a module of our own is missing, and no package."""
    return error.name is None or error.name.split(".")[0] == "gfrnet"


def _export(path: Path) -> str:
    """Return the advice to export a network of torch as an ONNX file."""
    source = path.resolve()
    model = f"{source.name if path.is_dir() else source.stem}.onnx"
    return f"export it: {shlex.join(['gfrnet', 'export', str(path), '-o', model])}"
