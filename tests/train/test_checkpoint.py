from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gfrnet.errors import Advice, ModelError, WriteError
from gfrnet.train import Checkpoint, TrainConfig, load_checkpoint, load_newest, save_checkpoint
from gfrnet.work import Noted


@pytest.fixture
def checkpoint() -> Checkpoint:
    values = {"name": "t", "data": ["d"], "output": "o", "samples": 8}
    weights = {"a": torch.arange(6.0).reshape(2, 3)}
    return Checkpoint(
        TrainConfig.model_validate(values),
        samples=1200,
        seconds=3.5,
        weights=weights,
        averaged={"a": weights["a"] / 2},
        discriminators={"global": {"b": torch.ones(2)}},
        optimizers=[
            {"state": {0: {"step": torch.tensor(3.0)}}, "param_groups": [{"lr": 1e-3, "params": [0]}]}
        ],
        schedule={"stage": 1, "best": float("inf")},
        scaler={},
        random=torch.get_rng_state(),
    )


def test_a_checkpoint_is_read_as_it_was_written(checkpoint: Checkpoint, tmp_path: Path) -> None:
    path = save_checkpoint(checkpoint, tmp_path, keep=2)
    assert path.name == "checkpoint-000001200.pt"
    found = load_checkpoint(path)
    assert torch.equal(found.weights["a"], checkpoint.weights["a"])
    assert torch.equal(found.random, checkpoint.random)
    tensors = {"weights": {}, "averaged": {}, "discriminators": {}, "random": torch.empty(0)}
    assert replace(found, **tensors) == replace(checkpoint, **tensors)


def test_the_last_few_are_kept_and_nothing_else_is_touched(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for samples in (800, 900, 1000, 1100):
        save_checkpoint(replace(checkpoint, samples=samples), tmp_path, keep=2)
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == ["checkpoint-000001000.pt", "checkpoint-000001100.pt", "notes.txt"]


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def scribble(path: Path) -> None:
    path.write_bytes(b"no checkpoint at all")


@pytest.mark.parametrize("damage", [truncate, empty, scribble])
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    damage: Callable[[Path], None], checkpoint: Checkpoint, tmp_path: Path
) -> None:
    save_checkpoint(replace(checkpoint, samples=1000), tmp_path, keep=2)
    newest = save_checkpoint(checkpoint, tmp_path, keep=2)
    damage(newest)
    notes: list[Noted] = []
    assert load_newest(tmp_path, notes.append).samples == 1000
    assert len(notes) == 1
    assert newest.name in notes[0].text
    with pytest.raises(ModelError, match="cut short"):
        load_checkpoint(newest)


def test_a_damaged_newer_one_does_not_outlive_the_run(checkpoint: Checkpoint, tmp_path: Path) -> None:
    truncate(save_checkpoint(replace(checkpoint, samples=1300), tmp_path, keep=1))
    path = save_checkpoint(checkpoint, tmp_path, keep=1)
    assert list(tmp_path.iterdir()) == [path]


def test_a_run_without_a_usable_checkpoint_is_refused(checkpoint: Checkpoint, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="Start the run anew") as caught:
        load_newest(tmp_path)
    assert caught.value.advice == (Advice.START_OVER,)
    truncate(save_checkpoint(checkpoint, tmp_path, keep=1))
    with pytest.raises(ModelError, match="cut short"):
        load_newest(tmp_path)


def test_other_pickles_are_not_opened(tmp_path: Path) -> None:
    class Harmful:
        def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
            return (Path.touch, (str(tmp_path / "harm"),))

    path = tmp_path / "checkpoint-000000001.pt"
    torch.save({"config": Harmful()}, path)
    with pytest.raises(ModelError, match="not a checkpoint"):
        load_checkpoint(path)
    assert not (tmp_path / "harm").exists()


def test_a_folder_that_cannot_be_written_is_an_error(checkpoint: Checkpoint, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(WriteError, match="another output"):
        save_checkpoint(checkpoint, tmp_path / "file", keep=1)
