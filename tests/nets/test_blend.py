import pytest
import torch

from gfrnet.errors import ModelError
from gfrnet.nets import GFRNet, GFRNetConfig, blended

NARROW = GFRNetConfig(warpnet="pyramid", recnet="residual", warpnet_width=4, recnet_width=4)


@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_every_weight_lies_between(share: float) -> None:
    torch.manual_seed(0)
    first, second = GFRNet(NARROW), GFRNet(NARROW)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    for name, value in blended(first, second, share).state_dict().items():
        torch.testing.assert_close(value, (1 - share) * before[name] + share * second.state_dict()[name])
    for name, value in first.state_dict().items():
        assert torch.equal(value, before[name])


def test_networks_of_different_shapes_are_refused() -> None:
    wider = NARROW.model_copy(update={"recnet_width": 8})
    with pytest.raises(ModelError, match="different shapes cannot be blended"):
        blended(GFRNet(NARROW), GFRNet(wider))
