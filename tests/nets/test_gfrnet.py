import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gfrnet.nets import PAPER, SLIM, GFRNet, GFRNetConfig, count, identity_flow
from gfrnet.nets.attention import REACH, CrossAttention
from gfrnet.nets.layers import Matching, detail_bands, match_colours
from gfrnet.nets.paper import RecNet, WarpNet
from gfrnet.nets.predecessors import DetailRecNet
from gfrnet.nets.pyramid import GlobalMatching
from gfrnet.nets.residual import ResidualBlock, ResidualRecNet
from gfrnet.nets.texture import TextureNet

NARROW = GFRNetConfig(warpnet_width=4, recnet_width=4)
CONFIGS = {
    "paper": NARROW,
    "slim": GFRNetConfig(warpnet="matching", recnet="detail", warpnet_width=4, recnet_width=4),
    "pyramid": GFRNetConfig(warpnet="pyramid", recnet="detail", warpnet_width=4, recnet_width=4),
    "residual": GFRNetConfig(warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4),
    "residual, deep": GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4, recnet_depth=3
    ),
    "residual, attention": GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4, guide_attention=True
    ),
    "residual, no guide": GFRNetConfig(warpnet="none", recnet="residual", recnet_width=4, guided=False),
    "textured": GFRNetConfig(
        warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4, texture_width=4
    ),
    "textured, no guide": GFRNetConfig(
        warpnet="none", recnet="residual", recnet_width=4, texture_width=4, guided=False
    ),
    "no warp": GFRNetConfig(warpnet="none", recnet_width=4),
    "no guide": GFRNetConfig(warpnet="none", recnet_width=4, guided=False),
    "slim, no guide": GFRNetConfig(warpnet="none", recnet="detail", recnet_width=4, guided=False),
}


def pictures(number: int = 2) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(3)
    shape = (number, 3, 256, 256)
    return torch.rand(shape, generator=generator) * 2 - 1, torch.rand(shape, generator=generator) * 2 - 1


@pytest.mark.parametrize("name", CONFIGS)
def test_shapes_and_ranges(name: str) -> None:
    result = GFRNet(CONFIGS[name]).eval()(*pictures())
    assert result.restored.shape == (2, 3, 256, 256)
    assert float(result.restored.detach().abs().max()) <= 1
    if not CONFIGS[name].warps:
        assert result.warped is result.flow is None
        return
    assert result.warped.shape == (2, 3, 256, 256)
    assert result.flow.shape == (2, 2, 256, 256)
    assert float(result.flow.detach().abs().max()) <= 1


def test_a_deeper_recnet_begins_with_the_results_of_the_plain_one() -> None:
    plain, deep = ResidualRecNet(4).eval(), ResidualRecNet(4, depth=2).eval()
    degraded, guide = pictures()
    deep.begin_with(plain)
    assert torch.equal(deep(degraded, guide), plain(degraded, guide))
    further = deep.before[2]
    assert isinstance(further, ResidualBlock)
    nn.init.constant_(further.second.bias, 0.5)  # type: ignore[arg-type]
    assert not torch.equal(deep(degraded, guide), plain(degraded, guide))
    for other in (deep, ResidualRecNet(8), RecNet(4)):
        with pytest.raises(RuntimeError):
            plain.begin_with(other)


def test_only_a_residual_recnet_has_a_depth_and_attention() -> None:
    with pytest.raises(ValidationError, match="recnet_depth"):
        GFRNetConfig(recnet="detail", recnet_depth=2)
    with pytest.raises(ValidationError, match="guide_attention"):
        GFRNetConfig(recnet="detail", guide_attention=True)
    with pytest.raises(ValidationError, match="guide_attention"):
        GFRNetConfig(warpnet="none", recnet="residual", guided=False, guide_attention=True)


def test_attention_can_start_from_a_recnet_without_it() -> None:
    plain, attentive = ResidualRecNet(4).eval(), ResidualRecNet(4, attention=True).eval()
    degraded, guide = pictures()
    attentive.begin_with(plain)
    assert not torch.equal(attentive(degraded, guide), plain(degraded, guide))
    assert attentive.attention is not None
    nn.init.zeros_(attentive.attention.attend.leave.weight)
    assert torch.equal(attentive(degraded, guide), plain(degraded, guide))


@pytest.mark.parametrize("shift", [(0, 0), (REACH, 0), (0, -REACH), (-2, 1)])
def test_attention_finds_what_has_moved_a_few_places(shift: tuple[int, int]) -> None:
    """Check places at the borders of blocks too; the frame has no neighbours beyond the picture."""
    torch.manual_seed(0)
    attention = CrossAttention(32, 32)
    for layer in (attention.query, attention.key, attention.value, attention.leave):
        nn.init.dirac_(layer.weight)
    for layer in (attention.value, attention.leave):
        nn.init.zeros_(layer.bias)
    nn.init.constant_(attention.sharpness, 6.0)
    here = torch.randn(2, 32, 16, 24)
    there = torch.roll(here, shift, dims=(2, 3))
    found = attention(here, there).detach() - here
    inside = (..., slice(REACH, -REACH), slice(REACH, -REACH))
    torch.testing.assert_close(found[inside], here[inside], atol=1e-3, rtol=0)


def test_untrained_texture_is_little_and_the_restored_photo_stays() -> None:
    network = GFRNet(CONFIGS["textured"]).eval()
    result = network(*pictures())
    assert result.textured is not None
    torch.testing.assert_close(result.textured, result.restored, atol=0.1, rtol=0)
    assert network.texturenet is not None
    nn.init.constant_(network.texturenet.leave.bias, 0.5)
    again = network(*pictures())
    assert torch.equal(again.restored, result.restored)
    assert again.last is again.textured
    assert not torch.equal(again.textured, result.textured)


def test_texture_has_no_lattice() -> None:
    torch.manual_seed(0)
    flat = torch.full((1, 3, 256, 256), 0.3)
    for network, has_lattice in ((TextureNet(8), False), (ResidualRecNet(8), True)):
        nn.init.normal_(network.leave.weight, std=0.1)
        with torch.no_grad():
            inside = network.eval()(flat, flat)[..., 96:160, 96:160]
        assert (float(inside.std((2, 3)).max()) > 1e-3) is has_lattice


@pytest.mark.parametrize("name", CONFIGS)
def test_trains_with_a_batch_of_one_without_a_guide(name: str) -> None:
    network = GFRNet(CONFIGS[name]).train()
    degraded, guide = pictures(1)
    result = network(degraded, torch.zeros_like(guide))
    learnt = [values for values in (result.restored, result.flow) if values is not None]
    sum(values.square().mean() for values in learnt).backward()
    gradients = [p.grad for p in network.parameters() if p.grad is not None]
    assert gradients
    assert all(torch.isfinite(gradient).all() for gradient in gradients)


def test_channel_table_of_figures_3_and_4() -> None:
    with torch.device("meta"):
        warpnet, recnet = WarpNet(64), RecNet(64)
    encoder = [6, 64, 128, 256, 512, 1024, 1024, 1024, 1024]
    for network in (warpnet, recnet):
        convolutions = [m for m in network.encoder.modules() if isinstance(m, nn.Conv2d)]
        assert [c.in_channels for c in convolutions] + [convolutions[-1].out_channels] == encoder
        assert all(c.kernel_size == (4, 4) and c.stride == (2, 2) for c in convolutions)
    up = [m for m in warpnet.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in up] == [
        (1024, 1024), (1024, 1024), (1024, 1024), (1024, 512), (512, 256), (256, 128), (128, 64), (64, 2),
    ]  # fmt: skip
    up = [m for m in recnet.modules() if isinstance(m, nn.ConvTranspose2d)]
    assert [(c.in_channels, c.out_channels) for c in up] == [
        (1024, 1024), (2048, 1024), (2048, 1024), (2048, 512), (1024, 256), (512, 128), (256, 64), (128, 3),
    ]  # fmt: skip


def test_only_the_first_and_last_encoder_layers_lack_normalisation() -> None:
    network = WarpNet(4)
    normalised = [any(isinstance(m, nn.BatchNorm2d) for m in layer) for layer in network.encoder.layers]
    assert normalised == [False, True, True, True, True, True, True, False]
    assert all(any(isinstance(m, nn.BatchNorm2d) for m in layer) for layer in network.decoder)
    assert isinstance(network.head, nn.ConvTranspose2d)


def test_bottleneck_survives_a_batch_of_one() -> None:
    network = WarpNet(4).train()
    first, second = pictures()
    one, other = network(first[:1], first[:1]), network(second[:1], second[:1])
    assert float((one - other).detach().abs().max()) > 1e-3


def test_published_size() -> None:
    with torch.device("meta"):
        network = GFRNet(PAPER)
    assert sum(parameter.numel() for parameter in network.parameters()) == 290_641_285


def test_counts_add_up() -> None:
    warpnet, recnet, everything = count(GFRNet(CONFIGS["paper"]))
    assert everything.parameters == warpnet.parameters + recnet.parameters
    assert everything.flops >= warpnet.flops + recnet.flops > 0


def test_untrained_slim_network_is_nearly_bicubic() -> None:
    torch.manual_seed(0)
    degraded, guide = pictures(1)
    result = GFRNet(SLIM).eval()(degraded, guide)
    inside = (result.flow - identity_flow(256, 256, degraded))[..., 64:192, 64:192]
    assert float(inside.detach().abs().max()) < 0.1
    assert float((result.restored - degraded).detach().abs().max()) < 0.1


def test_untrained_pyramid_is_near_the_identity_and_gives_every_stage() -> None:
    torch.manual_seed(0)
    degraded, guide = pictures(2)
    network = GFRNet(CONFIGS["pyramid"]).eval()
    result = network(degraded, guide)
    assert [tuple(flow.shape) for flow in result.early] == [(2, 2, 16, 16)] * 2 + [(2, 2, 32, 32)]
    inside = (result.flow - identity_flow(256, 256, degraded))[..., 64:192, 64:192]
    assert float(inside.detach().abs().max()) < 0.1
    # A batch is restored as its photos one by one.
    alone = network(degraded[1:], guide[1:])
    torch.testing.assert_close(alone.flow, result.flow[1:], atol=1e-4, rtol=0)


def test_global_matching_finds_what_has_moved() -> None:
    """Find features that moved four places to the right."""
    torch.manual_seed(0)
    matching = GlobalMatching(64)
    nn.init.constant_(matching.sharpness, 5.0)
    there = torch.randn(1, 64, 16, 16)
    here = torch.roll(there, -4, dims=3)
    found, _ = matching(here, there)
    shift = torch.tensor([4 * 2 / 15, 0.0]).reshape(1, 2, 1, 1).expand(1, 2, 16, 12)
    torch.testing.assert_close(found[..., :12].detach(), shift, atol=0.02, rtol=0)


def test_correlation_is_the_product_with_each_neighbour() -> None:
    one, other = torch.rand(2, 5, 8, 8), torch.rand(2, 5, 8, 8)
    padded = nn.functional.pad(other, (2, 2, 2, 2))
    wanted = [(one * padded[:, :, y : y + 8, x : x + 8]).sum(1) for y in range(5) for x in range(5)]
    torch.testing.assert_close(Matching(5, 4, radius=2).correlate(one, other), torch.stack(wanted, 1))


def test_detail_bands_hold_what_blurring_removes() -> None:
    picture, _ = pictures(1)
    bands = detail_bands(picture, 3)
    remainder = picture - torch.stack(bands).sum(0)
    assert float(remainder.std()) < 0.2 * float(picture.std())
    flat = detail_bands(torch.full((1, 3, 32, 32), 0.3), 3)
    assert all(float(band.abs().max()) < 1e-6 for band in flat)


def test_colours_are_matched() -> None:
    degraded, guide = pictures(1)
    matched = match_colours(guide * 0.5 + 0.2, degraded * 0.4 - 0.3)
    torch.testing.assert_close(matched.mean((2, 3)), (degraded * 0.4 - 0.3).mean((2, 3)), atol=1e-3, rtol=0)
    torch.testing.assert_close(matched.std((2, 3)), (degraded * 0.4).std((2, 3)), atol=1e-2, rtol=0)


def test_warping_without_a_guide_is_refused() -> None:
    with pytest.raises(ValidationError, match="nothing to warp"):
        GFRNetConfig(guided=False)


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(ValidationError, match="widht"):
        GFRNetConfig.model_validate({"widht": 3})


@pytest.mark.parametrize("name", ["slim", "pyramid"])
def test_a_place_outside_the_guide_keeps_its_gradient_while_it_is_learnt(name: str) -> None:
    """Keep the gradient: without it a flow that has left the guide would never come back."""
    network = GFRNet(CONFIGS[name])
    picture, _ = pictures(1)
    final = network.get_submodule("warpnet.match64.head")[-1]
    torch.nn.init.constant_(final.bias, 64.0 * 3)  # a step of three halves of the picture
    network.train().flows(picture, picture)[-1].sum().backward()
    assert final.bias.grad.abs().min() > 0
    assert network.eval().flows(picture, picture)[-1].abs().max() <= 1


@pytest.mark.parametrize("recnet", [DetailRecNet(4), ResidualRecNet(4)], ids=["detail", "residual"])
def test_a_value_outside_the_range_keeps_its_gradient_while_it_is_learnt(recnet: nn.Module) -> None:
    white = torch.ones(1, 3, 256, 256)
    last = recnet.get_submodule("residual" if isinstance(recnet, DetailRecNet) else "leave")
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    nn.init.constant_(last.bias, 0.5)
    recnet.train()(white, white).sum().backward()
    assert last.bias.grad is not None
    assert last.bias.grad[:12].abs().min() > 0
    assert recnet.eval()(white, white).abs().max() <= 1
