from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from gfrnet.nets.compared.cbn import CBN, BiNetwork, CBNConfig, PointNet
from gfrnet.nets.compared.contours import CONTOURS
from gfrnet.nets.compared.enlargement import enlarge
from gfrnet.nets.network import Restoration

BRANCH = [64] * 4 + [128] * 4 + [32] * 3 + [1]


def network(factor: int = 8) -> CBN:
    torch.manual_seed(0)
    return CBN(CBNConfig(kind="cbn", factor=factor)).eval()


def thin(factor: int = 8) -> CBN:
    """Make a CBN whose branches are single convolutions, and whose dense layers are narrow: it is fast."""
    made = network(factor)
    for net in made.modules():
        if isinstance(net, PointNet):
            net.layers[-3] = nn.Linear(net.layers[-3].in_features, 16)
            net.layers[-1] = nn.Linear(16, 68 * 2)
    for parent, name in ((made, "high128"), (made, "high256"), *bi_branches(made)):
        old = getattr(parent, name)[0]
        layer = nn.Conv2d(old.in_channels, 1, 3, padding=1)
        nn.init.zeros_(layer.bias)
        setattr(parent, name, nn.Sequential(layer))
    return made


def bi_branches(made: CBN) -> list[tuple[nn.Module, str]]:
    return [(made.bi_network, name) for name in ("common", "high")] if made.config.factor == 8 else []


def photo(factor: int = 8) -> Tensor:
    torch.manual_seed(1)
    return enlarge(torch.rand(1, 3, 256 // factor, 256 // factor) - 0.5, factor)


def parameters(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in module.modules() if isinstance(layer, nn.Conv2d)]


def squared(result: Restoration, truth: Tensor, points: Tensor) -> Tensor:
    """Return the sum of what the trainer makes of result, stages and landmarks."""
    loss = (result.restored - truth).square().mean() + (result.points - points).square().mean() / 1e4
    for stage in result.stages:
        small = nn.functional.adaptive_avg_pool2d(truth, stage.shape[-1])
        loss = loss + (stage - small).square().mean()
    return loss


@pytest.mark.parametrize(("factor", "expected"), [(8, 29_569_941), (4, 25_396_458)])
def test_number_of_parameters(factor: int, expected: int) -> None:
    assert parameters(network(factor)) == expected


def test_branches_agree_with_the_released_networks_but_for_two_masks() -> None:
    made = network()
    for branch in (made.bi_network.common, made.bi_network.high, made.high128, made.high256):
        layers = convolutions(branch)
        assert [layer.out_channels for layer in layers] == BRANCH
        assert {(layer.kernel_size, layer.padding) for layer in layers} == {((3, 3), (1, 1))}
        assert isinstance(branch[-1], nn.Conv2d)
    assert parameters(made.high128) + 2 * 9 * 64 == 691_777
    gate = convolutions(made.bi_network.gate)
    assert [layer.out_channels for layer in gate] == [64, 64, 64, 1]
    assert gate[0].in_channels == 3 + len(CONTOURS)
    # The released bi-network to 64 has two pictures and 14 masks.
    assert parameters(made.bi_network) + 9 * 64 * (1 + 3 + 3) == 1_461_507


@pytest.mark.parametrize(("size", "millions"), [(64, 2.7), (128, 24.0)])
def test_point_networks_agree_with_the_released_ones_but_for_their_landmarks(
    size: int, millions: float
) -> None:
    net = PointNet(size)
    layers = convolutions(net)
    assert [layer.out_channels for layer in layers] == [32, 32, 64, 64, 128, 128]
    assert {layer.padding for layer in layers} == {(0, 0)}
    assert round(parameters(net) / 1e6, 1) == millions
    with torch.no_grad():
        assert net(torch.rand(2, 1, size, size)).shape == (2, 68, 2)


def test_points_are_pixel_centres_at_256() -> None:
    net = PointNet(64)
    last = net.layers[-1]
    nn.init.zeros_(last.weight)
    with torch.no_grad():
        last.bias.copy_(torch.tensor([-1.0, 1.0]).repeat(68))
        assert torch.equal(net(torch.rand(1, 1, 64, 64))[0, 0], torch.tensor([0.0, 255.0]))


@pytest.mark.parametrize("factor", [4, 8])
def test_outputs_have_the_photos_size_and_range(factor: int) -> None:
    degraded, made = photo(factor), thin(factor)
    with torch.no_grad():
        result = made(degraded * 2, -degraded)
        without = made(degraded * 2)
    assert result.restored.shape == (1, 3, 256, 256)
    assert result.restored.abs().max() <= 1
    assert result.stages == ()
    assert result.points is not None
    assert result.points.shape == (1, 2 if factor == 8 else 1, 68, 2)
    assert torch.equal(result.restored, without.restored)


def test_it_needs_whole_faces() -> None:
    with pytest.raises(ValueError, match="256 x 256"):
        network()(torch.zeros(1, 3, 128, 128))


def test_untrained_branches_leave_the_enlarged_photo() -> None:
    """Fail if a branch predicted the picture itself, or a result had other colours than the photo."""
    made, degraded = thin().train(), photo()
    for layer in (made.bi_network.common, made.bi_network.high, made.high128, made.high256):
        nn.init.zeros_(layer[-1].weight)
    with torch.no_grad():
        result = made(degraded)
    assert [stage.shape[-1] for stage in result.stages] == [64, 64, 64, 128]
    for one in (*result.stages, result.restored):
        expected = nn.functional.interpolate(degraded, size=one.shape[-2:], mode="area")
        assert (one - expected).abs().mean() < 0.02


def test_the_gate_mixes_both_results_linearly() -> None:
    made = BiNetwork()
    nn.init.zeros_(made.gate[-1].weight)
    nn.init.constant_(made.gate[-1].bias, 1.5)  # a sigmoid could not give it
    picture, masks = torch.rand(1, 1, 64, 64), torch.zeros(1, 12, 64, 64)
    with torch.no_grad():
        common = made.without_masks(picture)
        high, mixed = made.with_masks(picture, masks, common)
    torch.testing.assert_close(mixed, 1.5 * high - 0.5 * common)


def test_the_masks_change_the_result() -> None:
    made, degraded = thin(4), photo(4)
    with torch.no_grad():
        before = made(degraded).restored
        made.points128.layers[-1].bias.add_(torch.rand(136))
        assert not torch.equal(made(degraded).restored, before)


def test_steps_and_point_networks_learn_apart() -> None:
    made, degraded = thin().train(), photo()
    result = made(degraded)
    assert result.points is not None
    learning = {
        "high256": result.restored.square().mean(),
        "high128": result.stages[3].square().mean(),
        "bi_network": result.stages[2].square().mean(),
        "points64": result.points[:, 0].square().mean(),
        "points128": result.points[:, 1].square().mean(),
    }
    assert set(learning) == {name for name, _ in made.named_children()}
    for part, loss in learning.items():
        made.zero_grad()
        loss.backward(retain_graph=True)
        for name, parameter in made.named_parameters():
            reached = parameter.grad is not None and parameter.grad.any()
            assert reached == name.startswith(f"{part}."), (part, name)


def test_the_gradient_reaches_all_of_a_bi_network() -> None:
    made, picture = BiNetwork(), torch.rand(1, 1, 16, 16)
    common = made.without_masks(picture)
    _, mixed = made.with_masks(picture, torch.ones(1, 12, 16, 16), common)
    mixed.square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in made.parameters())


def test_it_learns() -> None:
    made, degraded = thin(4).train(), photo(4)
    truth, points = (degraded * 1.2).clamp(-1, 1), torch.rand(1, 1, 68, 2) * 200 + 28
    optimizer = torch.optim.Adam(made.parameters(), 1e-3)
    losses = []
    for _ in range(5):
        loss = squared(made(degraded), truth, points)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.8 * losses[0], losses


def test_it_runs_in_bfloat16() -> None:
    made, degraded = thin().train(), photo()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        result = made(degraded)
        squared(result, degraded, torch.zeros(1, 1, 68, 2)).backward()
    assert {each.dtype for each in (result.restored, result.points, *result.stages)} == {torch.float32}
    assert all(p.grad is not None and p.grad.isfinite().all() for p in made.parameters())
