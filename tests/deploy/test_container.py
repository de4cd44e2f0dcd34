"""Test the container file: its steps are run, and the server in it does its work under its restrictions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from containerfile import DEPLOY, ROOT, stages
from imitated import NAMESPACES, build_script, run_script, why_not

from gfrnet import images
from gfrnet.demo import PORTRAIT

TOKEN = "a long word that nobody guesses"
FILE = stages(DEPLOY / "Containerfile")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))


def test_its_steps_make_a_server_that_needs_neither_root_nor_network(tmp_path: Path) -> None:
    if reason := why_not():
        pytest.skip(reason)
    photos, album, store, token = (tmp_path / name for name in ("photos", "album", "store", "token"))
    for folder in (photos / ".gfrnet-album", album, store, tmp_path / "place"):
        folder.mkdir(parents=True)
    shutil.copy(PORTRAIT, photos / "one.jpg")
    token.write_text(f"{TOKEN}\n")
    for path in (token, album):
        os.chown(path, 10001, 10001)
        path.chmod(0o700)
    small = tmp_path / "small.jpg"
    images.write(images.read(PORTRAIT), small)
    probe = [sys.executable, str(Path(__file__).with_name("probe.py")), TOKEN, str(small), str(PORTRAIT)]
    script = build_script(FILE) + run_script(photos, album, token, store, probe)
    environment = os.environ | {"PLACE": str(tmp_path / "place")}
    done = subprocess.run(
        [*NAMESPACES, "sh", "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    if "hatchling" in done.stderr and "No matching distribution" in done.stderr:
        pytest.skip("no package index can be reached, which building the wheel needs")
    print(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    happened = json.loads(done.stdout.splitlines()[-1])
    print(happened)
