"""Test that the script learns to tell faces with dark bars from faces without."""

from __future__ import annotations

import csv
import runpy
from pathlib import Path

import numpy as np
import pytest

from fakes import FACE
from gfrnet import images
from gfrnet.faces import CropPlace, cut
from gfrnet.restore.glasses import describe
from gfrnet.types import UInt8Image

SCRIPT = runpy.run_path(str(Path(__file__).parents[2] / "scripts" / "glasses.py"))


def labels(folder: Path, portrait: UInt8Image) -> Path:
    """Write crops of two people, half of them with a bar over the eyes."""
    rng, rows = np.random.default_rng(0), []
    for number in range(8):
        crop = cut(portrait, CropPlace.around(FACE)).pixels.astype(int) + rng.integers(-8, 9, (256, 256, 1))
        kind = "sunglasses" if number % 2 else "none"
        if kind != "none":
            crop[95:125, 50:210] = 20
        path = folder / f"{number}.png"
        images.write(images.Photo(np.clip(crop, 0, 255).astype(np.uint8)), path)
        rows.append((path.name, f"person {number // 4}", kind))
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("crop", "person", "kind"), *rows])
    return folder / "labels.csv"


def test_what_is_learned_tells_the_kinds_apart(
    portrait: UInt8Image, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = labels(tmp_path, portrait)
    assert SCRIPT["main"]([str(table), "-o", str(tmp_path / "found.npy")]) == 0
    assert "| sunglasses | 4 |" in capsys.readouterr().out
    found = np.load(tmp_path / "found.npy")
    odds = [describe(images.read(tmp_path / f"{n}.png").rgb8) @ found[:-1] + found[-1] for n in range(8)]
    assert max(odds[::2]) < -1
    assert min(odds[1::2]) > 1


def test_an_unknown_kind_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "labels.csv"
    table.write_text("crop,person,kind\na.png,a,monocle\n")
    assert SCRIPT["main"]([str(table), "-o", str(tmp_path / "found.npy")]) == 1
    assert "none, glasses, sunglasses" in capsys.readouterr().err
