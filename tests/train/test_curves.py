from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gfrnet.errors import ConfigError, DataError
from gfrnet.train.curves import plot_curves
from gfrnet.train.log import Progress, RunLog


def write_log(folder: Path, rows: int = 30) -> Path:
    """Write the log of a run whose WarpNet learns alone for ten rows."""
    log = RunLog(folder, 0, ("l2", "tv", "landmark"))
    for row in range(1, rows + 1):
        losses = {"tv": 0.1 * row} | ({"l2": 3 / row} if row > 10 else {})
        log.progress(Progress(400 * row, row / 10, 70.0 * row, 5.0, 0.01, 2e-4, float("inf"), losses))
    log.close()
    return folder


def dark_frames(path: Path) -> int:
    """Count the panels of a plot by the corners of their black frames."""
    import cv2

    pixels = np.asarray(Image.open(path).convert("L"))
    count, _, sizes, _ = cv2.connectedComponentsWithStats((pixels < 60).astype(np.uint8))
    return sum(1 for size in sizes[1:count] if size[2] > 200 and size[3] > 150)


def test_a_panel_for_every_column_that_holds_numbers(tmp_path: Path) -> None:
    output = plot_curves(write_log(tmp_path), tmp_path / "new" / "curves.png")
    # l2 and tv, learning rate, samples per second and data wait; neither landmark nor the gradient.
    assert dark_frames(output) == 5
    assert Image.open(output).info["dpi"][0] == pytest.approx(150, abs=0.1)


def test_one_row_and_an_older_log_are_enough(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("samples,seconds,learning_rate,l2,tv\n400,70.5,0.0002,2.5,0\n")
    picture = plot_curves(tmp_path, tmp_path / "curves.png")
    assert dark_frames(picture) == 3
    # A line through one point shows nothing.
    red, _, blue = np.moveaxis(np.asarray(Image.open(picture).convert("RGB")).astype(int), -1, 0)
    assert (blue - red > 50).any()


def test_an_svg_and_an_unknown_format(tmp_path: Path) -> None:
    write_log(tmp_path)
    drawing = plot_curves(tmp_path, tmp_path / "curves.svg").read_text(encoding="utf-8")
    assert "<svg" in drawing
    with pytest.raises(ConfigError, match=r"\.png, \.svg or \.pdf"):
        plot_curves(tmp_path, tmp_path / "curves.docx")


def test_a_missing_or_empty_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="output folder"):
        plot_curves(tmp_path, tmp_path / "curves.png")
    RunLog(tmp_path, 0, ("l2",)).close()
    with pytest.raises(DataError, match="no rows yet"):
        plot_curves(tmp_path, tmp_path / "curves.png")
