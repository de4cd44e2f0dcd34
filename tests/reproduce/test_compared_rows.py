"""Check how compared rows are trained: from their recipes, alike, in stages, side by side, and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet.errors import ConfigError
from gfrnet.reproduce import (
    ALL_ROWS,
    ComparedRow,
    RunBegun,
    RunProgress,
    Track,
    choose_rows,
    list_tracks,
    train_rows,
)
from gfrnet.train import TrainConfig, load_config, load_newest

CONFIGS = Path(__file__).parents[2] / "configs"


def base(*overrides: str) -> TrainConfig:
    return load_config(CONFIGS / "table1.yaml", overrides)


def tracks(names: list[str], *overrides: str, folder: Path = Path("runs")) -> list[Track]:
    return list_tracks(base(*overrides), CONFIGS / "compared", folder, choose_rows(names))


def test_all_rows_learn_from_the_same_samples() -> None:
    settings = base()
    for track in list_tracks(settings, CONFIGS / "compared", Path("runs"), ALL_ROWS):
        for config in track:
            assert (config.data, config.guides, config.seed) == (
                settings.data,
                settings.guides,
                settings.seed,
            )
            assert (config.order, config.batch_size) == (settings.order, settings.batch_size)
        full = track[-1].output.name == "full"
        assert sum(config.samples or 0 for config in track) == (7500 if full else 6000)


def test_retrained_rows_learn_from_the_papers_degradation_and_originals_from_their_own() -> None:
    rows = [row for row in ALL_ROWS if isinstance(row, ComparedRow) and row.has_runs]
    for row in rows:
        for track in row.trainings(base(), CONFIGS / "compared", Path("runs")):
            for config in track:
                assert config.network.takes_guide == row.guided
                ours = row.guided or row.name == "unet"
                assert (config.degradation == "full" and config.heavy == 0.5) == ours, config.output


def test_a_stage_begins_with_the_weights_of_the_stage_before() -> None:
    four, eight = tracks(["srgan"])
    assert [config.output.name for config in four] == ["srresnet-4", "srgan-4"]
    assert [config.output.name for config in eight] == ["srresnet-8", "srgan-8"]
    assert [config.samples for config in four] == [4000, 2000]
    assert four[1].start_from == str(Path("runs") / "srresnet-4")
    assert four[1].network == four[0].network != eight[0].network
    assert [set(config.degradation.scale) for config in (*four, *eight)] == [{4}, {4}, {8}, {8}]  # type: ignore[union-attr]


def test_without_a_vgg_file_pixels_take_the_place_of_features() -> None:
    without = {track[-1].output.name: track[-1] for track in tracks(["srgan", "deblurgan", "mdeblurgan"])}
    assert {name: config.losses.perceptual for name, config in without.items()} == dict.fromkeys(without, 0)
    assert without["deblurgan"].losses.l2 == without["mdeblurgan"].losses.l2 == 100
    assert without["srgan-4"].losses.l2 == 1
    seen = tracks(["srgan"], "perceptual.weights=vgg.safetensors")[0][-1]
    assert (str(seen.perceptual.weights), seen.perceptual.layer) == ("vgg.safetensors", "conv2_2")
    assert (seen.losses.perceptual > 0, seen.losses.l2) == (True, 0)


def test_a_missing_recipe_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"srcnn\.yaml cannot be read"):
        list_tracks(base(), tmp_path, tmp_path, choose_rows(["srcnn"]))


def small(dataset: Path, folder: Path, *more: str) -> list[Track]:
    changes = [
        f"data=[{dataset}]",
        "workers=0",
        "batch_size=2",
        "log_every=2",
        "samples=16",
        "flow_samples=0",
    ]
    return tracks(["srgan", "dncnn"], *changes, *more, folder=folder)


@pytest.mark.parametrize("workers", [1, 2])
def test_trainings_stop_and_go_on_with_the_same_bits(workers: int, dataset: Path, tmp_path: Path) -> None:
    whole = small(dataset, tmp_path / "whole", "samples=80")[2:]
    assert train_rows(whole, workers)  # with as many threads: they decide the last bits
    parts, heard = small(dataset, tmp_path / "parts", "samples=80")[2:], []
    assert not train_rows(parts, workers, heard.append, lambda: len(heard) > 2)
    begun = load_newest(tmp_path / "parts" / "dncnn").samples
    assert 0 < begun < 80
    again: list[RunBegun | RunProgress] = []
    assert train_rows(parts, workers, again.append)
    assert again[0] == RunBegun("dncnn", begun, 80)
    assert isinstance(again[-1], RunProgress)
    assert again[-1].progress.samples == 80
    one, other = (load_newest(tmp_path / name / "dncnn").weights for name in ("whole", "parts"))
    assert all(bool((one[key] == other[key]).all()) for key in one)


def test_tracks_are_trained_side_by_side_in_their_order(dataset: Path, tmp_path: Path) -> None:
    heard: list[RunBegun | RunProgress] = []
    assert train_rows(small(dataset, tmp_path, "samples=4", "batch_size=2"), 2, heard.append)
    begun = [event.name for event in heard if isinstance(event, RunBegun)]
    assert set(begun) == {"srresnet-4", "srgan-4", "srresnet-8", "srgan-8", "dncnn"}
    assert begun.index("srresnet-4") < begun.index("srgan-4")
    with pytest.raises(ConfigError, match="trained with another seed"):
        train_rows(small(dataset, tmp_path, "samples=4", "seed=9"), 2)
