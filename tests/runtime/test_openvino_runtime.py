from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest

from gfrnet import images
from gfrnet.demo import make_pictures
from gfrnet.errors import ConfigError, MissingExtraError, ModelError
from gfrnet.runtime import OnnxRuntime, Runtime, open_runtime
from gfrnet.types import Device, FloatImage
from gfrnet.weights import MODELS, find

pytest.importorskip("openvino")
from gfrnet.runtime.openvino import OpenVinoRuntime


def faces(count: int, seed: int = 0) -> FloatImage:
    coarse = np.random.default_rng(seed).uniform(-0.8, 0.8, (count, 16, 16, 3)).astype(np.float32)
    return np.stack([cv2.resize(one, (256, 256), interpolation=cv2.INTER_LINEAR) for one in coarse])


@pytest.fixture(scope="module")
def opened() -> dict[str, Runtime]:
    return {model.name: OpenVinoRuntime(model.path, threads=1) for model in MODELS}


@pytest.mark.parametrize("name", [model.name for model in MODELS])
@pytest.mark.parametrize("guides", [1, 2])
def test_every_shipped_model_gives_what_onnx_runtime_gives(
    opened: dict[str, Runtime], name: str, guides: int
) -> None:
    pictures = make_pictures()
    degraded, guide = (
        images.to_signed(cv2.resize(one, (256, 256), interpolation=cv2.INTER_AREA))[None]
        for one in (pictures.degraded, pictures.guide)
    )
    given = degraded, guide.repeat(guides, axis=0)
    wanted, found, exact = (
        one.run(*given, texture=True)
        for one in (OnnxRuntime(find(name), 1), opened[name], OnnxRuntime(find("gfrnet-slim"), 1))
    )
    for part in ("restored", "warped", "flow", "textured"):
        right, ours, float_one = (getattr(result, part) for result in (wanted, found, exact))
        if "int8" not in name:
            np.testing.assert_allclose(ours, right, atol=1e-4, err_msg=part)
            continue
        # int8 rounds at other places. So it must be as near to the float model as ONNX Runtime is.
        assert np.abs(ours - float_one).mean() < 1.1 * np.abs(right - float_one).mean(), part
        assert np.abs(ours - right).mean() < np.abs(right - float_one).mean(), part


def test_faces_get_the_same_bits_alone_together_and_from_threads(opened: dict[str, Runtime]) -> None:
    runtime, given = opened["gfrnet-slim-int8"], (faces(2), faces(2, seed=1))
    together = runtime.run(*given).restored
    with ThreadPoolExecutor(2) as pool:
        alone = list(pool.map(lambda n: runtime.run(*(one[n : n + 1] for one in given)).restored[0], (0, 1)))
    np.testing.assert_array_equal(together, alone)


def test_a_batch_of_none_is_none_and_texture_comes_only_where_wanted(opened: dict[str, Runtime]) -> None:
    result = opened["gfrnet-slim-int8"].run(faces(1)[:0], faces(1)[:0])
    assert result.restored.shape == (0, 256, 256, 3)
    assert result.textured is None


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match=r"broken\.onnx is not"):
        OpenVinoRuntime(tmp_path / "broken.onnx")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_nothing_opens_a_socket() -> None:
    program = """
import sys
def guard(event, arguments):
    assert not event.startswith(("socket.", "urllib.", "http.")), event
sys.addaudithook(guard)
import numpy as np
from gfrnet.runtime import open_runtime
face = np.zeros((1, 256, 256, 3), np.float32)
print(open_runtime("gfrnet-slim-int8", threads=1, engine="openvino").run(face, face).restored.shape)
import os
listed = [f"/proc/self/fd/{n}" for n in os.listdir("/proc/self/fd")]
open_files = [os.readlink(name) for name in listed if os.path.lexists(name)]
assert not any("socket:" in name for name in open_files), open_files
"""
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "(1, 256, 256, 3)" in told.stdout


def test_auto_opens_one_of_both(tiny_model: Path) -> None:
    runtime = open_runtime(tiny_model, threads=1, engine="auto")
    assert isinstance(runtime, (OnnxRuntime, OpenVinoRuntime))


def test_wrong_choices_are_refused(tiny_model: Path) -> None:
    with pytest.raises(ConfigError, match="engine must be one of auto, onnxruntime, openvino"):
        open_runtime(tiny_model, engine="tensorrt")
    with pytest.raises(ConfigError, match="Only ONNX Runtime has providers"):
        open_runtime(tiny_model, engine="openvino", providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("device", [device for device in Device if device is not Device.CPU])
def test_a_missing_device_is_named(tiny_model: Path, device: Device) -> None:
    assert device.providers is not None
    if device.providers[0] in onnxruntime.get_available_providers():
        pytest.skip("this machine has the device")
    with pytest.raises(ConfigError, match=rf"has no provider {device.providers[0]}. It has .*CPU"):
        open_runtime(tiny_model, providers=device.providers)


def test_without_the_extra_the_answer_says_how_to_install_it(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "gfrnet.runtime.openvino", raising=False)
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MissingExtraError, match="openvino"):
        open_runtime(tiny_model, engine="openvino")
    assert isinstance(open_runtime(tiny_model), OnnxRuntime)
