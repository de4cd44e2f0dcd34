from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import pytest
import torch
from torch import nn

from gfrnet.nets.compared.enlargement import small_picture
from gfrnet.nets.compared.haar import haar_packet
from gfrnet.nets.compared.waveletsrnet import WaveletSRNet, WaveletSRNetConfig
from network_checks import check_bfloat16, inputs_of, losses, parameters, photos, restored, unseen, without


def network(factor: int = 4) -> WaveletSRNet:
    torch.manual_seed(0)
    return WaveletSRNet(WaveletSRNetConfig(kind="waveletsrnet", factor=factor)).eval()


Make: TypeAlias = Callable[[int], WaveletSRNet]


@pytest.fixture(scope="module")
def shared() -> Make:
    """Make each network once, for tests that leave it as it is."""
    return cache(network)


@pytest.mark.parametrize(("factor", "expected"), [(4, 51_353_968), (8, 74_999_296)])
def test_number_of_parameters_agrees_with_the_authors_code(factor: int, expected: int, shared: Make) -> None:
    assert parameters(shared(factor)) == expected


def test_layers_agree_with_the_authors_code(shared: Make) -> None:
    net = shared(8).coefficients
    widths = [block.second.out_channels for block in list(net.embed)[3:]]
    assert widths == [64, 64, 128, 128, 256, 256, 512, 512, 1024, 1024]
    shortcuts = [type(block.shortcut) for block in list(net.embed)[3:]]
    assert shortcuts == [nn.Identity] * 2 + [nn.Conv2d, nn.Identity] * 4
    for count, (interim, block, last) in zip((1, 3, 12, 48), net.branches, strict=True):
        layers = (interim.first, interim.second, block.first, block.second, last)
        assert [layer.groups for layer in layers] == [1, count, count, count, count]
        assert [layer.out_channels for layer in layers] == [32 * count] * 2 + [64 * count] * 2 + [3 * count]
        assert {layer.kernel_size for layer in layers} == {(3, 3)}
        assert [layer.bias is None for layer in layers] == [True] * 4 + [False]
        assert interim.shortcut.groups == block.shortcut.groups == 1
        assert interim.shortcut.kernel_size == block.shortcut.kernel_size == (1, 1)


def test_the_sum_of_a_block_is_normed_and_rectified() -> None:
    block = network().coefficients.embed[3]
    features = torch.randn(1, 64, 6, 6)
    with torch.no_grad(), without(block.second):
        block.second_norm.running_mean.fill_(0.5)
        block.second_norm.running_var.fill_(4.0)
        torch.testing.assert_close(block(features), ((features - 0.5) / 2).relu(), atol=1e-4, rtol=1e-4)


def test_branches_give_the_coefficients_in_order() -> None:
    made = network()
    with torch.no_grad():
        for level, (*_, last) in enumerate(made.coefficients.branches):
            last.weight.zero_()
            last.bias.fill_(0.1 + 0.1 * level)
        found = made.train()(photos(16, 2)).restored
    coefficients = haar_packet((found + 1) / 2, 2)[0, :, 2, 3]
    expected = torch.tensor([0.1] * 3 + [0.2] * 9 + [0.3] * 36)
    torch.testing.assert_close(coefficients, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("factor", [4, 8])
def test_it_sees_the_small_photo_alone_from_0_to_1(factor: int, shared: Make) -> None:
    made, degraded = shared(factor), photos(64, factor=factor)
    with inputs_of(made.coefficients) as seen:
        found = restored(made, degraded, -degraded)
        again = restored(made, degraded + unseen(64, factor))
    torch.testing.assert_close(seen[0], (small_picture(degraded, factor) + 1) / 2)
    torch.testing.assert_close(again, found, atol=1e-3, rtol=0)


def test_it_restores_whole_photos(shared: Make) -> None:
    restored(shared(8), photos(256, factor=8))


def test_it_learns() -> None:
    found = losses(network(), photos(16, 2), photos(16, 2, factor=1), 6, rate=2e-4)
    assert found[-1] < found[0] / 3


def test_it_learns_in_bfloat16() -> None:
    check_bfloat16(network(), photos(16, 2))
