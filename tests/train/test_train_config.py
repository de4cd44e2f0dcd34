from pathlib import Path

import pytest

from gfrnet.errors import ConfigError
from gfrnet.nets import PAPER, SLIM
from gfrnet.train import load_config

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_configs_load(path: Path) -> None:
    assert load_config(path).name.startswith("gfrnet")


def test_shipped_networks_are_the_named_ones() -> None:
    assert load_config(CONFIGS / "paper.yaml").network == PAPER
    assert load_config(CONFIGS / "slim.yaml").network == SLIM


def test_overrides() -> None:
    config = load_config(CONFIGS / "slim.yaml", ["batch_size=3", "network.recnet_width=16", "losses.tv=0.5"])
    assert (config.batch_size, config.network.recnet_width, config.losses.tv) == (3, 16, 0.5)


@pytest.mark.parametrize(
    ("override", "named"),
    [
        ("batchsize=3", "batchsize"),
        ("network.widht=3", "network.widht"),
        ("batch_size=many", "batch_size"),
        ("batch_size.x=1", "batch_size"),
        ("batch_size", "key=value"),
        ("guides.none=0.9", "at most 1"),
        ("network={warpnet: none}", "nothing to warp|flow_samples|recnet"),
    ],
)
def test_errors_name_the_key(override: str, named: str) -> None:
    values = [override] if override != "network={warpnet: none}" else [override, "flow_samples=8"]
    with pytest.raises(ConfigError, match=named):
        load_config(CONFIGS / "slim.yaml", values)


def test_unreadable_configs(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path / "missing.yaml")
    (tmp_path / "broken.yaml").write_text("a: [")
    with pytest.raises(ConfigError, match="is not YAML"):
        load_config(tmp_path / "broken.yaml")
    (tmp_path / "list.yaml").write_text("- a")
    with pytest.raises(ConfigError, match="keys and values"):
        load_config(tmp_path / "list.yaml")
