from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet import Restorer, images
from gfrnet.demo import demonstrate, make_guide
from gfrnet.types import UInt8Image


def test_it_returns_what_it_wrote_and_its_figures(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = demonstrate(tmp_path / "demo", Restorer.load(tiny_model))
    assert [path.stem for path in made.pictures] == [
        "1-portrait",
        "2-degraded",
        "3-guide",
        "4-warped-guide",
        "5-flow",
        "6-restored",
        "sheet",
    ]
    assert set(made.pictures) == set((tmp_path / "demo").iterdir())
    degraded, restored = (images.read(made.pictures[step]) for step in (1, 5))
    assert (degraded.pixels != restored.pixels).any()
    # The mean of photo and guide, which the tiny model gives, is farther from the truth, nearer to the guide.
    assert made.after.psnr < made.before.psnr
    assert made.after.ssim < made.before.ssim
    assert made.after.similarity > made.before.similarity
    assert capsys.readouterr() == ("", "")


def test_the_guide_is_another_picture(portrait: UInt8Image) -> None:
    guide = make_guide(portrait)
    assert guide.shape == portrait.shape
    for other in (portrait, portrait[:, ::-1]):
        assert np.abs(guide.astype(int) - other).mean() > 10
