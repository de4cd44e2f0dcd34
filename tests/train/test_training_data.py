from pathlib import Path

import pytest

from gfrnet.errors import ConfigError
from gfrnet.train import Trainer
from short_runs import tiny


def test_lengths_may_be_given_in_epochs(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, samples=None, epochs=2, flow_epochs=1 / 3))
    assert trainer.pairs.epoch == 9
    assert (trainer.length, trainer.flow_samples) == (18, 3)


def test_pre_training_must_leave_something(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="RecNet never learns"):
        Trainer(tiny(dataset, tmp_path, flow_samples=8, samples=8))


def test_all_micro_batches_of_a_batch_have_equally_many_guides(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path, "network.guide_fusion=true", "guides.most=4", batch_size=4, accumulate=2)
    batches = iter(Trainer(config).loader())
    steps = [[next(batches)["more_guides"].shape[1] for _ in range(2)] for _ in range(6)]
    assert all(one == other for one, other in steps)
    assert len({one for one, _ in steps}) > 1
