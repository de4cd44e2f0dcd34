from __future__ import annotations

from collections import Counter

import torch
from torch import nn

from compared_checks import convolutions, learn, silence, smooth, unreached, whole
from gfrnet.nets.compared.luma import luma
from gfrnet.nets.compared.memnet import MemNet, MemNetConfig
from network_checks import parameters


def network() -> MemNet:
    torch.manual_seed(0)
    return MemNet(MemNetConfig(kind="memnet"))


def test_parameters_agree_with_the_paper() -> None:
    assert parameters(network()) == 695_497
    assert sum(layer.weight.numel() for layer in convolutions(network())) == 676_992


def test_kernels_are_shared_and_norms_are_not() -> None:
    made = network().eval()
    calls: Counter[str] = Counter()
    for name, layer in made.named_modules():
        if isinstance(layer, nn.Conv2d | nn.BatchNorm2d):
            layer.register_forward_hook(lambda *_, name=name: calls.update([name]))
    with torch.no_grad():
        made(smooth(16, 0))
    by_kernel = {name: calls[name] for name, layer in made.named_modules() if isinstance(layer, nn.Conv2d)}
    assert set(calls.values()) == {1, 6}
    assert sum(by_kernel.values()) == 80 + 5  # the paper counts the last kernel, of all blocks, once
    assert sorted(by_kernel.values()) == [1] * 7 + [6] * 13
    norms = [name for name, layer in made.named_modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 1 + 6 * (2 * 6 + 1) + 6
    assert {calls[name] for name in norms} == {1}


def test_gates_see_all_blocks_before_and_all_recursions() -> None:
    gates = [block.gate for block in network().memory.blocks]
    assert [convolutions(gate)[0].in_channels for gate in gates] == [64 * (m + 6) for m in range(1, 7)]
    assert {convolutions(gate)[0].kernel_size for gate in gates} == {(1, 1)}
    assert [type(layer).__name__ for layer in gates[0]] == ["BatchNorm2d", "ReLU", "Conv2d"]


def test_a_recursion_adds_to_the_one_before() -> None:
    """Let the second kernel give 1 everywhere: then every recursion adds 1 to the block's input."""
    block = network().memory.blocks[1].eval()
    silence(block.other, 1.0)
    seen = []
    block.gate.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    first, second = torch.rand(2, 1, 64, 4, 4)
    with torch.no_grad():
        block([first, second])
    sums = [second + number for number in range(1, 7)]
    torch.testing.assert_close(seen[0], torch.cat((first, second, *sums), 1))


def test_the_photo_is_added_and_the_weights_start_in_balance() -> None:
    made = network().eval()
    silence(made.memory.to_luma)
    with torch.no_grad():
        torch.testing.assert_close(made(smooth(16, 0)).restored, smooth(16, 0))


def test_the_result_is_the_weighed_sum_of_the_stages() -> None:
    made = network().train()
    with torch.no_grad():
        result = made(smooth(16, 0))
        assert len(result.stages) == 6
        mean = torch.stack([luma(stage) for stage in result.stages]).mean(0)
        torch.testing.assert_close(luma(result.restored), mean)
        made.memory.weights.copy_(torch.eye(6)[3])
        torch.testing.assert_close(made(smooth(16, 0)).restored, result.stages[3])


def test_only_luma_changes() -> None:
    result = network().train()(smooth(16, 0))
    for picture in (result.restored, *result.stages):
        change = picture - smooth(16, 0)
        assert change.abs().mean() > 0.01
        torch.testing.assert_close(change, change.mean(1, keepdim=True).expand_as(change))


def test_results_fit_the_photo() -> None:
    made = network().eval()
    with torch.no_grad():
        result = made(smooth(40, 0))
        assert torch.equal(made(smooth(40, 0), smooth(40, 1)).restored, result.restored)
    assert result.restored.shape == (1, 3, 40, 40)
    assert result.restored.abs().max() <= 1
    assert result.stages == ()
    assert whole(made) == (1, 3, 256, 256)


def test_gradients_in_bf16_reach_every_parameter() -> None:
    assert unreached(network(), 16) == []


def test_it_learns() -> None:
    errors = learn(network(), 8, side=16)
    assert errors[-1] < errors[0] / 3
