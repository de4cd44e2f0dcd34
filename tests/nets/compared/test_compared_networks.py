from __future__ import annotations

from typing import get_args

from gfrnet.nets import build_from
from gfrnet.nets.build import NetworkConfig
from gfrnet.nets.compared import COMPARED, PAPER_COLUMNS

RETRAINED = {"MSRGAN", "MDeblurGAN", "MDnCNN", "MARCNN"}


def test_all_networks_of_table_1_are_listed_once() -> None:
    titles = [network.title for network in COMPARED]
    assert len(set(titles)) == len(titles) == 18
    assert set(titles) >= RETRAINED
    assert {network.title for network in COMPARED if network.guided} == RETRAINED


def test_the_papers_figures_match_the_networks_scales() -> None:
    for network in COMPARED:
        assert len(network.paper) == len(PAPER_COLUMNS)
        for column, figures in zip(PAPER_COLUMNS, network.paper, strict=True):
            assert (figures is not None) == (int(column[-2]) in network.scales), (network.title, column)
            assert figures is None or (20 < figures[0] < 30 and 0.7 < figures[1] < 1)


def test_every_network_can_be_built_and_every_kind_is_listed() -> None:
    learnt = [network for network in COMPARED if network.network]
    assert [network.title for network in COMPARED if not network.network] == ["DCP"]
    for network in learnt:
        assert build_from(network.network).config.takes_guide == network.guided
    configs = get_args(get_args(NetworkConfig)[0])
    kinds = {get_args(config.model_fields["kind"].annotation)[0] for config in configs}
    assert kinds == {network.network["kind"] for network in learnt} | {"gfrnet", "chain", "unet"}
