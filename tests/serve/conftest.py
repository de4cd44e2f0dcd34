"""One server for most tests of the room: its processes take seconds to start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("fastapi")

from gfrnet.serve import Settings
from gfrnet.types import UInt8Image
from served import Served, degraded, png, serving, until_ready


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, tiny_model: Path) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    (folder / "albums").mkdir()
    settings = Settings(
        data=folder / "data",
        port=0,
        model=str(tiny_model),
        roots=(folder / "albums",),
        file_bytes=5_000_000,
        max_megabytes=130,
    )
    with serving(settings) as served:
        until_ready(served.client)
        yield served


@pytest.fixture(scope="session")
def photo(portrait: UInt8Image) -> bytes:
    """A bad photo of one person."""
    return png(degraded(portrait))


@pytest.fixture(scope="session")
def guide(portrait: UInt8Image) -> bytes:
    """A good photo of the same person."""
    return png(portrait)
