"""Train data-parallel with torchrun, as a user starts it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from gfrnet.errors import ConfigError
from gfrnet.runtime.pytorch import checkpoints
from gfrnet.train import Trainer, load_checkpoint, load_config

SLIM = Path(__file__).parents[2] / "configs" / "slim.yaml"
SETTINGS = {
    "network.warpnet_width": "4",
    "network.recnet_width": "4",
    "discriminators": "{width: 4, norm: instance, local_size: 64}",
    "losses.adversarial_global": "1",
    "losses.adversarial_local": "0.5",
    "precision": "fp32",
    "optimizer": "adam",  # Muon orthogonalises in bf16, which makes the last bits of a sum large
    "batch_size": "4",
    "samples": "12",
    "flow_samples": "4",
    "workers": "0",
    "log_every": "4",
    "pictures_every": "8",
    "accelerator": "cpu",
    "threads": "1",
}


def overrides(dataset: Path, output: Path, **changes: str) -> list[str]:
    values = SETTINGS | {"data": f"[{dataset}]", "output": str(output)} | changes
    return [f"{name}={value}" for name, value in values.items()]


def test_two_processes_train_as_one_does(dataset: Path, tmp_path: Path) -> None:
    alone = Trainer(load_config(SLIM, overrides(dataset, tmp_path / "alone")))
    alone.run()
    sets = [word for o in overrides(dataset, tmp_path / "two") for word in ("--set", o)]
    command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "gfrnet"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, *command, "train", str(SLIM), *sets],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Done") == 1, "only the leading process speaks"
    (path,) = checkpoints(tmp_path / "two")
    one, two = load_checkpoint(alone.path), load_checkpoint(path)
    assert one.samples == two.samples == 12
    for name, value in one.weights.items():
        torch.testing.assert_close(two.weights[name], value, rtol=1e-3, atol=1e-4)
    for judge, weights in one.discriminators.items():
        for name, value in weights.items():
            torch.testing.assert_close(two.discriminators[judge][name], value, rtol=1e-3, atol=1e-4)
    rows = [(tmp_path / name / "log.csv").read_text().splitlines() for name in ("alone", "two")]
    names = rows[0][0].split(",")
    assert len(rows[0]) == len(rows[1]) == 4
    for first, second in zip(*rows, strict=True):
        pairs = zip(names, first.split(","), second.split(","), strict=True)
        values = {name: (a, b) for name, a, b in pairs if name.startswith(("l2", "landmark", "adv", "disc"))}
        if first is not rows[0][0]:
            for a, b in values.values():
                assert float(a or 0) == pytest.approx(float(b or 0), rel=1e-3)


def test_a_batch_that_cannot_be_shared_out_is_refused(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "3")
    with pytest.raises(ConfigError, match="multiple of 3"):
        Trainer(load_config(SLIM, overrides(dataset, tmp_path)))
