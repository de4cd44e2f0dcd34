"""Test that odd metadata of a photo print nothing, in this process and in others."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.cli import main
from gfrnet.cli.quiet import without_pillow_warnings
from gfrnet.demo import PORTRAIT

EXIF = b"Exif\0\0II*\0\x08\0\0\0\x05\0\x0f\x01\x02\0\x50\0\0\0\xff\x00\0\0"
"""Metadata that end in the middle."""


@pytest.fixture
def odd(tmp_path: Path) -> Path:
    whole = PORTRAIT.read_bytes()
    path = tmp_path / "photos" / "ann" / "odd.jpg"
    path.parent.mkdir(parents=True)
    path.write_bytes(whole[:2] + b"\xff\xe1" + (len(EXIF) + 2).to_bytes(2, "big") + EXIF + whole[2:])
    return path


def test_the_library_lets_warnings_pass(odd: Path) -> None:
    """Without this the tests below would pass where nothing warns."""
    with pytest.warns(UserWarning, match="EXIF"):
        images.read(odd)


def test_the_command_line_does_not(odd: Path, tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert main(["degrade", str(odd), "-o", str(tmp_path / "bad.png")]) == 0


def test_neither_do_processes_that_share_the_work(odd: Path, tmp_path: Path) -> None:
    words = ["data", "build", str(tmp_path / "photos"), "-o", str(tmp_path / "set"), "--workers", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "gfrnet", *words], capture_output=True, text=True, check=True
    )
    assert "1 photos" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("value", [None, "error::DeprecationWarning"])
def test_the_environment_stays(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if value is None:
        monkeypatch.delenv("PYTHONWARNINGS", raising=False)
    else:
        monkeypatch.setenv("PYTHONWARNINGS", value)
    with without_pillow_warnings():
        assert os.environ["PYTHONWARNINGS"].endswith(value or "PIL.TgaImagePlugin")
    assert os.environ.get("PYTHONWARNINGS") == value


@without_pillow_warnings()
def test_other_warnings_pass() -> None:
    with pytest.warns(UserWarning, match="ours"):
        warnings.warn("ours", UserWarning, stacklevel=1)
