from __future__ import annotations

import pytest
import torch
from torch import nn

from compared_checks import check_fit, check_guide, convolutions, learn, silence, smooth, unreached
from gfrnet.nets.compared.deblurgan import DeblurGAN, DeblurGANConfig, DeblurGANCritic
from network_checks import parameters


def network(guided: bool = False) -> DeblurGAN:
    torch.manual_seed(0)
    return DeblurGAN(DeblurGANConfig(kind="deblurgan", guided=guided))


@pytest.mark.parametrize(("guided", "number"), [(False, 11_378_179), (True, 11_387_587)])
def test_parameters_agree_with_the_paper(guided: bool, number: int) -> None:
    assert parameters(network(guided)) == number
    assert network(guided).config.takes_guide is guided


def test_a_block_has_two_convolutions() -> None:
    """Exclude the error of precedence in the authors' code, which leaves one."""
    blocks = [layer for layer in network().layers if convolutions(layer) and not isinstance(layer, nn.Conv2d)]
    assert len(blocks) == 9
    for block in blocks:
        assert [(layer.in_channels, layer.out_channels) for layer in convolutions(block)] == [(256, 256)] * 2
        names = [type(layer).__name__ for layer in block.layers]
        norm = ["Conv2d", "InstanceNorm2d"]
        assert names == [*norm, "ReLU", "Dropout", *norm]


def test_layers_around_the_blocks_agree_with_figure_3() -> None:
    kinds = (nn.Conv2d, nn.ConvTranspose2d)
    layers = [layer for layer in network().layers if isinstance(layer, kinds)]
    shapes = [(layer.out_channels, layer.kernel_size[0], layer.stride[0]) for layer in layers]
    assert shapes == [(64, 7, 1), (128, 3, 2), (256, 3, 2), (128, 3, 2), (64, 3, 2), (3, 7, 1)]
    same = [layer for layer in convolutions(network()) if layer.stride == (1, 1)]
    assert {layer.padding_mode for layer in same} == {"reflect"}
    assert not any(layer.affine for layer in network().modules() if isinstance(layer, nn.InstanceNorm2d))


def test_kernels_start_as_published() -> None:
    for layer in (*convolutions(network())[3:], *convolutions(DeblurGANCritic(3))[1:-1]):
        assert layer.weight.std().item() == pytest.approx(0.02, rel=0.03)
        assert not layer.bias.any()  # type: ignore[union-attr]


@pytest.mark.parametrize("guided", [False, True])
def test_only_the_photo_is_added_to_the_result(guided: bool) -> None:
    made = network(guided).eval()
    silence(made.layers[-2])
    with torch.no_grad():
        assert torch.equal(made(smooth(32, 0), smooth(32, 1)).restored, smooth(32, 0))
        silence(made.layers[-2], -20.0)  # tanh makes it -1
        found = made(smooth(32, 0), smooth(32, 1))
        torch.testing.assert_close(found.restored, (smooth(32, 0) - 1).clamp(min=-1))
        assert made.train()(smooth(32, 0), smooth(32, 1)).restored.min() < -1.5


def test_values_are_dropped_only_while_it_learns() -> None:
    made = network()
    with torch.no_grad():
        one, other = (made.train()(smooth(32, 0)).restored for _ in range(2))
        assert not torch.equal(one, other)
        one, other = (made.eval()(smooth(32, 0)).restored for _ in range(2))
        assert torch.equal(one, other)


def test_each_picture_is_normalised_by_itself() -> None:
    made = network().eval()
    batch = torch.cat((smooth(32, 0), smooth(32, 1) * 0.1))
    with torch.no_grad():
        torch.testing.assert_close(made(batch).restored[1:], made(batch[1:]).restored, atol=1e-4, rtol=0)


def test_the_guide_counts_only_where_it_should() -> None:
    check_guide(network(), network(guided=True))


def test_results_fit_the_photo() -> None:
    check_fit(network(), network(guided=True))


@pytest.mark.parametrize("guided", [False, True])
def test_gradients_in_bf16_reach_every_parameter(guided: bool) -> None:
    assert unreached(network(guided)) == []


def test_it_learns() -> None:
    errors = learn(network(guided=True), 12)
    assert errors[-1] < errors[0] / 2


def test_the_critic_is_the_published_one() -> None:
    critic = DeblurGANCritic(3)
    assert parameters(critic) == 2_764_737
    layers = convolutions(critic)
    assert [(layer.out_channels, layer.stride[0]) for layer in layers] == [
        (64, 2),
        (128, 2),
        (256, 2),
        (512, 1),
        (1, 1),
    ]
    assert {(layer.kernel_size, layer.padding) for layer in layers} == {((4, 4), (2, 2))}
    with torch.no_grad():
        assert critic(smooth(256, 0)).shape == (1, 1, 35, 35)
        silence(layers[-1], -9.0)
        assert critic(smooth(64, 0)).unique().item() == -9  # no sigmoid follows


def test_the_critics_gradient_can_be_penalised() -> None:
    critic = DeblurGANCritic(3)
    pictures = smooth(64, 0).requires_grad_()
    (slope,) = torch.autograd.grad(critic(pictures).mean(), pictures, create_graph=True)
    (slope.norm() - 1).square().backward()
    kernels = [layer.weight.grad for layer in convolutions(critic)]
    assert all(kernel is not None and kernel.isfinite().all() and kernel.any() for kernel in kernels)
