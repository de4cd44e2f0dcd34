import pytest
import torch

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, blended

NARROW = GFRNetConfig(warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_weight_lies_between_the_two_networks(share: float) -> None:
    torch.manual_seed(0)
    first, second = GFRNet(NARROW), GFRNet(NARROW)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    for name, value in blended(first, second, share).state_dict().items():
        torch.testing.assert_close(value, (1 - share) * before[name] + share * second.state_dict()[name])
    for name, value in first.state_dict().items():
        assert torch.equal(value, before[name])


def test_fusion_that_only_the_second_has_is_taken_whole() -> None:
    torch.manual_seed(0)
    fusing = NARROW.model_copy(update={"guide_fusion": True})
    first, second = GFRNet(NARROW), GFRNet(fusing)
    second.recnet.fusion.judge[0][0].weight.data.normal_()
    found = blended(first, second, 0.25)
    assert found.config == fusing
    for name, value in found.state_dict().items():
        trained, before = second.state_dict()[name], first.state_dict().get(name)
        torch.testing.assert_close(value, trained if before is None else before.lerp(trained, 0.25))
    with pytest.raises(ModelError, match="cannot be blended"):
        blended(second, first)


def test_networks_of_different_shapes_are_refused() -> None:
    wider = NARROW.model_copy(update={"recnet_width": 8})
    with pytest.raises(ModelError, match="different shapes cannot be blended"):
        blended(GFRNet(NARROW), GFRNet(wider))
