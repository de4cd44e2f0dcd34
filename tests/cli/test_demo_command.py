from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.cli import main


def test_demo_writes_every_step_and_figures(
    tmp_path: Path, tiny_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "sheet.png").write_text("of an earlier demo")
    assert main(["demo", "-o", str(tmp_path / "demo"), "--model", str(tiny_model)]) == 0
    names = {path.name for path in (tmp_path / "demo").iterdir()}
    steps = ("1-portrait", "2-degraded", "3-guide", "4-warped-guide", "5-flow", "6-restored", "sheet")
    assert names == {f"{step}.png" for step in steps}
    out = capsys.readouterr().out
    assert "made from the same portrait" in out
    assert out.count(" dB") == 2
    degraded, restored = (images.read(tmp_path / "demo" / f"{name}.png") for name in (steps[1], steps[5]))
    assert (degraded.pixels != restored.pixels).any()
