from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from gfrnet.data import read_manifest
from gfrnet.errors import MissingExtraError, ModelError
from gfrnet.evaluate import Contender, Evaluation, Extras, list_pairs, measure
from gfrnet.evaluate.perceptual import lpips_distance, perceptual_distances
from gfrnet.types import BoolArray, UInt8Image

PLACES = ["1_1", "1_2", "2_1", "2_2", "3_1", "3_2", "3_3", "3_4"]


def write_vgg(path: Path, places: list[str] = PLACES, seed: int = 0) -> Path:
    """Write a VGG-19 with two or three channels."""
    torch.manual_seed(seed)
    weights = {}
    inputs = 3
    for place in places:
        weights[f"conv{place}.weight"] = torch.randn(2, inputs, 3, 3) / 3
        weights[f"conv{place}.bias"] = torch.randn(2)
        inputs = 2
    save_file(weights | {"fc8.weight": torch.zeros(1000, 2)}, path)
    return path


@pytest.fixture(scope="module")
def vgg(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_vgg(tmp_path_factory.mktemp("vgg") / "vgg19.safetensors")


def pictures() -> tuple[UInt8Image, UInt8Image, BoolArray]:
    result, truth = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    real = np.ones((64, 64), dtype=np.bool_)
    return result, truth, real


def features(path: Path, picture: UInt8Image) -> Tensor:
    """Write conv3_4 out: Caffe's VGG takes BGR in 0..255 without its mean."""
    from safetensors.torch import load_file

    weights = load_file(path)
    values = torch.from_numpy(picture[..., ::-1].astype(np.float32)).permute(2, 0, 1)[None]
    values = values - torch.tensor([103.939, 116.779, 123.68]).reshape(3, 1, 1)
    for place in PLACES:
        if place in ("2_1", "3_1"):
            values = F.max_pool2d(values, 2)
        weight, bias = weights[f"conv{place}.weight"], weights[f"conv{place}.bias"]
        values = F.conv2d(values, weight, bias, padding=1).relu()
    return values


def test_the_vgg_distance_is_the_root_mean_squared_difference_of_features(vgg: Path) -> None:
    result, truth, real = pictures()
    expected = (features(vgg, result) - features(vgg, truth)).square().mean().sqrt().item()
    assert expected > 0
    found = perceptual_distances(Extras(vgg), result, truth, real)
    assert found == {"vgg": pytest.approx(expected, rel=1e-4)}


def test_padding_does_not_count(vgg: Path) -> None:
    result, truth, real = pictures()
    real[:, 40:] = False
    changed = result.copy()
    changed[:, 40:] = 0
    one, other = (perceptual_distances(Extras(vgg), picture, truth, real) for picture in (result, changed))
    assert one == other
    changed[:, 39] = 0
    assert perceptual_distances(Extras(vgg), changed, truth, real) != one


def test_lpips_sees_the_real_rectangle_alone() -> None:
    result, truth, real = pictures()
    real[:, :8] = False
    real[50:] = False
    seen = []

    def lpips(a: Tensor, b: Tensor) -> Tensor:
        seen.append(a.shape)
        return (a - b).abs().mean()

    expected = np.abs(result[:50, 8:] - truth[:50, 8:].astype(np.float64)).mean() / 127.5
    assert lpips_distance(lpips, result, truth, real) == pytest.approx(expected, rel=1e-5)
    assert seen == [(1, 3, 50, 56)]


@pytest.mark.skipif(find_spec("torchvision") is not None, reason="torchvision is installed")
def test_lpips_without_torchvision_says_what_is_missing() -> None:
    with pytest.raises(MissingExtraError, match=r"torchvision.*distance in a VGG-19"):
        Extras(lpips=True).sources()


def test_only_a_vgg_19_is_taken(tmp_path: Path) -> None:
    sixteen = write_vgg(tmp_path / "vgg16.safetensors", PLACES[:-1])
    with pytest.raises(ModelError, match="no layer conv3_4"):
        Extras(sixteen).sources()
    with pytest.raises(ModelError, match="no file"):
        Extras(tmp_path / "missing.pth").sources()


def test_it_is_measured_where_it_was_asked_for(dataset: Path, vgg: Path, tmp_path: Path) -> None:
    pairs = list_pairs(read_manifest(dataset))[:1]

    def measured(extras: Extras) -> dict[str, float]:
        rows = measure(Evaluation([Contender("bicubic")], pairs, "bicubic", [4.0], extras), tmp_path, 1).rows
        return {row.metric: row.value for row in rows}

    plain, more = measured(Extras()), measured(Extras(vgg))
    assert more == plain | {"vgg": more["vgg"]}
    assert list(more)[-1] == "vgg"
    size = (tmp_path / "values.jsonl").stat().st_size
    assert measured(Extras()) == plain
    assert measured(Extras(vgg)) == more
    assert (tmp_path / "values.jsonl").stat().st_size == size
    other = write_vgg(tmp_path / "other.safetensors", seed=1)
    assert Extras(other).sources() != Extras(vgg).sources()
