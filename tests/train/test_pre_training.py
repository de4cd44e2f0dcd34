from pathlib import Path

import pytest
import torch

from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.train import Trainer
from short_runs import tiny


@pytest.mark.parametrize("warpnet", ["matching", "paper"])
def test_warpnet_learns_alone_first(warpnet: str, dataset: Path, tmp_path: Path) -> None:
    network = GFRNetConfig(warpnet=warpnet, warpnet_width=4, recnet_width=4)  # type: ignore[arg-type]
    trainer = Trainer(tiny(dataset, tmp_path, flow_samples=4, samples=6, network=network))
    before = {name: value.clone() for name, value in trainer.network.recnet.state_dict().items()}
    trainer.run(stopped=lambda: trainer.samples >= 4)
    after = trainer.network.recnet.state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


def test_warpnet_alone_has_a_rate_of_its_own(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, flow_samples=2, flow_rate=0.5))
    assert trainer.rate == 0.5
    trainer.samples = 2
    assert trainer.rate == trainer.schedule.rate != 0.5


def test_pre_training_does_not_count_for_the_plateau(dataset: Path, tmp_path: Path) -> None:
    schedule = "schedule={kind: plateau, rates: [1.0e-3, 1.0e-4], window: 2, patience: 1}"
    trainer = Trainer(tiny(dataset, tmp_path, schedule, flow_samples=20, samples=22))
    trainer.run(stopped=lambda: trainer.samples >= 20)
    assert trainer.schedule.state_dict()["stage"] == 0
    assert trainer.schedule.state_dict()["best"] == float("inf")


def test_warpnet_learns_what_it_would_find_if_it_saw_the_truth(dataset: Path, tmp_path: Path) -> None:
    """Train with no loss on pictures: the rate falls over the whole run, and RecNet stays unchanged."""
    torch.manual_seed(2)
    begun, weights = GFRNet(tiny(dataset, tmp_path).network), tmp_path / "begun.safetensors"
    for parameter in begun.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    save_safetensors(begun, weights)
    alone = [f"losses.{name}=0" for name in ("l2", "laplacian", "landmark_distance", "dense_flow", "tv")]
    schedule = "schedule={kind: cosine, first: 4.0e-4, last: 2.0e-4}"
    overrides = [*alone, "losses.early_flow=0", "losses.truth_flow=1", f"start_from={weights}", schedule]
    config = tiny(dataset, tmp_path / "run", *overrides, samples=16, precision="fp32")
    trainer = Trainer(config)
    told: list[float] = []
    trainer.run(lambda progress: told.append(progress.learning_rate), lambda: trainer.samples >= 8)
    again = Trainer(config, resume=True)  # its teacher is the WarpNet that the run began with
    again.run(lambda progress: told.append(progress.learning_rate))
    assert told == sorted(told, reverse=True)
    assert told[-1] < 2.1e-4
    teacher = again.teacher
    assert teacher is not None
    after, wanted = again.network.state_dict(), begun.state_dict()
    same = {name: torch.equal(value, wanted[name]) for name, value in after.items()}
    assert all(equal == (not name.startswith("warpnet.")) for name, equal in same.items() if "weight" in name)
    assert all(torch.equal(value, wanted[name]) for name, value in teacher.state_dict().items())
