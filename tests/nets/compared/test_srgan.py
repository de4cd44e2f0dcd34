from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gfrnet.nets.compared.enlargement import small_picture
from gfrnet.nets.compared.srgan import SRGAN, SRGANConfig, SRGANDiscriminator
from network_checks import (
    check_bfloat16,
    convolutions,
    inputs_of,
    losses,
    parameters,
    photos,
    restored,
    unseen,
    without,
)


def network(factor: int = 4, guided: bool = False) -> SRGAN:
    torch.manual_seed(0)
    return SRGAN(SRGANConfig(kind="srgan", factor=factor, guided=guided)).eval()


@pytest.mark.parametrize(
    ("factor", "guided", "expected"), [(4, False, 1_547_350), (8, False, 1_695_063), (4, True, 2_029_462)]
)
def test_layers_and_their_number_agree_with_the_paper(factor: int, guided: bool, expected: int) -> None:
    made = network(factor, guided)
    assert parameters(made) == expected
    stages = 2 if factor == 4 else 3
    trunk, enlarging = [(64, 64, 3, 1)] * 33, [(64, 256, 3, 1)] * stages
    assert convolutions(made) == [(96 if guided else 3, 64, 9, 1), *trunk, *enlarging, (64, 3, 9, 1)]
    slopes = [layer.num_parameters for layer in made.modules() if isinstance(layer, nn.PReLU)]
    assert slopes == [1] * (1 + 16 + stages)
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in made.modules()) == 33


def test_the_entry_passes_by_the_trunk() -> None:
    made, degraded = network(), photos(32)
    generator = made.generator
    with without(generator.trunk[-1]), torch.no_grad():
        entered = generator.enter((small_picture(degraded, 4) + 1) / 2)
        expected = generator.leave(generator.enlarge(entered)).clamp(-1, 1)
        torch.testing.assert_close(restored(made, degraded), expected)


def test_a_block_adds_its_input_to_a_normed_convolution() -> None:
    block = network().generator.trunk[0]
    kinds = [type(layer) for layer in block.layers]
    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.PReLU, nn.Conv2d, nn.BatchNorm2d]
    features = torch.randn(1, 64, 6, 6)
    with without(block.layers[-1]):
        assert torch.equal(block(features), features)


@pytest.mark.parametrize("factor", [4, 8])
def test_it_sees_the_small_photo_alone_from_0_to_1(factor: int) -> None:
    made, degraded = network(factor), photos(64, factor=factor)
    with inputs_of(made.generator) as seen:
        found = restored(made, degraded, -degraded)
        again = restored(made, degraded + unseen(64, factor))
    torch.testing.assert_close(seen[0], (small_picture(degraded, factor) + 1) / 2)
    assert seen[0].shape == (1, 3, 64 // factor, 64 // factor)
    torch.testing.assert_close(again, found, atol=1e-4, rtol=0)


def test_msrgan_sees_every_pixel_of_both_pictures_at_a_quarter_of_their_size() -> None:
    made, degraded, guide = network(guided=True), photos(32), photos(32, seed=1)
    with inputs_of(made.generator) as seen:
        found = restored(made, degraded, guide)
    assert seen[0].shape == (1, 96, 8, 8)
    pixels = torch.cat((degraded, guide)).flatten().sort().values
    torch.testing.assert_close(seen[0].flatten().sort().values * 2 - 1, pixels)
    assert not torch.equal(found, restored(made, degraded, photos(32, seed=2)))
    assert torch.equal(restored(made, degraded), restored(made, degraded, torch.zeros_like(guide)))
    assert made.config.takes_guide


def test_one_msrgan_serves_both_factors() -> None:
    with pytest.raises(ValidationError, match="set factor to 4"):
        SRGANConfig(kind="srgan", factor=8, guided=True)


@pytest.mark.parametrize(("factor", "guided"), [(4, False), (8, False), (4, True)])
def test_it_restores_whole_photos(factor: int, guided: bool) -> None:
    restored(network(factor, guided), photos(256), photos(256))


@pytest.mark.parametrize("guided", [False, True])
def test_it_learns(guided: bool) -> None:
    found = losses(network(guided=guided), photos(32, 2), photos(32, 2, factor=1), 18, rate=3e-4)
    assert found[-1] < found[0] / 3


@pytest.mark.parametrize("guided", [False, True])
def test_it_learns_in_bfloat16(guided: bool) -> None:
    check_bfloat16(network(guided=guided), photos(32, 2), photos(32, 2, seed=1))


def discriminator(channels: int = 3) -> SRGANDiscriminator:
    torch.manual_seed(0)
    return SRGANDiscriminator(channels).eval()


def test_layers_of_the_discriminator_agree_with_the_paper() -> None:
    made = discriminator()
    widths = [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 512), (512, 512)]
    assert convolutions(made) == [(*w, 3, 1 + k % 2) for k, w in enumerate(widths)]
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in made.modules()) == 7
    leaks = [layer.negative_slope for layer in made.modules() if isinstance(layer, nn.LeakyReLU)]
    assert leaks == [0.2] * 9
    assert parameters(made) == 23_563_649
    assert parameters(discriminator(6)) == 23_563_649 + 3 * 9 * 64


def test_pooling_changes_nothing_at_the_papers_size() -> None:
    made, pictures = discriminator(), photos(96, 2)
    with torch.no_grad():
        expected = nn.Sequential(*list(made.decide)[1:])(made.features(pictures))
        torch.testing.assert_close(made(pictures)[:, :, 0, 0], expected)


@pytest.mark.parametrize("size", [64, 256])
def test_the_discriminator_gives_a_logit_for_each_picture_of_any_size(size: int) -> None:
    with torch.no_grad():
        logits = discriminator()(photos(size, 2))
    assert logits.shape == (2, 1, 1, 1)
    assert logits.unique().numel() == 2


def test_the_discriminator_learns_in_bfloat16() -> None:
    made = discriminator().train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = made(photos(64, 2))
    assert logits.dtype == torch.float32
    logits.square().mean().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.any() for p in made.parameters())
