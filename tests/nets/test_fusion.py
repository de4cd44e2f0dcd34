"""Check how the network fuses several guides of one face."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from gfrnet.nets import GFRNet, GFRNetConfig
from gfrnet.nets.fusion import GuideFusion, first_of_each, for_each_guide

PLAIN = GFRNetConfig(
    warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=8, recnet_depth=2, texture_width=8
)
FUSING = PLAIN.model_copy(update={"guide_fusion": True})


def pictures(count: int, seed: int) -> Tensor:
    return torch.rand(count, 3, 256, 256, generator=torch.Generator().manual_seed(seed)) * 2 - 1


@pytest.fixture(scope="module")
def network() -> GFRNet:
    """Build a network that fuses and whose weights for the guides are not all equal."""
    torch.manual_seed(3)
    made = GFRNet(FUSING)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    return made.eval()


def test_with_one_guide_fusion_changes_nothing(network: GFRNet) -> None:
    plain = GFRNet(PLAIN).eval()
    state = network.state_dict()
    plain.load_state_dict({name: state[name] for name in plain.state_dict()})
    degraded, guide = pictures(2, 0), pictures(2, 1)
    with torch.no_grad():
        found, wanted = network(degraded, guide), plain(degraded, guide)
    for name in ("restored", "warped", "flow", "textured"):
        torch.testing.assert_close(getattr(found, name), getattr(wanted, name), atol=1e-5, rtol=0)


def test_each_face_uses_its_own_guides_and_its_first_guides_flow(network: GFRNet) -> None:
    degraded, guides = pictures(2, 0), pictures(6, 1)
    with torch.no_grad():
        both = network(degraded, guides)
        apart = [network(degraded[i : i + 1], guides[3 * i : 3 * i + 3]) for i in range(2)]
        firsts = network(degraded, guides[::3])
    for name in ("restored", "textured"):
        wanted = torch.cat([getattr(one, name) for one in apart])
        torch.testing.assert_close(getattr(both, name), wanted, atol=1e-5, rtol=0)
    torch.testing.assert_close(both.warped, firsts.warped)
    torch.testing.assert_close(both.flow, firsts.flow)
    assert not torch.allclose(both.restored, firsts.restored, atol=1e-3)


def test_neither_order_nor_repetition_of_guides_matters(network: GFRNet) -> None:
    degraded, guides = pictures(1, 0), pictures(2, 1)
    with torch.no_grad():
        once = network(degraded, guides).restored
        turned = network(degraded, guides.flip(0)).restored
        twice = network(degraded, torch.cat((guides, guides))).restored
    torch.testing.assert_close(turned, once, atol=1e-5, rtol=0)
    torch.testing.assert_close(twice, once, atol=1e-5, rtol=0)


def test_untrained_fusion_weighs_all_guides_equally() -> None:
    fusion, guides = GuideFusion(24), pictures(4, 1)
    features = torch.randn(4, 24, 64, 64)
    fused, guide = fusion(features, guides, 2)
    torch.testing.assert_close(fused[1], features[2:].mean(0))
    torch.testing.assert_close(guide[0], guides[:2].mean(0))


def test_pictures_are_repeated_for_each_guide() -> None:
    degraded, guides = pictures(2, 0), pictures(6, 1)
    beside = for_each_guide(degraded, guides)
    assert [int(torch.equal(one, degraded[1])) for one in beside] == [0, 0, 0, 1, 1, 1]
    assert torch.equal(first_of_each(guides, 2), guides[::3])


def test_fusion_can_start_from_a_recnet_without_it() -> None:
    torch.manual_seed(5)
    plain, fusing = GFRNet(PLAIN), GFRNet(FUSING)
    fusing.recnet.begin_with(plain.recnet)
    fusing.warpnet.load_state_dict(plain.warpnet.state_dict())
    degraded, guide = pictures(1, 0), pictures(1, 1)
    with torch.no_grad():
        found, wanted = (one.eval()(degraded, guide).restored for one in (fusing, plain))
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    "wrong", [{"recnet": "detail", "recnet_depth": 1}, {"guided": False, "warpnet": "none"}]
)
def test_fusion_needs_a_residual_recnet_with_guides(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="set guide_fusion to false"):
        GFRNetConfig.model_validate(FUSING.model_dump() | wrong)
