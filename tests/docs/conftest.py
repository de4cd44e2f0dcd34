"""Make a folder that holds the inputs which the docs name, small and real."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path

import pytest
from blocks import ROOT

from gfrnet import images
from gfrnet.cli import main
from gfrnet.degradation import Recipe, degrade


@pytest.fixture(scope="session")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the demo's photo and guide under every name that the docs use."""
    folder = tmp_path_factory.mktemp("inputs")
    assert main(["demo", "-o", str(folder / "demo")]) == 0
    portrait, guide = (images.read(folder / "demo" / name) for name in ("1-portrait.png", "3-guide.png"))
    bad = images.Photo(degrade(portrait.rgb8, Recipe(blur=1, scale=3, noise=3, jpeg=40, seed=1)))
    (folder / "scans").mkdir()
    for name in ("old.jpg", "wedding.jpg", "scans/one.jpg"):
        images.write(bad, folder / name)
    (folder / "photos" / "anna").mkdir(parents=True)
    for name in ("good.jpg", "anna.jpg", "paul.jpg", "photos/anna/first.jpg", "photos/anna/second.jpg"):
        images.write(guide, folder / name)
    for number, name in enumerate(("train", "val", "other")):
        made = str(folder / "data" / name)
        size = ["--people", "2", "--photos", "2", "--seed", str(number)]
        assert main(["data", "synthetic", "-o", made, *size]) == 0
    shutil.copytree(ROOT / "configs", folder / "configs")
    shutil.rmtree(folder / "demo")
    return folder


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the programs ``gfrnet`` and ``python``: this interpreter, this source."""
    folder = tmp_path_factory.mktemp("programs")
    for name, words in (("gfrnet", " -m gfrnet"), ("python", "")):
        program = folder / name
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}"{words} "$@"\n')
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return folder


@pytest.fixture
def workplace(inputs: Path, tmp_path: Path) -> Path:
    """Return a fresh folder with the inputs, so that blocks do not meet each other's results."""
    folder = tmp_path / "work"
    shutil.copytree(inputs, folder, copy_function=os.link)
    return folder
