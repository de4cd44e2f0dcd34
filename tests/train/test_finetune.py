import shutil
from pathlib import Path

import pytest
import torch

from gfrnet import weights
from gfrnet.data import read_manifest
from gfrnet.errors import Advice, ConfigError, DataError
from gfrnet.train import TrainConfig, Trainer, load_config, network_from_onnx
from gfrnet.work import Advanced, Noted

FINETUNE = Path(__file__).parents[2] / "configs" / "finetune.yaml"
SHORT = ["samples=2", "batch_size=1", "workers=0", "pictures_every=0", "accelerator=cpu"]
NARROW = [
    "start_from=null",
    "frozen=[]",
    "network.texture_width=0",
    "network.warpnet_width=4",
    "network.recnet_width=4",
]


def finetune(album: Path, *overrides: str) -> TrainConfig:
    """Configure a short run beside the album."""
    run = [f"data.person={album}", f"output={album.parent / 'run'}"]
    return load_config(FINETUNE, [*SHORT, *run, *overrides])


def test_the_embedded_model_learns_an_album(album: Path) -> None:
    events: list[Advanced | Noted] = []
    config = finetune(album)
    trainer = Trainer(config, on_event=events.append)
    notes = [event for event in events if isinstance(event, Noted)]
    assert notes[1].text.startswith(f"4 of 6 photos in {album}")
    assert trainer.pairs.epoch == 4
    begun = network_from_onnx(weights.find("gfrnet-slim")).state_dict()
    assert all(torch.equal(value, begun[name]) for name, value in trainer.network.state_dict().items())
    assert trainer.run()
    learnt = trainer.network.state_dict()
    for part in ("warpnet", "recnet", "texturenet"):
        same = all(torch.equal(value, begun[key]) for key, value in learnt.items() if key.startswith(part))
        assert same is (part == "texturenet"), part
    assert load_config(config.output / "config.yaml") == config


def test_a_resumed_run_takes_the_album_as_it_is_now(album: Path) -> None:
    config = finetune(album, *NARROW)
    stopped = Trainer(config)
    stopped.run(stopped=lambda: stopped.samples >= 1)
    (album / "0.png").unlink()
    with pytest.raises(ConfigError, match="Resume it"):
        Trainer(config)
    resumed = Trainer(config, resume=True)
    assert (resumed.samples, resumed.pairs.epoch) == (1, 3)
    assert len(read_manifest(config.output / "album")) == 3
    shutil.rmtree(album)
    with pytest.raises(DataError, match="is not a folder"):
        Trainer(config, resume=True)


def test_an_album_that_is_not_named_is_refused(tmp_path: Path) -> None:
    config = load_config(FINETUNE, [*SHORT, *NARROW, f"output={tmp_path}"])
    with pytest.raises(ConfigError, match=r"data\.person is not set\. Set it to a folder") as caught:
        Trainer(config)
    assert caught.value.advice == (Advice.SET_VALUE,)
