from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gfrnet.errors import ConfigError, ModelError
from gfrnet.runtime import OnnxRuntime
from gfrnet.types import FloatImage
from gfrnet.weights import find


def faces(count: int, seed: int = 0) -> FloatImage:
    return np.random.default_rng(seed).uniform(-1, 1, (count, 256, 256, 3)).astype(np.float32)


@pytest.mark.parametrize("count", [0, 1, 8, 11])
def test_a_batch_of_any_size_comes_back_in_order(tiny_model: Path, count: int) -> None:
    degraded, guide = faces(count), faces(count, seed=1)
    result = OnnxRuntime(tiny_model, threads=1).run(degraded, guide)
    np.testing.assert_allclose(result.restored, (degraded + guide) / 2, atol=1e-6)
    np.testing.assert_array_equal(result.warped, guide)
    assert result.flow.shape == (count, 256, 256, 2)


@pytest.mark.parametrize("guides", [1, 3])
def test_faces_get_the_same_bits_alone_and_together(guides: int) -> None:
    runtime = OnnxRuntime(find("gfrnet-slim-int8"), threads=2)
    degraded, guide = faces(5), faces(5 * guides, seed=1)
    together = runtime.run(degraded, guide, texture=True)
    narrow = OnnxRuntime(find("gfrnet-slim-int8"), threads=1).run(degraded, guide, texture=True)
    for face in range(5):
        alone = runtime.run(
            degraded[face : face + 1], guide[face * guides : (face + 1) * guides], texture=True
        )
        for name in ("restored", "warped", "flow", "textured"):
            values = getattr(alone, name)[0]
            np.testing.assert_array_equal(values, getattr(together, name)[face], err_msg=name)
            np.testing.assert_array_equal(values, getattr(narrow, name)[face], err_msg=name)


def test_flow_comes_as_x_and_y(tiny_model: Path) -> None:
    flow = OnnxRuntime(tiny_model).run(faces(1), faces(1)).flow[0]
    np.testing.assert_allclose(flow[0, -1], (1, -1))
    np.testing.assert_allclose(flow[-1, 0], (-1, 1))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"nowhere\.onnx.*installed model"):
        OnnxRuntime(tmp_path / "nowhere.onnx")


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x08\x09" * 500])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"broken\.onnx is not"):
        OnnxRuntime(path)


def test_a_truncated_model_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "half.onnx"
    path.write_bytes(tiny_model.read_bytes()[: tiny_model.stat().st_size // 2])
    with pytest.raises(ModelError, match=r"half\.onnx"):
        OnnxRuntime(path)


def test_a_model_with_another_interface_is_refused(
    tmp_path: Path, model_builder: Callable[..., Path]
) -> None:
    path = model_builder(tmp_path / "wide.onnx", channels=5)
    with pytest.raises(ModelError, match="is not a GFRNet model: its input `degraded` is not "):
        OnnxRuntime(path)


@pytest.mark.parametrize(
    ("degraded", "guide", "complaint"),
    [
        (faces(1)[0], faces(1), "degraded must be"),
        (faces(1), faces(1)[:, :128], "guide must be"),
        (faces(1).astype(np.float64), faces(1), "float32"),
        (faces(2), faces(1), "one guide for every face"),
    ],
)
def test_other_shapes_and_types_are_refused(
    tiny_model: Path, degraded: FloatImage, guide: FloatImage, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        OnnxRuntime(tiny_model).run(degraded, guide)


def test_eight_threads_get_the_bits_of_one(tiny_model: Path) -> None:
    for model in (find("gfrnet-slim-int8"), tiny_model):
        runtime = OnnxRuntime(model, threads=1)
        batches = [(faces(1, seed), faces(1, seed + 100)) for seed in range(16)]
        wanted = [runtime.run(*batch, texture=True) for batch in batches]
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda batch: runtime.run(*batch, texture=True), batches))  # noqa: B023
        for one, other in zip(found, wanted, strict=True):
            for name in ("restored", "warped", "flow", "textured"):
                np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("threads", [0, -1, 2.5, "2"])
def test_threads_are_a_whole_number_and_at_least_one(tiny_model: Path, threads: Any) -> None:
    with pytest.raises(ConfigError, match="threads must be a whole number"):
        OnnxRuntime(tiny_model, threads=threads)
