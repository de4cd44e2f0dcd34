from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gfrnet.errors import ModelError
from gfrnet.runtime import OnnxRuntime
from gfrnet.weights import DEFAULT, MODELS, ModelInfo, catalogue, find


def test_names_are_unique_and_the_default_is_one() -> None:
    names = [model.name for model in MODELS]
    assert len(set(names)) == len(names)
    assert DEFAULT in names


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_is_installed_runs_and_is_small(model: ModelInfo) -> None:
    path = find(model.name)
    assert path.stat().st_size <= 30e6
    faces = np.zeros((1, *model.size, 3), np.float32)
    result = OnnxRuntime(path).run(faces, faces)
    assert np.isfinite(result.restored).all()
    assert np.abs(result.restored).max() <= 1
    assert np.isfinite(result.flow).all()


def test_a_path_is_taken_as_it_is(tiny_model: Path) -> None:
    assert find(tiny_model) == tiny_model
    assert find(str(tiny_model)) == tiny_model


def test_a_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    assert find(tmp_path) == tmp_path


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=DEFAULT):
        find("gfrnet-huge")


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the default model into a catalogue of its own."""
    info = next(model for model in MODELS if model.name == DEFAULT)
    source = info.path
    monkeypatch.setattr(catalogue, "FOLDER", tmp_path)
    monkeypatch.setattr(catalogue, "MODELS", (replace(info, name="copied"),))
    return Path(shutil.copy(source, tmp_path / info.file))


def test_a_changed_byte_is_refused(copied: Path) -> None:
    assert find("copied") == copied
    data = bytearray(copied.read_bytes())
    data[len(data) // 2] ^= 1
    copied.write_bytes(data)
    with pytest.raises(ModelError, match=r"damaged or was changed.*Install again: \S+ -m pip install"):
        find("copied")


def test_a_missing_file_is_to_be_installed_again(copied: Path) -> None:
    copied.unlink()
    with pytest.raises(ModelError, match=r"is missing\. Install again: \S+ -m pip install"):
        find("copied")


def test_a_file_is_hashed_once(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hashed = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *words: hashed.append(words) or digest(*words))
    assert find("copied") == find("copied") == copied
    assert len(hashed) == 1


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_every_model_has_measured_figures(model: ModelInfo) -> None:
    figures = dict(model.measured)
    assert {"measured on", "PSNR", "SSIM", "identity"} <= figures.keys()
    assert all(figures.values())
