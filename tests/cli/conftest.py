"""What the tests of ``gfrnet restore`` share: photos, guides, face crops, and the command itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import pytest

from gfrnet import images
from gfrnet.cli import main
from gfrnet.images import Photo
from gfrnet.types import UInt8Image

Run = Callable[..., int]


@pytest.fixture
def photo(tmp_path: Path, portrait: UInt8Image) -> Path:
    """A degraded photo of 200 x 200 pixels with one face."""
    small = cv2.resize(portrait[30:230, 120:320], (50, 50), interpolation=cv2.INTER_AREA)
    return images.write(
        Photo(cv2.resize(small, (200, 200), interpolation=cv2.INTER_CUBIC)), tmp_path / "bad.png"
    )


@pytest.fixture
def guide(tmp_path: Path, portrait: UInt8Image) -> Path:
    return images.write(Photo(portrait[:300, 70:370]), tmp_path / "good.png")


@pytest.fixture
def other(tmp_path: Path, stranger: UInt8Image) -> Path:
    return images.write(Photo(stranger), tmp_path / "stranger.png")


@pytest.fixture
def no_restoring(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever restores a photo is a fault: the test asks for a refusal before the work."""
    monkeypatch.delattr("gfrnet.restore.Restorer.restore")


@pytest.fixture
def run(guide: Path, tiny_model: Path) -> Run:
    """Restore with the good guide and the tiny model; gives the exit code."""

    def run(*arguments: str | Path, guides: tuple[Path, ...] = (guide,)) -> int:
        words = ["restore", *map(str, arguments), "--model", str(tiny_model)]
        return main([*words, *(word for path in guides for word in ("--guide", str(path)))])

    return run


@pytest.fixture
def album_maker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], Path]:
    """Make an album whose index holds four people, on 20 photos, and somebody else on one; gives its folder.

    Of a larger spread of their photos, the program is less sure.
    """
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "album"))
    from albums import Invented, fill

    def make(spread: float) -> Path:
        folder = tmp_path / f"photos {spread}" / ".gfrnet-album"
        photos = [Invented((n % 4,), year=2001) for n in range(20)] + [Invented((0, 1)), Invented((9,))]
        fill(folder, photos, spread=spread)
        return folder

    return make


@pytest.fixture
def family_album(album_maker: Callable[[float], Path]) -> Path:
    """Return the folder of an album in which every person is one group."""
    return album_maker(1.0)
