from __future__ import annotations

import builtins
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from gfrnet.errors import ConfigError, MissingExtraError, ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.runtime import OnnxRuntime, Runtime, is_algorithm, needs_torch, open_runtime, pinned_file
from gfrnet.runtime.dcp import DCPRuntime

CONFIG = GFRNetConfig(warpnet="matching", recnet="detail", warpnet_width=4, recnet_width=4)


@pytest.fixture(scope="module")
def network() -> GFRNet:
    torch.manual_seed(1)
    return GFRNet(CONFIG).eval()


@pytest.fixture(scope="module")
def run(network: GFRNet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a run's folder, with those parts of a checkpoint that are read."""
    folder = tmp_path_factory.mktemp("run")
    values = {"config": {"network": CONFIG.model_dump()}, "averaged": network.state_dict()}
    torch.save(values, folder / "checkpoint-000000007.pt")
    return folder


def restored(runtime: Runtime) -> np.ndarray:
    faces = np.random.default_rng(0).uniform(-1, 1, (2, 1, 256, 256, 3)).astype(np.float32)
    return runtime.run(*faces).restored


def test_every_kind_of_model_is_opened(network: GFRNet, run: Path, tmp_path: Path) -> None:
    save_safetensors(network, tmp_path / "model.safetensors")
    network.save_pretrained(tmp_path / "saved")
    wanted = restored(open_runtime(tmp_path / "model.safetensors", threads=1))
    for source in (run, str(run), run / "checkpoint-000000007.pt", tmp_path / "saved"):
        assert needs_torch(Path(source))
        np.testing.assert_array_equal(restored(open_runtime(source, threads=1)), wanted)


def test_dcp_is_opened_by_its_name_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "dcp").touch()
    monkeypatch.chdir(tmp_path)
    for source in ("dcp", Path("dcp")):
        assert is_algorithm(source)
        assert isinstance(open_runtime(source, threads=1), DCPRuntime)
    for source in ("./dcp", "DCP", tmp_path / "dcp"):
        assert not is_algorithm(source)
    with pytest.raises(ConfigError, match=r"dcp runs on NumPy.*Leave them out"):
        open_runtime("dcp", providers=["CPUExecutionProvider"])
    with pytest.raises(ConfigError, match="threads must be a whole number"):
        open_runtime("dcp", threads=0)


def test_names_and_onnx_files_run_on_onnx_runtime(tiny_model: Path) -> None:
    for source in ("gfrnet-slim-int8", tiny_model, str(tiny_model)):
        assert isinstance(open_runtime(source, threads=1), OnnxRuntime)
    assert not needs_torch(tiny_model)


def test_a_folder_is_read_from_its_newest_checkpoint(run: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(run, tmp_path / "run")
    newer = folder / "checkpoint-000000009.pt"
    newer.write_bytes(b"torn")
    assert pinned_file(folder) == folder / "checkpoint-000000007.pt"
    shutil.copy(folder / "checkpoint-000000007.pt", newer)
    assert pinned_file(folder) == newer
    assert pinned_file(newer) == newer
    (folder.parent / "model.safetensors").touch()
    assert pinned_file(tmp_path) == tmp_path / "model.safetensors"


def test_files_without_a_network_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.onnx").write_text("no model")
    (tmp_path / "text.pt").write_text("no checkpoint")
    for source, message in (
        ("nothing", "There is no model `nothing`. Give a model file, the folder of a run, or one of"),
        (tmp_path / "text.onnx", "not an ONNX model"),
        (tmp_path / "text.pt", "not a checkpoint"),
        (tmp_path, r"holds no model: .* nor model\.safetensors\. Give the folder of a run"),
    ):
        with pytest.raises(ModelError, match=message):
            open_runtime(source)


def hide(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a package of the extra look as if it were not installed."""
    real = builtins.__import__

    def without(name: str, *rest: object) -> object:
        if name.split(".")[0] == package:
            raise ModuleNotFoundError(f"No module named '{package}'", name=package)
        return real(name, *rest)  # type: ignore[arg-type]

    ours = ("gfrnet.nets", "gfrnet.runtime.pytorch", "gfrnet.runtime.dcp")
    for name in [name for name in sys.modules if name.startswith(ours)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)


@pytest.mark.parametrize("package", ["torch", "scipy"])
def test_dcp_names_the_extra_that_it_needs(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hide(package, monkeypatch)
    with pytest.raises(MissingExtraError, match=rf"dcp needs {package}, which is not .*\[train\]"):
        open_runtime("dcp")


@pytest.mark.parametrize("source", ["checkpoint-000000007.pt", ""])
def test_without_torch_the_message_names_the_extra(
    run: Path, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide("torch", monkeypatch)
    with pytest.raises(MissingExtraError, match=r"torch is not installed\. Run .*\[train\].*gfrnet export"):
        open_runtime(run / source)
    assert isinstance(open_runtime("gfrnet-slim-int8"), OnnxRuntime)


def test_providers_reach_onnx_runtime_and_the_cpu_comes_last(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []
    session = onnxruntime.InferenceSession

    def recorded(path: Path, options: object, providers: list[str]) -> object:
        asked.append(providers)
        return session(path, options, providers=["CPUExecutionProvider"])

    names = ["CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: names)
    monkeypatch.setattr(onnxruntime, "InferenceSession", recorded)
    for providers in (None, ["CUDAExecutionProvider"], ["CPUExecutionProvider", "CUDAExecutionProvider"]):
        open_runtime(tiny_model, providers=providers)
    assert asked == [["CPUExecutionProvider"], names, names]


def test_a_provider_that_is_not_installed_is_refused(tiny_model: Path) -> None:
    with pytest.raises(ConfigError, match=r"no provider NoneSuch\. It has .*CPUExecutionProvider"):
        open_runtime(tiny_model, providers=["NoneSuch"])
    assert open_runtime(tiny_model, providers=["CPUExecutionProvider"]).providers == (  # type: ignore[attr-defined]
        "CPUExecutionProvider",
    )


def test_a_network_of_torch_has_no_providers(run: Path) -> None:
    with pytest.raises(ConfigError, match=r"only ONNX Runtime has providers.*gfrnet export"):
        open_runtime(run, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("build", ["onnx", "torch"])
def test_threads_are_checked_by_every_runtime(
    build: str, tiny_model: Path, run: Path, model_builder: Callable[..., Path]
) -> None:
    for threads in (0, True, 10**9, 10**30):
        with pytest.raises(ConfigError, match="threads must be a whole number"):
            open_runtime(tiny_model if build == "onnx" else run, threads=threads)


@pytest.mark.parametrize("source", [None, 3, b"gfrnet-slim", ""])
def test_a_model_is_given_by_name_or_path(source: object) -> None:
    with pytest.raises(ConfigError, match="A model is given as its name or the path"):
        open_runtime(source)  # type: ignore[arg-type]


def test_a_name_that_no_file_can_have_is_no_model() -> None:
    with pytest.raises(ModelError, match="There is no model `x"):
        open_runtime("x" * 5000)


def test_a_folder_without_a_model_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"{tmp_path} holds no model"):
        open_runtime(tmp_path)


def test_providers_are_a_list_of_names(tiny_model: Path) -> None:
    with pytest.raises(ConfigError, match="providers must be a list of names"):
        open_runtime(tiny_model, providers=3)  # type: ignore[arg-type]
