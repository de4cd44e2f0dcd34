"""Run the script of Slurm as an array does, with bash and the real program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("fsspec")

from gfrnet import images
from gfrnet.cluster import join_reports
from gfrnet.images import Photo
from gfrnet.types import UInt8Image

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "cluster.slurm"

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


def run(number: str, place: Path) -> subprocess.CompletedProcess[str]:
    """Run one number of the array, with the variables that Slurm sets."""
    program = place / "gfrnet"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gfrnet "$@"\n')
    program.chmod(0o755)
    given = {name.upper(): str(place / name) for name in ("source", "guides", "out", "report")}
    slurm = {"SLURM_ARRAY_TASK_ID": number, "SLURM_CPUS_PER_TASK": "1", "SHARDS": "2"}
    environment = os.environ | given | slurm | {"GFRNET": str(program), "PYTHONPATH": str(ROOT / "src")}
    return subprocess.run(["bash", SCRIPT], env=environment, capture_output=True, text=True, check=False)


def test_an_array_restores_everything_once_and_can_be_started_again(
    tmp_path: Path, portrait: UInt8Image
) -> None:
    images.write(Photo(portrait[:300, 70:370]), tmp_path / "guides" / "good.png")
    for index in range(4):
        bad = cv2.resize(portrait[20 + index : 230 + index, 110:320], None, fx=0.3, fy=0.3)
        photo = Photo(np.asarray(cv2.resize(bad, (210, 210)), np.uint8))
        images.write(photo, tmp_path / "source" / f"{index}.png")
    for number in ("2", "1", "1"):
        done = run(number, tmp_path)
        assert done.returncode == 0, done.stderr
    found = join_reports(str(tmp_path / "report"))
    assert (found.photos, found.twice, found.missing) == (4, 0, ())
    assert found.restored + found.kept == 4
    assert len(list((tmp_path / "out").glob("*.png"))) == 4


def test_it_tells_what_is_missing() -> None:
    done = subprocess.run(["bash", SCRIPT], env={"PATH": "/bin"}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Give the folder of the photos" in done.stderr


def test_its_array_has_as_many_numbers_as_it_has_shards() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    assert "--array=1-16\n" in text
    assert "${SHARDS:-16}" in text
