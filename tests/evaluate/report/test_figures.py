"""Test the paper's figures, with the installed model on ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import read_manifest
from gfrnet.errors import DataError, FaceError, ModelError, NoFaceError
from gfrnet.evaluate import Contender, Pair, list_pairs
from gfrnet.evaluate.report.figures import (
    KIND_OF,
    FigureRow,
    choose_pairs,
    draw_figure,
    list_photos,
    open_restorer,
    pair_row,
    photo_row,
)
from gfrnet.images import draw_flow, to_signed, to_uint8
from gfrnet.restore import Restorer
from gfrnet.runtime import OnnxRuntime
from gfrnet.types import UInt8Image
from gfrnet.weights import find

BICUBIC, SLIM, STRANGER = (
    Contender.parse(name) for name in ("bicubic", "gfrnet-slim", "gfrnet-slim:stranger")
)


@pytest.fixture(scope="module")
def pairs(dataset: Path) -> tuple[Pair, ...]:
    return list_pairs(read_manifest(dataset))


@pytest.fixture(scope="module")
def row(pairs: tuple[Pair, ...]) -> FigureRow:
    return pair_row([BICUBIC, SLIM], pairs[0], "blind", 4)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    """Write a face, and a picture without any."""
    root = tmp_path_factory.mktemp("photos")
    face = portrait[40:210, 140:310]
    images.write(images.Photo(cv2.GaussianBlur(face, (0, 0), 2)), root / "face" / "degraded.png")
    images.write(images.Photo(np.full((170, 170, 3), 90, np.uint8)), root / "none" / "degraded.png")
    for name in ("face", "none"):
        guide = images.Photo(np.ascontiguousarray(face[:, ::-1]))
        images.write(guide, root / name / "guide.jpg")
    return root


def tile(figure: UInt8Image, column: int, truth: UInt8Image) -> UInt8Image:
    """Cut out the face in a column of the row whose last column is this truth."""
    tops = [top for top in range(figure.shape[0] - 256) if (figure[top : top + 256, -264:-8] == truth).all()]
    return figure[tops[0] : tops[0] + 256, 8 + 264 * column :][:, :256]


def test_rows_are_chosen_by_rule_or_by_name(pairs: tuple[Pair, ...]) -> None:
    assert [pair.name for pair in choose_pairs(pairs, 2)] == ["p0/1.jpg", "p1/1.jpg"]
    assert len(choose_pairs(pairs, 9)) == 3
    assert [pair.name for pair in choose_pairs(pairs, 1, ["p2/2.jpg", "p0/1.jpg"])] == [
        "p2/2.jpg",
        "p0/1.jpg",
    ]
    with pytest.raises(DataError, match=r"no pair p9/1\.jpg.*pairs\.csv"):
        choose_pairs(pairs, 1, ["p0/1.jpg", "p9/1.jpg"])


def test_every_column_shows_what_it_says(row: FigureRow, pairs: tuple[Pair, ...]) -> None:
    pair, slim = pairs[0], OnnxRuntime(find("gfrnet-slim"), threads=1)
    truth = pair.target.pixels()
    figure = draw_figure(KIND_OF["variants"], [BICUBIC, SLIM], [row])
    result = slim.run(to_signed(row.degraded)[None], to_signed(pair.guide.pixels())[None])
    assert (tile(figure, 0, truth) == row.degraded).all()
    assert (tile(figure, 1, truth) == pair.guide.pixels()).all()
    assert (tile(figure, 2, truth) == row.degraded).all()
    assert (tile(figure, 3, truth) == to_uint8(result.restored[0])).all()
    assert np.abs(row.degraded.astype(int) - truth).mean() > 5


def test_warped_guides_stand_beside_their_flows(pairs: tuple[Pair, ...]) -> None:
    row = pair_row([SLIM, STRANGER], pairs[1], "blind", 4)
    truth, slim = pairs[1].target.pixels(), OnnxRuntime(find("gfrnet-slim"), threads=1)
    figure = draw_figure(KIND_OF["warped"], [SLIM, STRANGER], [row], ["Ours (Full)", "Ours (R)"])
    guides = np.stack([pairs[1].guide.pixels(), pairs[1].stranger.pixels()])
    result = slim.run(to_signed(np.stack([row.degraded] * 2)), to_signed(guides))
    assert (tile(figure, 2, truth) == to_uint8(result.warped[0])).all()
    assert (tile(figure, 3, truth) == draw_flow(result.flow[0])).all()
    assert (tile(figure, 4, truth)[:170] == to_uint8(result.warped[1])[:170]).all()
    assert (
        tile(figure, 4, truth)[-80:, -80:] == cv2.resize(guides[1], (80, 80), None, 0, 0, cv2.INTER_AREA)
    ).all()
    assert (tile(figure, 5, truth) == draw_flow(result.flow[1])).all()


def test_a_model_that_does_not_warp_is_refused_where_warps_are_shown(row: FigureRow) -> None:
    with pytest.raises(ModelError, match="bicubic does not warp"):
        draw_figure(KIND_OF["warped"], [BICUBIC, SLIM], [row])


def test_close_ups_show_the_eyes_and_the_mouth_twice_as_large(
    row: FigureRow, pairs: tuple[Pair, ...]
) -> None:
    figure = draw_figure(KIND_OF["comparison"], [BICUBIC, SLIM], [row])
    truth, points = pairs[0].target.pixels(), pairs[0].target.points()
    top = next(top for top in range(figure.shape[0]) if (figure[top : top + 256, -264:-8] == truth).all())
    for column, face in ((3, row.attempts[1].restored), (4, truth)):
        for first, last, below in ((36, 48, 260), (48, 68, 376)):
            strip = figure[top + below : top + below + 112, 8 + 264 * column :][:, :256]
            x, y = np.rint(points[first:last].mean(axis=0) - (64, 28)).astype(int)
            small = cv2.resize(strip, (128, 56), interpolation=cv2.INTER_AREA)
            assert np.abs(small.astype(int) - face[y : y + 56, x : x + 128]).mean() < 6


def test_rows_share_their_titles(row: FigureRow) -> None:
    kind = KIND_OF["variants"]
    one, two = (draw_figure(kind, [BICUBIC, SLIM], [row] * rows, ["a", "b"]) for rows in (1, 2))
    assert one.shape[0] < two.shape[0] < 2 * one.shape[0]
    assert (two[: one.shape[0]] == one).all()


def test_a_real_photo_is_restored_as_gfrnet_restore_does(photos: Path) -> None:
    contenders = [Contender("gfrnet-slim", fidelity=0.5), Contender("gfrnet-slim", "no-guide", fidelity=0.5)]
    row = photo_row([open_restorer(one) for one in contenders], photos / "face")
    files = photos / "face" / "degraded.png", photos / "face" / "guide.jpg"
    face = Restorer.load("gfrnet-slim").restore(*files).faces[0]
    assert face.result is not None
    assert (row.attempts[0].restored == face.result.restored).all()
    assert (row.attempts[1].restored != face.result.restored).any()
    figure = draw_figure(KIND_OF["real"], contenders, [row])
    assert (tile(figure, 0, row.attempts[1].restored) == face.degraded).all()
    assert (tile(figure, 1, row.attempts[1].restored) == face.guide_crop).all()
    assert (tile(figure, 2, row.attempts[1].restored) == face.result.restored).all()
    corner = tile(draw_figure(KIND_OF["degradations"], contenders, [row]), 0, row.attempts[1].restored)
    assert (corner[:170] == face.degraded[:170]).all()
    assert (corner[-80:, -80:] != face.degraded[-80:, -80:]).any()


def test_photos_that_cannot_be_shown_say_why(photos: Path, stranger: UInt8Image, tmp_path: Path) -> None:
    restorers = [open_restorer(BICUBIC)]
    assert [folder.name for folder in list_photos(photos)] == ["face", "none"]
    with pytest.raises(NoFaceError, match="No face found in"):
        photo_row(restorers, photos / "none")
    images.write(images.read(photos / "face" / "degraded.png"), tmp_path / "a" / "degraded.png")
    with pytest.raises(DataError, match=r"has no guide\.png"):
        photo_row(restorers, tmp_path / "a")
    images.write(images.Photo(stranger), tmp_path / "a" / "guide.png")
    with pytest.raises(FaceError, match="shows another person"):
        photo_row(restorers, tmp_path / "a")
    with pytest.raises(DataError, match="holds no folders"):
        list_photos(tmp_path / "a")


@pytest.mark.parametrize("name", ["gfrnet-slim:stranger", "gfrnet-slim:mirror", "warped-guide"])
def test_real_photos_have_their_own_guides(name: str) -> None:
    with pytest.raises(ModelError, match="pairs of a data set"):
        open_restorer(Contender.parse(name))
