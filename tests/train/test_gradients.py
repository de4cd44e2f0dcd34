from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from gfrnet.data.samples.stream import channels_first
from gfrnet.errors import ModelError
from gfrnet.train import Trainer, processes
from short_runs import everything, state, tiny


def test_large_gradients_are_shortened_in_each_part(dataset: Path, tmp_path: Path) -> None:
    left = {}
    for clip in (0.0, 1e-3):
        trainer = Trainer(tiny(dataset, tmp_path / str(clip), clip=clip, precision="fp32"))
        _, norm = trainer.step([channels_first(next(iter(trainer.loader())))])
        assert norm > 0.01
        left[clip] = {name: norm_of(part) for name, part in trainer.network.named_children()}
    assert left[0.0]["warpnet"] != pytest.approx(left[0.0]["recnet"], rel=0.1)
    assert left[1e-3] == pytest.approx({"warpnet": 1e-3, "recnet": 1e-3}, rel=1e-3)


def norm_of(part: torch.nn.Module) -> float:
    """Return the norm of the gradient."""
    return torch.stack([p.grad.norm() for p in part.parameters() if p.grad is not None]).norm().item()


def test_fp16_looks_for_its_loss_scale(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Train fp16 on a CPU, without its refusal; all else runs as on a GPU."""
    monkeypatch.setattr(processes, "_accelerator", lambda config: "cpu")
    local = ["losses.adversarial_local=1", "discriminators.local_size=64"]
    trainer = Trainer(tiny(dataset, tmp_path, *local, precision="fp16", batch_size=1))
    scaler = trainer.fabric.strategy.precision.scaler
    scaler.load_state_dict(scaler.state_dict() | {"scale": 16.0})
    weights = [next(trainer.network.recnet.parameters()), next(trainer.discriminators.parameters())]
    before = [weight.clone() for weight in weights]
    batch = channels_first(next(iter(trainer.loader())))
    remove = weights[0].register_hook(lambda gradient: gradient * float("inf"))
    trainer.step([batch])
    assert scaler.get_scale() == 8
    assert all(torch.equal(one, other) for one, other in zip(weights, before, strict=True))
    remove.remove()
    trainer.step([batch])
    assert scaler.get_scale() == 8
    assert not any(torch.equal(one, other) for one, other in zip(weights, before, strict=True))


def spoil_network(trainer: Trainer) -> None:
    with torch.no_grad():
        next(trainer.network.recnet.parameters()).fill_(float("nan"))


def spoil_gradient(trainer: Trainer) -> None:
    next(trainer.network.recnet.parameters()).register_hook(lambda gradient: gradient * float("inf"))


def spoil_discriminator(trainer: Trainer) -> None:
    with torch.no_grad():
        next(trainer.discriminators.parameters()).fill_(float("nan"))


def spoil_discriminators_gradient(trainer: Trainer) -> None:
    next(trainer.discriminators.parameters()).register_hook(lambda gradient: gradient * float("nan"))


@pytest.mark.parametrize(
    "spoil", [spoil_network, spoil_gradient, spoil_discriminator, spoil_discriminators_gradient]
)
def test_not_a_number_stops_and_keeps_the_last_checkpoint(
    spoil: Callable[[Trainer], None], dataset: Path, vgg: Path, tmp_path: Path
) -> None:
    trainer = Trainer(everything(dataset, tmp_path, vgg, flow_samples=0))
    trainer.save()
    good = state(trainer)
    spoil(trainer)
    with pytest.raises(ModelError, match="lower learning rate"):
        trainer.run()
    assert all(torch.equal(value, good[name]) for name, value in state(trainer).items())
