"""Every run that a benchmark trains by its defaults has a config that is accepted."""

from pathlib import Path

import published
import pytest
import recnets
import training_speed
import warpnets

CONFIGS = Path(__file__).parents[2] / "configs"
DATA = ["data"]


@pytest.mark.parametrize("name", ["slim.yaml", "paper.yaml"])
@pytest.mark.parametrize("batch", [1, 16])
def test_speed_is_measured_with_all_networks_learning(name: str, batch: int, tmp_path: Path) -> None:
    run = tmp_path / "run"
    config = training_speed.short_run(CONFIGS / name, tmp_path, run, "fp32", batch, 64, compiled=False)
    assert (config.batch_size, config.flow_samples, config.flow_epochs) == (batch, 0, 0)


@pytest.mark.parametrize("changes", recnets.ROWS.values(), ids=recnets.ROWS)
def test_rows_of_recnets(changes: tuple[str, ...], tmp_path: Path) -> None:
    given = ("identity.weights=faceres.json", *changes)
    assert recnets.row_config(CONFIGS / "recnet.yaml", DATA, tmp_path, 6000, given).samples == 6000


@pytest.mark.parametrize("changes", warpnets.ROWS.values(), ids=warpnets.ROWS)
def test_rows_of_warpnets(changes: tuple[str, ...], tmp_path: Path) -> None:
    config = warpnets.row_config(CONFIGS / "slim.yaml", DATA, tmp_path, 4000, changes)
    assert config.samples == config.flow_samples + config.batch_size == 4000 + config.batch_size


@pytest.mark.parametrize("name", published.ROWS)
def test_rows_of_published(name: str, tmp_path: Path) -> None:
    assert published.row_config(name, CONFIGS, DATA, tmp_path, 800).samples == 800
