import pytest
import torch
from torch import nn

from gfrnet.nets import PatchDiscriminator


def test_channels_and_size_of_pix2pix() -> None:
    network = PatchDiscriminator()
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels, c.stride[0]) for c in convolutions] == [
        (9, 64, 2), (64, 128, 2), (128, 256, 2), (256, 512, 1), (512, 1, 1),
    ]  # fmt: skip
    assert all(c.kernel_size == (4, 4) for c in convolutions)
    assert [m.num_features for m in network.modules() if isinstance(m, nn.BatchNorm2d)] == [128, 256, 512]
    assert sum(parameter.numel() for parameter in network.parameters()) == 2_771_777


@pytest.mark.parametrize(("size", "side"), [(256, 30), (128, 14)])
def test_shape_of_the_logits(size: int, side: int) -> None:
    network = PatchDiscriminator(width=4)
    pictures = torch.rand(3, 2, 3, size, size)
    assert network(*pictures).shape == (2, 1, side, side)
    assert PatchDiscriminator(6, 4)(*pictures[:2]).shape == (2, 1, side, side)


def test_a_logit_sees_70_pixels() -> None:
    network = PatchDiscriminator(3, 4).eval()
    picture = torch.rand(1, 3, 256, 256, requires_grad=True)
    network(picture)[0, 0, 15, 15].backward()
    seen = picture.grad[0].abs().sum(0).nonzero()
    assert (seen.amax(0) - seen.amin(0) + 1).tolist() == [70, 70]


def test_logits_depend_on_every_picture() -> None:
    network = PatchDiscriminator(width=4)
    pictures = torch.rand(3, 1, 3, 128, 128, requires_grad=True)
    network(*pictures).square().sum().backward()
    assert (pictures.grad.abs().sum((1, 2, 3, 4)) > 0).all()


def test_instance_norm_ignores_the_rest_of_the_batch() -> None:
    pictures = torch.rand(3, 2, 3, 128, 128)
    network = PatchDiscriminator(width=4, norm="instance").train()
    torch.testing.assert_close(network(*pictures)[:1], network(*pictures[:, :1]), atol=1e-5, rtol=0)
    network = PatchDiscriminator(width=4, norm="batch").train()
    assert float((network(*pictures)[:1] - network(*pictures[:, :1])).detach().abs().max()) > 1e-4


def test_spectral_norm_bounds_every_layer_and_ignores_the_rest_of_the_batch() -> None:
    torch.manual_seed(0)
    network = PatchDiscriminator(width=4, norm="spectral").train()
    pictures = torch.rand(3, 2, 3, 128, 128)
    for _ in range(20):  # each finds the norms a little more exactly
        network(*pictures).sum().backward()
    network.eval()
    torch.testing.assert_close(network(*pictures)[:1], network(*pictures[:, :1]), atol=1e-5, rtol=0)
    layers = [m for m in network.modules() if isinstance(m, nn.Conv2d)]
    norms = [torch.linalg.matrix_norm(layer.weight.detach().flatten(1), ord=2) for layer in layers]
    assert [float(norm) for norm in norms] == pytest.approx([1] * 5, rel=0.05)
    assert not any(isinstance(m, nn.BatchNorm2d | nn.InstanceNorm2d) for m in network.modules())


def test_starts_as_pix2pix() -> None:
    torch.manual_seed(1)
    network = PatchDiscriminator()
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            assert float(layer.weight.detach().std()) == pytest.approx(0.02, rel=0.05)
        elif isinstance(layer, nn.BatchNorm2d):
            assert float(layer.weight.detach().mean()) == pytest.approx(1, abs=0.01)
            assert 0.01 < float(layer.weight.detach().std()) < 0.03
    assert all(not p.any() for name, p in network.named_parameters() if name.endswith("bias"))
