from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TypeAlias

import pytest
import torch
from torch import nn

from gfrnet.nets.compared.unet import UNet, UNetConfig
from network_checks import check_bfloat16, convolutions, losses, parameters, photos, restored, without


def network(guided: bool = False) -> UNet:
    torch.manual_seed(0)
    return UNet(UNetConfig(kind="unet", guided=guided)).eval()


Make: TypeAlias = Callable[[bool], UNet]


@pytest.fixture(scope="module")
def shared() -> Make:
    """Make each network once, for tests that leave it as it is."""
    return cache(network)


@pytest.mark.parametrize(("guided", "expected"), [(False, 31_031_875), (True, 31_033_603)])
def test_layers_and_their_number_agree_with_ronneberger(guided: bool, expected: int, shared: Make) -> None:
    made = shared(guided)
    assert parameters(made) == expected
    down = [(6 if guided else 3, 64), (64, 128), (128, 256), (256, 512), (512, 1024)]
    up = [(1024, 512), (512, 256), (256, 128), (128, 64)]
    pairs = [layer for a, b in down + up for layer in ((a, b, 3, 1), (b, b, 3, 1))]
    assert convolutions(made) == [*pairs, (64, 3, 1, 1)]
    ups = [layer for layer in made.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [(u.in_channels, u.out_channels, u.kernel_size, u.stride) for u in ups] == [
        (a, b, (2, 2), (2, 2)) for a, b in up
    ]


@pytest.mark.parametrize("guided", [False, True])
def test_the_output_is_added_to_the_photo_alone(guided: bool, shared: Make) -> None:
    made, degraded, guide = shared(guided), photos(32), photos(32, seed=1)
    with without(made.unet.leave):
        assert torch.equal(restored(made, degraded, guide), degraded)


def test_it_begins_near_the_photo(shared: Make) -> None:
    degraded = photos(32) / 2
    change = restored(shared(False), degraded) - degraded
    assert 0 < change.abs().max() < 0.05


def test_every_level_reaches_the_result_by_its_skip() -> None:
    """Cut off what comes from below each level in turn; the result must still depend on the photo."""
    made = network()
    nn.init.normal_(made.unet.leave.weight, std=0.1)
    for up in made.unet.up:
        with torch.no_grad(), without(up):
            a, b = (made.unet(photos(32, seed=seed)) for seed in (0, 1))
            assert not torch.allclose(a, b, atol=1e-3)


def test_the_guide_is_seen_where_it_is_taken(shared: Make) -> None:
    degraded, guide = photos(32), photos(32, seed=1)
    plain, made = shared(False), shared(True)
    assert torch.equal(restored(plain, degraded), restored(plain, degraded, guide))
    assert made.config.takes_guide
    assert not torch.equal(restored(made, degraded), restored(made, degraded, guide))
    assert torch.equal(restored(made, degraded), restored(made, degraded, torch.zeros_like(guide)))


def test_it_restores_whole_photos_and_needs_multiples_of_16(shared: Make) -> None:
    made = shared(True)
    restored(made, photos(256), photos(256))
    with pytest.raises(ValueError, match="multiples of 16"):
        made(photos(40))


def test_it_learns() -> None:
    degraded = photos(16)
    found = losses(network(), degraded, degraded / 2, 18, rate=2e-4)
    assert found[-1] < found[0] / 3


@pytest.mark.parametrize("guided", [False, True])
def test_it_learns_in_bfloat16(guided: bool) -> None:
    check_bfloat16(network(guided), photos(32, 2), photos(32, 2, seed=1))
