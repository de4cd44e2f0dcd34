import torch
import torch.nn.functional as F
from torch import nn

from gfrnet.nets.texture import TextureNet, enlarge


def test_computing_at_half_size_equals_computing_at_full_size() -> None:
    """Compare with the convolutions at full size; only the frame differs."""
    torch.manual_seed(0)
    network = TextureNet(8)
    nn.init.normal_(network.leave.weight)
    features, pictures = torch.randn(2, 24, 8, 8), torch.randn(2, 6, 32, 32)
    with torch.no_grad():
        found = network.full_size(features, pictures)
        finer = network.finer(enlarge(network.halved(features)))
        wanted = network.leave(network.finest(torch.cat((enlarge(finer), pictures), 1)))
    assert found.shape == (2, 6, 32, 32)
    torch.testing.assert_close(F.pad(found, (-3,) * 4), F.pad(wanted, (-3,) * 4), atol=1e-4, rtol=1e-4)
