from pathlib import Path

import torch

from gfrnet.data.samples.stream import channels_first
from gfrnet.train import Trainer
from short_runs import tiny


def test_averages_lag_behind_the_weights(dataset: Path, tmp_path: Path) -> None:
    trainer = Trainer(tiny(dataset, tmp_path, ema=0.9))
    batch = channels_first(next(iter(trainer.loader())))
    name = "recnet.leave.weight"
    for step in range(3):
        before = trainer.averaged[name].clone()
        trainer.step([batch])
        decay = min(0.9, (2 + step) / (11 + step))  # short at first, so that the start is forgotten
        wanted = decay * before + (1 - decay) * trainer.network.state_dict()[name]
        torch.testing.assert_close(trainer.averaged[name], wanted)
