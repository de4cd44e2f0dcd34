from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet.errors import ModelError
from gfrnet.runtime import OnnxRuntime
from gfrnet.weights import DEFAULT, MODELS, ModelInfo, find


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
