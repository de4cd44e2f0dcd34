"""Pair sheets, with the installed model on ONNX Runtime."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet.data import read_manifest
from gfrnet.degradation import degrade
from gfrnet.evaluate import Contender, Pair, list_pairs, restore_pair
from gfrnet.evaluate.report.sheets import pair_sheet, short_names
from gfrnet.images import draw_flow
from gfrnet.types import UInt8Image

SLIM, GUIDELESS, STRANGER = (Contender.parse(f"gfrnet-slim{v}") for v in ("", ":no-guide", ":stranger"))
BICUBIC = Contender("bicubic")


@pytest.fixture(scope="module")
def pair(dataset: Path) -> Pair:
    return list_pairs(read_manifest(dataset))[0]


def columns_of(sheet: UInt8Image, picture: UInt8Image) -> list[int]:
    """Find in which columns of tiles a picture stands, from the top."""
    size = picture.shape[0]
    lefts = range(8, sheet.shape[1] - size, size + 8)
    return [
        column
        for top in range(sheet.shape[0] - size)
        for column, left in enumerate(lefts)
        if (sheet[top, left : left + size] == picture[0]).all()
        and (sheet[top : top + size, left : left + size] == picture).all()
    ]


def test_a_sheet_shows_what_everyone_was_given_and_made_of_it(pair: Pair) -> None:
    sheet = pair_sheet(pair, "blind", 4, [BICUBIC, SLIM, GUIDELESS], {})
    slim, guideless = (restore_pair(one, pair, "blind", 4) for one in (SLIM, GUIDELESS))
    degraded = degrade(pair.target.pixels(), pair.recipe("blind", 4))
    assert sheet.shape[1] == 8 + 6 * 264
    assert columns_of(sheet, degraded) == [0, 2]
    assert columns_of(sheet, pair.guide.pixels()) == [1]
    assert columns_of(sheet, slim.restored) == [3]
    assert columns_of(sheet, guideless.restored) == [4]
    assert columns_of(sheet, pair.target.pixels()) == [5]
    assert columns_of(sheet, slim.warped) == [0]
    assert columns_of(sheet, draw_flow(slim.flow)) == [1]
    assert columns_of(sheet, draw_flow(guideless.flow)) == []


def test_another_guide_stands_in_the_corner_of_its_result(pair: Pair) -> None:
    sheet = pair_sheet(pair, "bicubic", 4, [STRANGER], {})
    truth_top = next(
        top
        for top in range(sheet.shape[0])
        if (sheet[top : top + 256, 800:1056] == pair.target.pixels()).all()
    )
    tile = sheet[truth_top : truth_top + 256, 536:792]
    restored = restore_pair(STRANGER, pair, "bicubic", 4).restored
    small = cv2.resize(pair.stranger.pixels(), (80, 80), interpolation=cv2.INTER_AREA)
    assert (tile[:174] == restored[:174]).all()
    assert (tile[:, :174] == restored[:, :174]).all()
    assert (tile[-80:, -80:] == small).all()
    assert columns_of(sheet, restore_pair(STRANGER, pair, "bicubic", 4).warped) == []


def test_captions_stand_below_their_results(pair: Pair) -> None:
    plain, captioned = (
        pair_sheet(pair, "bicubic", 4, [BICUBIC], {"bicubic": text}) for text in ("", "26.0 dB")
    )
    rows, columns = np.nonzero((plain != captioned).any(axis=2))
    assert plain.shape == captioned.shape
    assert columns.min() >= 536
    assert columns.max() < 792
    assert rows.min() > 256


def test_a_model_that_fails_has_a_grey_tile(
    pair: Pair, tmp_path: Path, model_builder: Callable[..., Path]
) -> None:
    broken = model_builder(tmp_path / "broken.onnx", gain=float("nan"))
    sheet = pair_sheet(pair, "bicubic", 4, [BICUBIC, Contender(str(broken))], {})
    assert columns_of(sheet, np.full((256, 256, 3), 192, np.uint8)) == [3]
    assert columns_of(sheet, pair.target.pixels()) == [4]


def test_many_contenders_take_more_rows(pair: Pair) -> None:
    sheet = pair_sheet(pair, "bicubic", 4, [BICUBIC, Contender("pasted-guide")] * 4, {})
    assert sheet.shape[1] == 8 + 6 * 264
    assert columns_of(sheet, pair.target.pixels()) == [4]
    assert columns_of(sheet, pair.guide.pixels()) == [1, 3, 5, 1, 3]


def test_a_warped_guide_and_its_flow_stay_in_one_row(pair: Pair) -> None:
    sheet = pair_sheet(pair, "blind", 4, [SLIM] * 5, {})
    slim = restore_pair(SLIM, pair, "blind", 4)
    assert columns_of(sheet, slim.warped) == [0, 2, 4, 0, 2]
    assert columns_of(sheet, draw_flow(slim.flow)) == [1, 3, 5, 1, 3]


def test_titles_have_as_few_folders_as_it_takes() -> None:
    def names(*models: str) -> tuple[str, ...]:
        return short_names([Contender.parse(model) for model in models])

    assert names("runs/full", "runs/no-flow:no-guide") == ("full", "no-flow:no-guide")
    assert names("a/full/last.pt", "a/bare/last.pt", "bicubic") == ("full/last.pt", "bare/last.pt", "bicubic")
    assert names("gfrnet-slim", "gfrnet-slim:mirror") == ("gfrnet-slim", "gfrnet-slim:mirror")
    assert names("bicubic", "bicubic") == ("bicubic", "bicubic")
