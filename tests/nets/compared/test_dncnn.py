from __future__ import annotations

import pytest
import torch
from torch import nn

from compared_checks import check_fit, check_guide, convolutions, learn, silence, smooth, unreached
from gfrnet.nets.compared.dncnn import DnCNN, DnCNNConfig
from network_checks import parameters


def network(depth: int = 20, guided: bool = False) -> DnCNN:
    torch.manual_seed(0)
    return DnCNN(DnCNNConfig(kind="dncnn", depth=depth, guided=guided))


@pytest.mark.parametrize(
    ("depth", "guided", "number"), [(20, False, 669_379), (20, True, 671_107), (17, False, 558_403)]
)
def test_parameters_agree_with_the_paper(depth: int, guided: bool, number: int) -> None:
    made = network(depth, guided)
    assert parameters(made) == number
    assert made.config.takes_guide is guided


def test_layers_agree_with_figure_1() -> None:
    layers = list(network().layers)
    names = [type(layer).__name__ for layer in layers]
    assert names == ["Conv2d", "ReLU", *["Conv2d", "BatchNorm2d", "ReLU"] * 18, "Conv2d"]
    found = convolutions(network())
    assert {(layer.kernel_size, layer.padding, layer.padding_mode) for layer in found} == {
        ((3, 3), (1, 1), "zeros")
    }
    assert [layer.bias is not None for layer in found] == [True, *[False] * 18, True]


def test_weights_start_as_published_but_for_the_gains() -> None:
    for layer in convolutions(network())[1:-1]:
        assert layer.weight.std().item() == pytest.approx((2 / 576) ** 0.5, rel=0.03)
    gains = [layer.weight for layer in network().modules() if isinstance(layer, nn.BatchNorm2d)]
    assert all((gain == 1).all() for gain in gains)


@pytest.mark.parametrize("guided", [False, True])
def test_the_noise_is_subtracted_from_the_photo(guided: bool) -> None:
    made = network(guided=guided).eval()
    silence(made.layers[-1], 0.05)  # in [0, 1]
    with torch.no_grad():
        restored = made(smooth(32, 0), smooth(32, 1)).restored
        torch.testing.assert_close(restored, smooth(32, 0) - 0.1)
        silence(made.layers[-1], 1.0)
        assert made(smooth(32, 0)).restored.min() == -1
        assert made.train()(smooth(32, 0)).restored.min() < -1


def test_photos_are_in_the_papers_range_inside() -> None:
    made = network().eval()
    seen = []
    made.layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        made(torch.tensor([-1.0, 0.0, 1.0])[None, :, None, None].expand(1, 3, 8, 8))
    assert seen[0][0, :, 0, 0].tolist() == [0, 0.5, 1]


def test_the_guide_counts_only_where_it_should() -> None:
    check_guide(network(), network(guided=True))


def test_results_fit_the_photo() -> None:
    check_fit(network(), network(guided=True))


@pytest.mark.parametrize("guided", [False, True])
def test_gradients_in_bf16_reach_every_parameter(guided: bool) -> None:
    assert unreached(network(guided=guided)) == []


def test_it_learns() -> None:
    errors = learn(network(guided=True), 15, side=24, batch=2)
    assert errors[-1] < errors[0] / 4
