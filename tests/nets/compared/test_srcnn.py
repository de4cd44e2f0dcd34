from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gfrnet.nets import count
from gfrnet.nets.compared import SRCNN, SRCNNConfig


def network(middle: int = 5) -> SRCNN:
    torch.manual_seed(0)
    return SRCNN(SRCNNConfig(kind="srcnn", middle=middle)).eval()


@pytest.mark.parametrize(("middle", "parameters"), [(5, 57_281), (1, 8_129)])
def test_number_of_parameters_agrees_with_the_paper(middle: int, parameters: int) -> None:
    (size,) = count(network(middle))
    assert (size.name, size.parameters) == ("all", parameters)


def test_layers_agree_with_the_paper() -> None:
    layers = [layer for layer in network().layers if isinstance(layer, nn.Conv2d)]
    shapes = [(layer.in_channels, layer.out_channels, layer.kernel_size[0]) for layer in layers]
    assert shapes == [(1, 64, 9), (64, 32, 5), (32, 1, 5)]
    assert {layer.padding_mode for layer in layers} == {"replicate"}


def test_only_luma_changes() -> None:
    """Compare the colour differences with Pillow's, which are rounded."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(90, 160, (8, 8, 3), dtype=np.uint8))
    photo = np.asarray(coarse.resize((256, 256), Image.Resampling.BICUBIC))
    degraded = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None] / 127.5 - 1
    made = network()
    with torch.no_grad():
        made.layers[-1].weight.mul_(0.1)
        made.layers[-1].bias.fill_(0.45)
        restored = made(degraded).restored
    pixels = ((restored[0].permute(1, 2, 0).numpy() + 1) * 127.5).round().astype(np.uint8)
    before, after = (np.asarray(Image.fromarray(p).convert("YCbCr")).astype(int) for p in (photo, pixels))
    inside = (pixels > 0).all(-1) & (pixels < 255).all(-1)
    assert inside.mean() > 0.9
    assert np.abs(before - after)[inside][:, 1:].max() <= 2
    assert np.abs(before - after)[inside][:, 0].max() > 5


def test_the_guide_is_ignored() -> None:
    degraded = torch.rand(1, 3, 256, 256) * 2 - 1
    with torch.no_grad():
        assert torch.equal(network()(degraded).restored, network()(degraded, -degraded).restored)


def test_it_learns_to_give_its_input_back() -> None:
    made = network().train()
    degraded = torch.rand(2, 3, 32, 32) - 0.5
    optimizer = torch.optim.Adam(made.parameters(), 1e-3)
    losses = []
    for _ in range(60):
        loss = (made(degraded).restored - degraded).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 5
