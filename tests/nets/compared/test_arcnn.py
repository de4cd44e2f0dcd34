from __future__ import annotations

import pytest
import torch

from compared_checks import check_guide, convolutions, learn, silence, smooth, unreached, whole
from gfrnet.nets.compared.arcnn import ARCNN, ARCNNConfig
from gfrnet.nets.compared.luma import luma
from network_checks import parameters


def network(guided: bool = False) -> ARCNN:
    torch.manual_seed(0)
    return ARCNN(ARCNNConfig(kind="arcnn", guided=guided))


@pytest.mark.parametrize(("guided", "number"), [(False, 106_561), (True, 133_283)])
def test_parameters_agree_with_the_paper(guided: bool, number: int) -> None:
    assert parameters(network(guided)) == number
    assert network(guided).config.takes_guide is guided


@pytest.mark.parametrize(("guided", "first", "last"), [(False, 1, 1), (True, 6, 3)])
def test_layers_agree_with_figure_3(guided: bool, first: int, last: int) -> None:
    layers = convolutions(network(guided))
    shapes = [(layer.in_channels, layer.out_channels, layer.kernel_size[0]) for layer in layers]
    assert shapes == [(first, 64, 9), (64, 32, 7), (32, 16, 1), (16, last, 5)]
    assert {layer.padding_mode for layer in layers} == {"replicate"}
    names = [type(layer).__name__ for layer in network(guided).layers]
    assert names == ["Conv2d", "ReLU"] * 3 + ["Conv2d"]


def test_nothing_is_added_to_the_luma_found() -> None:
    made = network().eval()
    silence(made.layers[-1], 0.6)  # in [0, 1]
    with torch.no_grad():
        restored = made.train()(smooth(16, 0)).restored
    torch.testing.assert_close(luma(restored), torch.full((1, 1, 16, 16), 0.2))
    change = restored - smooth(16, 0)
    torch.testing.assert_close(change, change.mean(1, keepdim=True).expand_as(change))


def test_with_a_guide_nothing_is_added_to_the_colours_found() -> None:
    made = network(guided=True).eval()
    silence(made.layers[-1], 0.6)
    with torch.no_grad():
        restored = made(smooth(16, 0), smooth(16, 1)).restored
    torch.testing.assert_close(restored, torch.full((1, 3, 16, 16), 0.2))


def test_the_guide_counts_only_where_it_should() -> None:
    check_guide(network(), network(guided=True))


def test_photos_are_in_the_papers_range_inside() -> None:
    made = network().eval()
    seen = []
    made.layers[0].register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.no_grad():
        for value in (-1.0, 1.0):
            made(torch.full((1, 3, 16, 16), value))
    torch.testing.assert_close(torch.cat(seen).amax((1, 2, 3)), torch.tensor([0.0, 1.0]))


@pytest.mark.parametrize("guided", [False, True])
def test_results_fit_the_photo(guided: bool) -> None:
    made = network(guided).eval()
    with torch.no_grad():
        restored = made(smooth(40, 0)).restored
        silence(made.layers[-1], 5.0)
        assert made(smooth(40, 0)).restored.max() == 1
        assert made.train()(smooth(40, 0)).restored.max() > 1
    assert restored.shape == (1, 3, 40, 40)
    assert restored.abs().max() <= 1
    assert whole(made) == (1, 3, 256, 256)


@pytest.mark.parametrize("guided", [False, True])
def test_gradients_in_bf16_reach_every_parameter(guided: bool) -> None:
    assert unreached(network(guided)) == []


@pytest.mark.parametrize("guided", [False, True])
def test_it_learns(guided: bool) -> None:
    errors = learn(network(guided), 40)
    assert errors[-1] < errors[0] / 5
