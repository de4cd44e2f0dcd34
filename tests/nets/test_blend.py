import pytest
import torch

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, blended

NARROW = GFRNetConfig(warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4)


def test_every_weight_lies_between() -> None:
    torch.manual_seed(0)
    first, second = GFRNet(NARROW), GFRNet(NARROW)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    for name, value in blended(first, second, 0.25).state_dict().items():
        torch.testing.assert_close(value, 0.75 * before[name] + 0.25 * second.state_dict()[name])
    for name, value in first.state_dict().items():
        assert torch.equal(value, before[name])


def test_the_ends_are_the_networks_themselves() -> None:
    torch.manual_seed(0)
    first, second = GFRNet(NARROW).eval(), GFRNet(NARROW).eval()
    pictures = torch.rand(1, 3, 256, 256) * 2 - 1, torch.rand(1, 3, 256, 256) * 2 - 1
    with torch.no_grad():
        for share, network in ((0.0, first), (1.0, second)):
            wanted = network(*pictures).restored
            torch.testing.assert_close(blended(first, second, share)(*pictures).restored, wanted)


def test_networks_of_different_shapes_are_refused() -> None:
    wider = NARROW.model_copy(update={"recnet_width": 8})
    with pytest.raises(ModelError, match="different shapes cannot be blended"):
        blended(GFRNet(NARROW), GFRNet(wider))
