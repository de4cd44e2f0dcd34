from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gfrnet.degradation import Recipe, degrade, resize_bicubic
from gfrnet.demo import PORTRAIT
from gfrnet.images import read, to_signed
from gfrnet.nets.compared.enlargement import enlarge, small_picture
from gfrnet.nets.compared.tdae import TDAE, SpatialTransformer, TDAEConfig, TDAEDiscriminator, _sixteen
from gfrnet.nets.network import Restoration


def network() -> TDAE:
    torch.manual_seed(0)
    return TDAE(TDAEConfig(kind="tdae")).eval()


def thin() -> TDAE:
    """Make a TDAE whose decoders are single convolutions, which is fast."""
    made = network()
    for name in ("decoder1", "decoder2"):
        setattr(made, name, nn.Sequential(nn.Upsample(scale_factor=8), nn.Conv2d(3, 3, 5, padding=2)))
    return made


def photo(count: int = 1) -> Tensor:
    torch.manual_seed(1)
    return enlarge(torch.rand(count, 3, 16, 16) - 0.5, 16)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def convolutions(module: nn.Module) -> list[tuple[int, int]]:
    """Return channels and kernel of the convolutions, without those of spatial transformers."""
    parts = [part for part in module.children() if isinstance(part, nn.Conv2d)]
    return [(part.out_channels, part.kernel_size[0]) for part in parts]


def squared(result: Restoration, truth: Tensor) -> Tensor:
    parts = [
        (one - nn.functional.adaptive_avg_pool2d(truth, one.shape[-1])).square().mean()
        for one in (result.restored, *result.stages)
    ]
    return torch.stack(parts).sum()


def wake(made: nn.Module) -> None:
    """Give the transformers' last layers weights, as after a first step; at zero they stop the gradient."""
    for part in made.modules():
        if isinstance(part, SpatialTransformer):
            nn.init.normal_(part.localise[-1].weight, std=0.01)


def test_number_of_parameters_agrees_with_the_released_networks() -> None:
    made = network()
    sizes = {name: parameters(part) for name, part in made.named_children()}
    assert sizes == {"decoder1": 4_038_291, "encoder": 646_083, "decoder2": 2_225_155}
    assert parameters(TDAEDiscriminator(3)) == 6_859_425


def test_layers_agree_with_the_released_networks() -> None:
    made = network()
    assert convolutions(made.decoder1) == [(64, 5), (128, 3), (512, 3), (256, 3), (128, 5), (64, 5), (3, 5)]
    assert convolutions(made.encoder) == [(32, 5), (64, 5), (128, 3), (256, 3), (3, 3)]
    assert convolutions(made.decoder2) == [(512, 3), (256, 3), (128, 5), (64, 5), (3, 5)]
    kinds = [type(part) for part in made.decoder1]
    assert kinds.count(nn.BatchNorm2d) == 4
    assert kinds[:4] == [nn.Conv2d, nn.ReLU] * 2
    moved = [kinds[i - 1] for i, kind in enumerate(kinds) if kind is SpatialTransformer]
    assert moved == [nn.Upsample, nn.Upsample]
    assert SpatialTransformer not in [type(part) for part in made.decoder2]
    assert isinstance(made.decoder2[-1], nn.Conv2d)


def test_transformers_start_at_the_identity() -> None:
    """Fail for the released start, which turns by 1 radian."""
    for size, channels in ((16, 4), (32, 4), (64, 4)):
        features = torch.rand(2, channels, size, size)
        with torch.no_grad():
            torch.testing.assert_close(SpatialTransformer(channels, size)(features), features)


def test_transformers_turn_scale_and_shift() -> None:
    """Compare with places computed for each pixel: the scaled turn of the shifted place."""
    made = SpatialTransformer(1, 16)
    turn, scale, right, down = 0.3, 0.8, 0.1, -0.2
    y, x = (grid.double() for grid in torch.meshgrid(*[torch.linspace(-1, 1, 16)] * 2, indexing="ij"))
    features = (2 * x - 3 * y).float()[None, None]  # bilinear samples of it are exact
    with torch.no_grad():
        made.localise[-1].bias.copy_(torch.tensor([turn, scale, right, down]))
        found = made(features)[0, 0]
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    source_x, source_y = cos * (x + right) - sin * (y + down), sin * (x + right) + cos * (y + down)
    inside = (source_x.abs() < 1) & (source_y.abs() < 1)
    assert inside.float().mean() > 0.7
    torch.testing.assert_close(
        found[inside], (2 * source_x - 3 * source_y)[inside].float(), atol=1e-5, rtol=0
    )


def test_a_photo_of_sixteen_pixels_is_found_exactly_and_others_are_halved() -> None:
    portrait = resize_bicubic(read(PORTRAIT).rgb8, 256, 256)
    own, ours = (
        torch.from_numpy(to_signed(degrade(portrait, recipe))).permute(2, 0, 1)
        for recipe in (Recipe(scale=16, noise=25.5), Recipe(scale=8))
    )
    found = _sixteen(torch.stack((own, ours)))
    assert (enlarge(found[:1], 16) - own).abs().mean() < 1 / 127.5
    halved = resize_bicubic(small_picture(ours[None], 8)[0].permute(1, 2, 0).numpy(), 16, 16)
    errors = np.abs(found[1].permute(1, 2, 0).numpy() - halved)
    assert errors[2:-2, 2:-2].max() < 1e-5
    assert errors.max() < 0.1  # the borders are weighed otherwise


def test_outputs_have_the_photos_size_and_range() -> None:
    made, degraded = thin(), photo()
    with torch.no_grad():
        made.decoder2[-1].weight.mul_(1000)
        result = made(degraded, -degraded)
        assert torch.equal(result.restored, made(degraded).restored)
    assert result.restored.shape == (1, 3, 256, 256)
    assert result.restored.abs().max() == 1
    assert result.stages == ()
    with pytest.raises(ValueError, match="256 x 256"):
        made(torch.zeros(1, 3, 128, 128))


def test_a_result_is_doubled_bicubically() -> None:
    made = thin()
    kept: list[Tensor] = []
    made.decoder2[-1].register_forward_hook(lambda _layer, _seen, out: kept.append(out))
    with torch.no_grad():
        restored = made(photo()).restored
    assert kept[0].shape == (1, 3, 128, 128)
    torch.testing.assert_close(restored, enlarge(kept[0], 2))


def test_the_three_networks_learn_apart() -> None:
    made = network().train()
    wake(made)
    result = made(photo())
    assert [stage.shape for stage in result.stages] == [(1, 3, 128, 128), (1, 3, 16, 16)]
    for part, found in zip(
        ("decoder1", "encoder", "decoder2"), (*result.stages, result.restored), strict=True
    ):
        made.zero_grad()
        found.square().mean().backward()
        for name, parameter in made.named_parameters():
            reached = parameter.grad is not None and bool(parameter.grad.any())
            assert reached == name.startswith(f"{part}."), (part, name)


def test_it_learns() -> None:
    made, degraded = thin().train(), photo(2)
    truth = degraded / 2 + 0.4
    optimizer = torch.optim.Adam(made.parameters(), 1e-3)
    losses = []
    for _ in range(10):
        loss = squared(made(degraded), truth)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.6 * losses[0], losses


def test_it_runs_in_bfloat16() -> None:
    made, degraded = thin().train(), photo(2)
    wake(made)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = made(degraded)
        squared(result, degraded).backward()
    assert {each.dtype for each in (result.restored, *result.stages)} == {torch.float32}
    assert all(p.grad is not None and p.grad.isfinite().all() for p in made.parameters())


def test_the_discriminator_judges_pictures_of_any_size() -> None:
    torch.manual_seed(0)
    judge = TDAEDiscriminator(3).eval()
    assert convolutions(judge.layers) == [(32, 5), (64, 5), (128, 5), (96, 5)]
    pictures = torch.rand(2, 3, 128, 128) * 2 - 1
    with torch.no_grad():
        logits = judge(pictures)
        assert logits.shape == (2, 1, 1, 1)
        assert logits[0] != logits[1]
        torch.testing.assert_close(judge(pictures.repeat_interleave(2, 2).repeat_interleave(2, 3)), logits)
    judge.train()(pictures).sum().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in judge.parameters())
