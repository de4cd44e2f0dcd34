from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gfrnet.nets.compared.enlargement import enlarge
from gfrnet.nets.compared.scgan import SCGAN, Block, SCGANConfig, SCGANDiscriminator


def network() -> SCGAN:
    torch.manual_seed(0)
    return SCGAN(SCGANConfig(kind="scgan")).eval()


def photo(side: int = 64) -> Tensor:
    torch.manual_seed(1)
    return enlarge(torch.rand(1, 3, side // 4, side // 4) - 0.5, 4)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


@pytest.mark.parametrize(("classes", "expected"), [(1, 4_695_425), (3, 4_711_811)])
def test_numbers_of_parameters(classes: int, expected: int) -> None:
    assert parameters(network()) == 1_346_243
    assert parameters(SCGANDiscriminator(3, classes)) == expected


def test_layers_agree_with_the_description() -> None:
    made = network()
    kinds = [type(part) for part in made.layers]
    assert kinds.count(Block) == 16
    assert kinds[-1] is nn.Tanh
    doubled = [part for part in made.layers if isinstance(part, nn.ConvTranspose2d)]
    assert [(part.kernel_size, part.stride) for part in doubled] == [((4, 4), (2, 2))] * 2
    assert not any(isinstance(part, nn.PReLU) for part in made.modules())


@pytest.mark.parametrize("side", [64, 96])
def test_it_restores_crops_and_whole_photos(side: int) -> None:
    made, degraded = network(), photo(side)
    with torch.no_grad():
        result = made(degraded, -degraded)
        assert torch.equal(result.restored, made(degraded).restored)
    assert result.restored.shape == (1, 3, side, side)
    assert result.restored.abs().max() <= 1
    assert SCGANConfig(kind="scgan").takes_crops
    assert not SCGANConfig(kind="scgan").takes_guide


def test_blocks_add_to_their_input() -> None:
    block, features = Block(), torch.rand(1, 64, 8, 8) - 0.5
    nn.init.zeros_(block.layers[-1].weight)
    assert torch.equal(block(features), features)  # no rectifier after the sum


def test_the_gradient_reaches_all_and_it_learns() -> None:
    made, degraded = network().train(), photo(32)
    truth = degraded / 2 + 0.4
    optimizer = torch.optim.Adam(made.parameters(), 1e-3)
    losses = []
    for _ in range(10):
        loss = (made(degraded).restored - truth).square().mean()
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.any() for p in made.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 3, losses


def test_it_runs_in_bfloat16() -> None:
    made, judge, degraded = network().train(), SCGANDiscriminator(3, 3), photo(32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        restored = made(degraded).restored
        logits = judge(restored)
        (logits.sum() + (restored - degraded).square().mean()).backward()
    assert restored.dtype == logits.dtype == torch.float32
    for part in (made, judge):
        assert all(p.grad is not None and p.grad.isfinite().all() for p in part.parameters())


def test_the_discriminator_judges_pictures_of_any_size() -> None:
    judge = SCGANDiscriminator(3, 3).eval()
    layers = [part for part in judge.modules() if isinstance(part, nn.Conv2d)]
    assert [part.out_channels for part in layers] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [part.stride[0] for part in layers] == [1, 2] * 4
    for side in (32, 64, 96):
        with torch.no_grad():
            assert judge(torch.rand(2, 3, side, side)).shape == (2, 3, 1, 1)


def test_features_are_the_results_of_all_convolutions() -> None:
    judge = SCGANDiscriminator(3)
    pictures = torch.rand(2, 3, 64, 64)
    features = judge.features(pictures)
    channels, sides = [64, 64, 128, 128, 256, 256, 512, 512], [64, 32, 32, 16, 16, 8, 8, 4]
    assert [tuple(each.shape) for each in features] == [
        (2, width, side, side) for width, side in zip(channels, sides, strict=True)
    ]
    assert any((each < 0).any() for each in features)
    torch.stack([each.square().mean() for each in features]).sum().backward()
    kernels = [part.weight for part in judge.modules() if isinstance(part, nn.Conv2d)]
    assert all(kernel.grad is not None and kernel.grad.any() for kernel in kernels)
