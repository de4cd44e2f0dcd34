from pathlib import Path

import pytest
import torch

from gfrnet.errors import Advice, ConfigError, ModelError
from gfrnet.train import Trainer
from gfrnet.work import Advanced, Noted
from short_runs import assert_equal_runs, everything, tiny


@pytest.mark.parametrize(
    ("stop", "workers", "optimizer"), [(2, 0, "adam"), (6, 2, "adam"), (8, 0, "adam"), (8, 0, "muon")]
)
def test_resuming_gives_equal_weights(
    stop: int, workers: int, optimizer: str, dataset: Path, vgg: Path, tmp_path: Path
) -> None:
    """Stop within an epoch of nine targets; until the first stop WarpNet learns alone."""
    config = everything(dataset, tmp_path / "whole", vgg, workers=workers, optimizer=optimizer)
    whole = Trainer(config)
    whole.run()
    parts = config.model_copy(update={"output": tmp_path / "parts"})
    stopped = Trainer(parts)
    stopped.run(stopped=lambda: stopped.samples >= stop)
    assert stopped.samples == stop
    torch.rand(3)
    resumed = Trainer(parts, resume=True)
    assert resumed.samples == stop
    resumed.run()
    assert_equal_runs(whole, resumed)


def test_another_run_is_not_overwritten(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path)
    Trainer(config).save()
    with pytest.raises(ConfigError, match="Resume it, or choose another output") as caught:
        Trainer(config)
    assert caught.value.advice == (Advice.RESUME, Advice.SET_VALUE)
    with pytest.raises(
        ConfigError, match=r"another beta1\. Its own values are in .*config\.yaml: set the same ones"
    ) as caught:
        Trainer(config.model_copy(update={"beta1": 0.1}), resume=True)
    assert caught.value.advice == (Advice.SET_VALUE,)


def test_a_finished_run_is_left_as_it_is(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path)
    Trainer(config).run()
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    assert Trainer(config, resume=True).run()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before


def test_a_truncated_checkpoint_gives_way_to_the_one_before(dataset: Path, tmp_path: Path) -> None:
    config = tiny(dataset, tmp_path, checkpoint_every=4)
    trainer = Trainer(config)
    with pytest.raises(ModelError, match="Start the run anew"):
        Trainer(config, resume=True)
    trainer.run()
    trainer.path.write_bytes(trainer.path.read_bytes()[:5000])
    events: list[Advanced | Noted] = []
    assert Trainer(config, resume=True, on_event=events.append).samples == 4
    assert events
    assert isinstance(events[0], Noted)
    assert "checkpoint-000000008.pt" in events[0].text
