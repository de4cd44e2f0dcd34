from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn

from gfrnet.nets.compared.chain import Chain, ChainConfig, Step, compose
from gfrnet.nets.compared.enlargement import enlarge, small_picture
from gfrnet.nets.compared.luma import luma
from gfrnet.nets.compared.srcnn import SRCNN, SRCNNConfig
from gfrnet.nets.compared.vdsr import VDSR, VDSRConfig
from network_checks import photos, restored


def srcnn(gain: float = 1.0, offset: float = 0.0) -> SRCNN:
    """Make a network whose luma in [0, 1] is gain * luma + offset."""
    made = SRCNN(SRCNNConfig(kind="srcnn"))
    for layer in made.layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.dirac_(layer.weight)
            nn.init.zeros_(layer.bias)
    with torch.no_grad():
        made.layers[-1].weight.mul_(gain)
        made.layers[-1].bias.fill_(offset)
    return made.eval()


def test_the_next_network_works_on_the_result_of_the_one_before() -> None:
    """Tell the order apart: luma * 0.5, then + 0.25, is not luma + 0.25, then * 0.5."""
    degraded = photos(64, factor=8) / 2
    found = restored(compose([srcnn(gain=0.5), srcnn(offset=0.25)], [4, 2]), degraded)
    small = (luma(small_picture(degraded, 8)) + 1) / 2
    expected = (enlarge(enlarge(small, 4) * 0.5, 2) + 0.25) * 2 - 1
    torch.testing.assert_close(luma(found), expected, atol=1e-4, rtol=0)


def test_the_small_photo_is_enlarged_in_the_order_of_the_steps() -> None:
    seen: list[int] = []
    chain = compose([srcnn(), srcnn()], [4, 2])
    for network in chain.steps:
        network.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape[-1]))
    restored(chain, photos(64, factor=8))
    assert seen == [32, 64]


def test_the_colours_are_those_of_the_photo() -> None:
    degraded = photos(64, factor=8) / 2
    change = restored(compose([srcnn(offset=0.1), srcnn()], [4, 2]), degraded) - degraded
    assert change.abs().max() > 0.15
    torch.testing.assert_close(change, change[:, :1].expand_as(change), atol=1e-5, rtol=0)


def test_one_step_equals_its_network() -> None:
    network, degraded = srcnn(gain=0.9, offset=0.05), photos(64) / 2
    found = restored(compose([network], [4]), degraded)
    torch.testing.assert_close(found, restored(network, degraded), atol=1e-4, rtol=0)


def test_one_network_may_serve_twice_and_is_stored_twice() -> None:
    vdsr = VDSR(VDSRConfig(kind="vdsr"))
    chain = compose([vdsr, vdsr], [4, 2])
    state = chain.state_dict()
    assert {name.split(".")[1] for name in state} == {"0", "1"}
    assert len({value.data_ptr() for value in state.values()}) == len(state)


def test_a_chain_is_built_again_from_its_config_and_state() -> None:
    made = compose([srcnn(gain=0.5), VDSR(VDSRConfig(kind="vdsr"))], [4, 2])
    again = Chain(ChainConfig.model_validate_json(made.config.model_dump_json()))
    again.load_state_dict(made.state_dict())
    degraded = photos(32, factor=8)
    assert torch.equal(restored(again, degraded), restored(made, degraded))


def test_bfloat16_keeps_the_small_photo() -> None:
    chain, degraded = compose([srcnn(), srcnn()], [4, 2]), photos(64, factor=8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = chain(degraded).restored
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, restored(chain, degraded), atol=0.03, rtol=0)


def test_factors_and_networks_must_match() -> None:
    with pytest.raises(ValueError, match="factor for each network: 2, not 1"):
        compose([srcnn(), srcnn()], [4])
    step = Step(factor=4, network=SRCNNConfig(kind="srcnn"))
    with pytest.raises(ValidationError, match="not 16 times"):
        ChainConfig(kind="chain", steps=(step, step))
    with pytest.raises(ValidationError, match="at least 1 item"):
        compose([], [])
