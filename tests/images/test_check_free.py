from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gfrnet.errors import Advice, WriteError
from gfrnet.images import Photo, check_free, write, write_text


def test_an_existing_file_is_only_replaced_on_request(tmp_path: Path) -> None:
    check_free(tmp_path / "new", overwrite=False)
    with pytest.raises(WriteError, match="exists already") as caught:
        check_free(tmp_path, overwrite=False)
    assert Advice.OVERWRITE in caught.value.advice
    check_free(tmp_path, overwrite=True)


ANY = Photo(np.zeros((2, 2, 3), np.uint8))


@pytest.mark.parametrize("links", [True, False])
def test_of_two_writers_of_a_new_file_the_second_is_refused(
    links: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found the name free; the other one writes while this one flushes."""
    path, flush = tmp_path / "p.png", os.fsync

    def refuse(*_: Any) -> None:
        raise PermissionError(1, "Operation not permitted")

    def flush_late(file: int) -> None:
        flush(file)
        path.write_text("the other one's")

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "fsync", flush_late)
    with pytest.raises(WriteError, match="exists already") as caught:
        write(ANY, path, replace=False)
    assert Advice.OVERWRITE in caught.value.advice
    with pytest.raises(WriteError, match="exists already"):
        write_text("{}", path, replace=False)
    assert path.read_text() == "the other one's"
    assert [each.name for each in tmp_path.iterdir()] == ["p.png"]
    monkeypatch.setattr(os, "fsync", flush)
    for name in ("p.png", "q.png"):
        write(ANY, tmp_path / name, replace=name == "p.png")
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")
