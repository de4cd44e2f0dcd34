from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from compared_checks import convolutions, learn, silence, smooth, unreached, whole
from gfrnet.nets.compared.deepdeblur import DeepDeblur, DeepDeblurConfig, DeepDeblurDiscriminator, halve
from network_checks import parameters


def network() -> DeepDeblur:
    torch.manual_seed(0)
    return DeepDeblur(DeepDeblurConfig(kind="deepdeblur"))


def test_parameters_agree_with_the_authors_code() -> None:
    assert parameters(network()) == 11_721_321
    assert parameters(DeepDeblurDiscriminator(3)) == 10_725_217


def test_each_scale_has_40_convolutions_of_its_own() -> None:
    scales = network().scales
    for scale, channels in ((scales.coarse, 3), (scales.middle, 6), (scales.fine, 6)):
        layers = convolutions(scale)
        assert len(layers) == 40
        assert {(layer.kernel_size, layer.stride, layer.padding_mode) for layer in layers} == {
            ((5, 5), (1, 1), "zeros")
        }
        assert layers[0].in_channels == channels
    assert not any(isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d) for layer in scales.modules())


def test_no_relu_stands_after_the_first_convolution_or_a_sum() -> None:
    """Let all blocks add nothing: what remains must be linear."""
    scale = network().scales.coarse
    for layer in convolutions(scale):
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    for block in scale[1:-1]:
        silence(convolutions(block)[-1])
    photo = smooth(16, 0)
    with torch.no_grad():
        torch.testing.assert_close(scale(-photo), -scale(photo))


def test_the_photo_is_not_added_to_the_result() -> None:
    made = network().eval()
    silence(convolutions(made.scales.fine)[-1], 0.1)
    with torch.no_grad():
        restored = made(smooth(32, 0)).restored
    torch.testing.assert_close(restored, torch.full((1, 3, 32, 32), 0.2))


def test_every_scale_begins_with_the_result_of_the_one_before() -> None:
    made = network().train()
    taken = []
    for enlarging in (made.scales.to_middle, made.scales.to_fine):
        enlarging.register_forward_pre_hook(lambda _, given: taken.append(given[0]))
    stages = made(smooth(32, 0)).stages
    assert [stage.shape[-1] for stage in stages] == [8, 16]
    assert all(torch.equal(given * 2, stage) for given, stage in zip(taken, stages, strict=True))


def test_results_fit_the_photo_and_stages_appear_only_while_learning() -> None:
    made = network().eval()
    with torch.no_grad():
        crop = made(smooth(24, 0), -smooth(24, 0))
        assert torch.equal(crop.restored, made(smooth(24, 0)).restored)
        silence(convolutions(made.scales.fine)[-1], 3.0)
        assert made(smooth(24, 0)).restored.max() == 1
    assert crop.restored.shape == (1, 3, 24, 24)
    assert crop.stages == ()
    assert whole(made) == (1, 3, 256, 256)


def halved_by_loops(rows: Tensor) -> Tensor:
    high, wide = rows.shape[0] // 2, rows.shape[1] // 2
    result = torch.zeros(high, wide)
    for y in range(high):
        for x in range(wide):
            for dy, down in enumerate((1, 3, 3, 1)):
                for dx, across in enumerate((1, 3, 3, 1)):
                    at_y = min(max(2 * y + dy - 1, 0), rows.shape[0] - 1)
                    at_x = min(max(2 * x + dx - 1, 0), rows.shape[1] - 1)
                    result[y, x] += down * across * rows[at_y, at_x] / 64
    return result


def test_halving_agrees_with_loops_and_moves_nothing() -> None:
    photo = torch.rand(2, 3, 8, 12)
    expected = torch.stack([torch.stack([halved_by_loops(plane) for plane in one]) for one in photo])
    torch.testing.assert_close(halve(photo), expected)
    ramp = torch.arange(16.0).expand(1, 1, 16, 16)
    torch.testing.assert_close(
        halve(ramp)[..., 1:-1], (torch.arange(8.0) * 2 + 0.5).expand(1, 1, 8, 8)[..., 1:-1]
    )


def test_gradients_in_bf16_reach_every_parameter() -> None:
    assert unreached(network(), 16) == []


def test_it_learns() -> None:
    errors = learn(network(), 8, 1e-4, side=16)
    assert errors[-1] < errors[0] / 2


@pytest.mark.parametrize("side", [64, 96, 128, 256])
def test_the_discriminator_judges_pictures_and_crops(side: int) -> None:
    judge = DeepDeblurDiscriminator(3)
    pictures = smooth(side, 0)
    logits = judge(pictures)
    assert logits.shape == (1, 1, 1, 1)
    logits.sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in judge.parameters())


def test_the_discriminator_is_the_published_one_at_256() -> None:
    judge = DeepDeblurDiscriminator(3).eval()
    layers = convolutions(judge)
    assert [layer.stride[0] for layer in layers] == [1, 2, 1, 2, 1, 4, 1, 4, 1, 1, 1]
    assert [layer.out_channels for layer in layers] == [32, 32, 64, 64, 128, 128, 256, 256, 512, 512, 1]
    assert [layer.bias is not None for layer in layers] == [False] * 10 + [True]
    with torch.no_grad():
        features = judge.layers[:8](smooth(256, 0))
        assert torch.equal(judge.layers[8](features), features)
        silence(layers[-1], 7.0)
        assert judge(smooth(256, 0)).item() == 7  # no sigmoid follows


def test_no_gradient_of_a_crop_is_left_unset() -> None:
    """oneDNN sets no gradient in bfloat16 where a kernel lies in the padding alone; fresh memory shows it."""
    program = """
import torch
from gfrnet.nets.compared.deepdeblur import DeepDeblurDiscriminator
judge = DeepDeblurDiscriminator(3).to(memory_format=torch.channels_last)
with torch.autocast("cpu", torch.bfloat16):
    logits = judge(torch.zeros(2, 3, 64, 64))
logits.sum().backward()
print(max(parameter.grad.abs().max().item() for parameter in judge.parameters()))
"""
    # The C library fills what it lends with 0xFE, which no gradient comes near.
    lent = {**os.environ, "MALLOC_PERTURB_": "1"}
    told = subprocess.run(
        [sys.executable, "-c", program], env=lent, capture_output=True, text=True, check=True
    )
    assert float(told.stdout) < 1e6
