from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from gfrnet.errors import ModelError
from gfrnet.losses import Preprocessing, load_vgg, perceptual_loss

VGG16 = (2, 2, 3, 3, 3)
VGG19 = (2, 2, 4, 4, 4)
CHANNELS = (3, 4, 5, 6, 7)
MEANS = {"caffe": (123.68, 116.779, 103.939), "vgg-face": (129.1863, 104.7624, 93.5940)}
"""Red, green, blue."""


def convolutions(blocks: tuple[int, ...]) -> dict[str, Tensor]:
    """Return random weights ``convB_I.weight`` and ``convB_I.bias`` of a narrow VGG."""
    generator = torch.Generator().manual_seed(7)
    weights, channels = {}, 3
    for block, number in enumerate(blocks):
        for i in range(number):
            shape = (CHANNELS[block], channels, 3, 3)
            weights[f"conv{block + 1}_{i + 1}.weight"] = torch.randn(shape, generator=generator) / 3
            weights[f"conv{block + 1}_{i + 1}.bias"] = torch.randn(shape[0], generator=generator)
            channels = shape[0]
    return weights


def as_torchvision(weights: dict[str, Tensor], blocks: tuple[int, ...]) -> dict[str, Tensor]:
    layers = [f"conv{b + 1}_{i + 1}" for b, number in enumerate(blocks) for i in range(number)]
    places = [2 * i + b for i, b in enumerate(b for b, number in enumerate(blocks) for _ in range(number))]
    return {
        f"features.{place}.{part}": weights[f"{layer}.{part}"]
        for layer, place in zip(layers, places, strict=True)
        for part in ("weight", "bias")
    }


def plain_features(weights: dict[str, Tensor], layer: str, pictures: Tensor, kind: str) -> Tensor:
    """Compute the same VGG, written out; pictures RGB in [-1, 1], ``weights`` by conv names."""
    if kind == "torchvision":
        mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
        x = ((pictures + 1) / 2 - mean[:, None, None]) / std[:, None, None]
    else:
        x = (pictures + 1) * 127.5 - torch.tensor(MEANS[kind])[:, None, None]
        x = x[:, [2, 1, 0]] if kind == "caffe" else x
    block = "1"
    for name in sorted(key.removesuffix(".weight") for key in weights if key.endswith(".weight")):
        if name[4] != block:
            x, block = F.max_pool2d(x, 2, 2), name[4]
        x = F.relu(F.conv2d(x, weights[f"{name}.weight"], weights[f"{name}.bias"], padding=1))
        if name == layer:
            return x
    raise AssertionError(layer)


def pictures(size: int = 32) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(8)
    one, other = torch.rand(2, 2, 3, size, size, generator=generator) * 2 - 1
    return one, other


def write(weights: dict[str, Tensor], path: Path) -> Path:
    save_file(weights, path) if path.suffix == ".safetensors" else torch.save(weights, path)
    return path


@pytest.mark.parametrize(
    ("blocks", "kind", "suffix", "layer", "means"),
    [
        (VGG19, "caffe", "safetensors", "conv3_4", "conv3_4"),
        (VGG19, "caffe", "pt", "conv4", "conv4_4"),
        (VGG16, "caffe", "pth", "conv2_1", "conv2_1"),
        (VGG16, "vgg-face", "pth", "conv4", "conv4_3"),
        (VGG16, "torchvision", "pth", "conv5", "conv5_3"),
        (VGG19, "torchvision", "safetensors", "conv3_2", "conv3_2"),
    ],
)
def test_every_kind_of_file_agrees_with_the_plain_network(
    blocks: tuple[int, ...], kind: str, suffix: str, layer: str, means: str, tmp_path: Path
) -> None:
    weights = convolutions(blocks)
    stored = as_torchvision(weights, blocks) if kind == "torchvision" else dict(weights)
    stored["fc8.weight"] = torch.zeros(2622 if kind == "vgg-face" else 1000, 2)
    vgg = load_vgg(write(stored, tmp_path / f"vgg.{suffix}"), layer)
    restored, truth = pictures()
    wanted = plain_features(weights, means, restored, kind)
    torch.testing.assert_close(vgg(restored), wanted, rtol=1e-3, atol=1e-2)
    loss = perceptual_loss(vgg, restored, truth, torch.ones(2, 1, 32, 32))
    by_hand = (wanted - plain_features(weights, means, truth, kind)).square().mean()
    torch.testing.assert_close(loss, by_hand, rtol=1e-3, atol=0)


@pytest.mark.parametrize("kind", ["caffe", "vgg-face"])
def test_a_vgg_16_without_fc8_needs_its_preprocessing_named(kind: Preprocessing, tmp_path: Path) -> None:
    path = write(convolutions(VGG16), tmp_path / "vgg.pth")
    with pytest.raises(ModelError, match="vgg-face or caffe"):
        load_vgg(path, "conv1_1")
    wanted = plain_features(convolutions(VGG16), "conv1_1", pictures()[0], kind)
    torch.testing.assert_close(load_vgg(path, "conv1_1", kind)(pictures()[0]), wanted, rtol=1e-4, atol=1e-3)


def test_only_the_pictures_learn(tmp_path: Path) -> None:
    vgg = load_vgg(write(convolutions(VGG19), tmp_path / "vgg.pt"), "conv2_1")
    restored, truth = pictures()
    perceptual_loss(vgg, restored.requires_grad_(), truth, torch.ones(2, 1, 32, 32)).backward()
    assert float(restored.grad.abs().sum()) > 0
    assert not vgg.training
    assert [p.requires_grad for p in vgg.parameters()] == [False] * 6


def test_padding_is_left_out_by_hand(tmp_path: Path) -> None:
    """Compare features of the left half only, of a picture that has the truth's right half."""
    weights = convolutions(VGG19)
    vgg = load_vgg(write(weights, tmp_path / "vgg.pt"), "conv2_2")
    restored, truth = pictures()
    real = torch.zeros(2, 1, 32, 32)
    real[..., :17] = 1
    seen = torch.cat((restored[..., :17], truth[..., 17:]), 3)
    both = (plain_features(weights, "conv2_2", picture, "caffe") for picture in (seen, truth))
    difference = torch.sub(*both).square().mean((0, 1, 2))
    by_hand = (difference[:8].sum() + 0.5 * difference[8]) / 8.5
    torch.testing.assert_close(perceptual_loss(vgg, restored, truth, real), by_hand, rtol=1e-4, atol=0)


def test_loading_draws_no_random_numbers(tmp_path: Path) -> None:
    path = write(convolutions(VGG19), tmp_path / "vgg.pt")
    before = torch.get_rng_state()
    load_vgg(path, "conv5")
    assert torch.equal(before, torch.get_rng_state())


ALEXNET = {f"features.{place}.weight": torch.zeros(64, 3, 11, 11) for place in (0, 3, 6, 8, 10)}


def without(key: str) -> dict[str, Tensor]:
    return {name: value for name, value in convolutions(VGG19).items() if not name.startswith(key)}


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (convolutions((2, 2)), "no layer conv3. Take one of conv1_1, conv1_2, conv2_1, conv2_2"),
        ({"layer1.0.conv1.weight": torch.zeros(4, 3, 3, 3)}, "is no VGG: it has neither"),
        (ALEXNET, r"is no VGG: features.0 has weights of shape \(64, 3, 11, 11\)"),
        (without("conv2_1"), "conv2_2 but not the convolution before it"),
        (without("conv3_1.bias"), r"conv3_1 has weights of shape \(5, 4, 3, 3\) and biases of shape \(0,\)"),
        (without("conv1_2") | {"conv1_2.weight": torch.zeros(3, 9, 3, 3)}, "its input has 3 channels"),
        (convolutions(VGG19) | {"features.1.running_mean": torch.zeros(3)}, "batch normalisation"),
    ],
)
def test_files_that_do_not_fit_are_refused(weights: dict[str, Tensor], message: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=message) as caught:
        load_vgg(write(weights, tmp_path / "odd.pth"), "conv3")
    assert "odd.pth" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="There is no file"):
        load_vgg(tmp_path / "vgg.pth", "conv4")


@pytest.mark.parametrize("name", ["vgg.pth", "vgg.safetensors"])
@pytest.mark.parametrize("size", [0, 10, 500])
def test_a_truncated_file_is_refused(name: str, size: int, tmp_path: Path) -> None:
    path = write(convolutions((2, 2)), tmp_path / name)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(ModelError, match="broken"):
        load_vgg(path, "conv1")


@pytest.mark.parametrize("value", [torch.nn.Conv2d(3, 4, 3), [torch.zeros(1)], b"VGG"])
def test_anything_but_a_state_dict_is_not_unpickled(value: object, tmp_path: Path) -> None:
    torch.save(value, tmp_path / "vgg.pth")
    with pytest.raises(ModelError, match="more than tensors"):
        load_vgg(tmp_path / "vgg.pth", "conv1")


@pytest.mark.shared_data
def test_the_developers_vgg_file_is_read(shared: Path) -> None:
    path = shared.parent / "weights" / "vgg19_conv1_1-conv3_4.safetensors"
    vgg = load_vgg(path, "conv3")
    picture, _ = pictures()
    wanted = plain_features(load_file(path), "conv3_4", picture, "caffe")
    torch.testing.assert_close(vgg(picture), wanted, rtol=1e-3, atol=1e-2)
    with pytest.raises(ModelError, match="no layer conv4"):
        load_vgg(path, "conv4")
