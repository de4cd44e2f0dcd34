"""Take a compared network all the way: train, resume, export, open and measure it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch

from gfrnet.data import read_manifest
from gfrnet.errors import ConfigError
from gfrnet.evaluate import Contender, list_pairs
from gfrnet.evaluate.attempt import restore_pair
from gfrnet.nets.compared import SRCNN
from gfrnet.runtime import OnnxRuntime, open_runtime
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.train import Trainer, export_int8, export_onnx, load_config, network_from_onnx, open_network

CONFIG = Path(__file__).parents[2] / "configs" / "compared" / "srcnn.yaml"


def trainer(dataset: Path, output: Path, samples: int = 4, resume: bool = False) -> Trainer:
    values = {"data": f"[{dataset}]", "output": output, "samples": samples, "batch_size": 2, "workers": 0}
    values |= {"pictures_every": 2, "log_every": 2}
    return Trainer(load_config(CONFIG, [f"{key}={value}" for key, value in values.items()]), resume)


@pytest.fixture(scope="module")
def run(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("srcnn") / "run"
    assert trainer(dataset, folder).run()
    return folder


def test_two_steps_change_every_layer(run: Path, dataset: Path, tmp_path: Path) -> None:
    begun = trainer(dataset, tmp_path / "begun").network.state_dict()
    trained = open_network(run)
    assert isinstance(trained, SRCNN)
    for name, value in trained.state_dict().items():
        assert not torch.equal(value, begun[name]), name
    assert list((run / "pictures").iterdir())


def test_resuming_gives_the_same_bits(run: Path, dataset: Path, tmp_path: Path) -> None:
    first = trainer(dataset, tmp_path / "parts")
    first.run(lambda _: None, lambda: first.samples >= 2)
    assert first.samples == 2
    second = trainer(dataset, tmp_path / "parts", resume=True)
    assert second.samples == 2
    assert second.run()
    for name, value in open_network(run).state_dict().items():
        assert torch.equal(value, open_network(tmp_path / "parts").state_dict()[name]), name


def test_the_exported_file_takes_no_guide(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "srcnn.onnx"
    assert export_onnx(open_network(run), path) < 1e-3
    session = onnxruntime.InferenceSession(path)
    assert [value.name for value in session.get_inputs()] == ["degraded"]
    assert [value.name for value in session.get_outputs()] == ["restored"]
    assert isinstance(network_from_onnx(path), SRCNN)
    opened, wanted = open_runtime(path, threads=1), open_runtime(run)
    assert isinstance(opened, OnnxRuntime)
    assert isinstance(wanted, TorchRuntime)
    assert opened.fuses is wanted.fuses is False
    faces = np.random.default_rng(0).uniform(-1, 1, (2, 2, 256, 256, 3)).astype(np.float32)
    for runtime in (opened, wanted):
        result = runtime.run(*faces, texture=True)
        np.testing.assert_allclose(result.restored, wanted.run(faces[0], -faces[0]).restored, atol=0.02)
        assert result.warped is result.flow is result.textured is None


def test_it_is_exported_in_int8(
    run: Path, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gfrnet.train.quantize.CALIBRATED", 4)
    monkeypatch.setattr("gfrnet.train.quantize.CHECKED", 2)
    cost = export_int8(open_network(run), tmp_path / "int8.onnx", read_manifest(dataset))
    assert abs(cost.int8 - cost.exact) < 1
    assert open_runtime(tmp_path / "int8.onnx").run(*np.zeros((2, 1, 256, 256, 3), np.float32)).flow is None


def test_it_is_measured_without_a_flow(run: Path, dataset: Path) -> None:
    pair = list_pairs(read_manifest(dataset))[0]
    attempt = restore_pair(Contender(str(run)), pair, "bicubic", 4)
    assert attempt.restored.shape == (256, 256, 3)
    assert attempt.flow is attempt.warped is None


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("losses.tv=1", r"srcnn has no flow to learn: set losses\.tv to 0"),
        ("flow_samples=2", "network.warpnet is none or of another kind"),
        ("frozen=[recnet]", "frozen parts learn nothing"),
        ("start_from={recnet: a}", "has no parts"),
        ("network.recnet_width=4", "network.recnet_width does not go with this kind of network"),
        ("network.kind=other", "srcnn"),
    ],
)
def test_what_it_cannot_do_is_refused(override: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_config(CONFIG, [override])
