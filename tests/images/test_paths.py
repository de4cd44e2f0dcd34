from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gfrnet.errors import ConfigError
from gfrnet.images import Photo, read, write


@pytest.mark.parametrize("path", [None, 3, b"a.png"])
def test_anything_but_text_or_a_path_is_refused(path: Any) -> None:
    with pytest.raises(ConfigError, match="must be a str or a Path, got"):
        read(path)
    with pytest.raises(ConfigError, match="must be a str or a Path, got"):
        write(Photo(np.zeros((1, 1, 3), np.uint8)), path)


def test_names_are_text_or_paths(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    write(Photo(np.zeros((1, 1, 3), np.uint8)), str(path))
    assert read(path).path == read(str(path)).path == path
