from __future__ import annotations

import torch
from torch import nn

from gfrnet.nets.compared.luma import luma, with_luma
from gfrnet.nets.compared.vdsr import VDSR, VDSRConfig
from network_checks import check_bfloat16, convolutions, losses, parameters, photos, restored, without


def network() -> VDSR:
    torch.manual_seed(0)
    return VDSR(VDSRConfig(kind="vdsr"))


def test_layers_and_their_number_agree_with_the_paper() -> None:
    made = network()
    assert parameters(made) == 665_921
    assert convolutions(made) == [(1, 64, 3, 1), *[(64, 64, 3, 1)] * 18, (64, 1, 3, 1)]
    assert [type(layer) for layer in made.layers] == [nn.Conv2d, nn.ReLU] * 19 + [nn.Conv2d]
    assert {layer.padding_mode for layer in made.layers if isinstance(layer, nn.Conv2d)} == {"zeros"}


def test_the_input_is_added_to_the_output() -> None:
    made, degraded = network(), photos(40)
    with without(made.layers[-1]):
        torch.testing.assert_close(restored(made, degraded), degraded)


def test_the_residual_lies_between_0_and_1_where_pictures_lie_between_minus_1_and_1() -> None:
    made, degraded = network(), photos(40) / 2
    with without(made.layers[-1]), torch.no_grad():
        made.layers[-1].bias.fill_(0.1)
        torch.testing.assert_close(restored(made, degraded), degraded + 0.2)


def test_only_luma_is_seen_and_changed() -> None:
    made, degraded = network().train(), photos(40)
    change = made(degraded).restored - degraded
    assert change.abs().max() > 0.01
    torch.testing.assert_close(change, change[:, :1].expand_as(change), atol=1e-5, rtol=0)
    grey = luma(degraded).expand(-1, 3, -1, -1)
    torch.testing.assert_close(made(grey).restored, luma(made(degraded).restored).expand_as(grey))


def test_it_restores_whole_photos_and_crops_and_ignores_the_guide() -> None:
    made, crop = network(), photos(64)
    assert torch.equal(restored(made, crop), restored(made, crop, -crop))
    restored(made, photos(256))


def test_it_learns() -> None:
    degraded = photos(24)
    truth = with_luma(degraded, luma(degraded) * 1.2)
    found = losses(network(), degraded, truth, 15)
    assert found[-1] < found[0] / 3


def test_it_learns_in_bfloat16() -> None:
    check_bfloat16(network(), photos(32))
