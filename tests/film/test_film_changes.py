"""Add changes to frames, and compare with the formulas and with what must stay."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from filmfiles import Recipe, fields, make_film, moving, planes_of, pulled_down
from gfrnet.film import Change, FilmSink, FilmSource

FORMATS = [f"yuv{grid}p{depth}" for grid in ("420", "422", "444") for depth in ("", "10le")]


def ffv1(tmp_path: Path, **kinds: object) -> FilmSource:
    recipe = Recipe(codec="ffv1", **{"frames": 4, **kinds})  # type: ignore[arg-type]
    return FilmSource.open(make_film(tmp_path / "film.mkv", recipe), deinterlace="no", threads=1)


def rewritten(source: FilmSource, change: Change | None, out: Path, codec: str = "ffv1") -> Path:
    with FilmSink(out, like=source, codec=codec, threads=1) as sink:
        for frame in source.frames():
            sink.write(frame.changed([change] if change else []))
    return out


@pytest.mark.parametrize("pixel_format", [*FORMATS, "gray", "gray10le", "bgr0", "gbrp10le"])
def test_pixels_under_no_change_are_equal_to_the_bit(pixel_format: str, tmp_path: Path) -> None:
    rgb = {"color_range": 2, "colorspace": 0} if "b" in pixel_format else {}
    source = ffv1(tmp_path, pixel_format=pixel_format, context=rgb)
    change = Change(13, 7, np.full((21, 30, 3), 0.1, np.float32))
    before, after = planes_of(source.path), planes_of(rewritten(source, change, tmp_path / "out.mkv"))
    wide = 2 if "10" in pixel_format else 1
    for old, new in zip(before, after, strict=True):
        for number, (one, other) in enumerate(zip(old, new, strict=True)):
            channels = 4 if pixel_format == "bgr0" else 1
            chroma = number in (1, 2) and pixel_format.startswith("yuv")
            across = 2 if chroma and "444" not in pixel_format else 1
            down = 2 if chroma and "420" in pixel_format else 1
            shape = 64 // down, 96 // across, wide * channels
            differs = np.any(
                np.frombuffer(one, np.uint8).reshape(shape) != np.frombuffer(other, np.uint8).reshape(shape),
                axis=2,
            )
            rows, columns = slice(7 // down, -(-28 // down)), slice(13 // across, -(-43 // across))
            inside = differs[rows, columns]
            assert inside.any() or chroma  # a change of grey moves no chroma
            differs[rows, columns] = False
            assert not differs.any()


@pytest.mark.parametrize("pixel_format", ["yuv444p10le", "yuv420p", "gbrp10le"])
@pytest.mark.parametrize("tags", [{"colorspace": 1, "color_range": 1}, {"colorspace": 5, "color_range": 2}])
def test_a_change_of_colour_arrives(pixel_format: str, tags: dict[str, int], tmp_path: Path) -> None:
    if pixel_format.startswith("gb"):
        tags = {"colorspace": 0, "color_range": 2}
    source = ffv1(tmp_path, pixel_format=pixel_format, context=tags)
    frame = next(source.frames())
    values = np.tile(np.array([0.12, -0.08, 0.05], np.float32), (24, 32, 1))
    moved = frame.changed([Change(8, 32, values)]).rgb().astype(float) - frame.rgb()
    assert np.abs(moved[36:52, 12:36] - values[0, 0] * 255).max() <= 3
    assert np.abs(moved[36:52, 12:36].mean((0, 1)) - values[0, 0] * 255).max() <= 1
    assert (
        not frame.changed([Change(200, 0, values), Change(0, -90, values)])
        .rgb()
        .astype(int)
        .__sub__(frame.rgb())
        .any()
    )


@pytest.mark.parametrize("matrix", [1, 5, 9])
def test_colours_are_those_of_the_matrix(matrix: int, tmp_path: Path) -> None:
    source = ffv1(tmp_path, pixel_format="yuv444p", context={"colorspace": matrix, "color_range": 1})
    frame = next(source.frames())
    luma, cb, cr = (
        np.frombuffer(plane, np.uint8).reshape(64, 96).astype(float) for plane in planes_of(source.path)[0]
    )
    red, blue = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    y, b, r = (luma - 16) / 219, (cb - 128) / 224, (cr - 128) / 224
    one, three = y + 2 * (1 - red) * r, y + 2 * (1 - blue) * b
    two = (y - red * one - blue * three) / (1 - red - blue)
    expected = np.clip(np.stack([one, two, three], -1) * 255, 0, 255)
    assert np.abs(frame.rgb() - expected).max() < 3


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn", [0, 90, 180, -90])
def test_changes_lie_where_they_do_in_the_upright_picture(turn: int, mirrored: bool, tmp_path: Path) -> None:
    source = ffv1(tmp_path, pixel_format="yuv444p", rotation=turn, mirrored=mirrored)
    frame = next(source.frames())
    rgb = frame.rgb().astype(int)
    assert rgb.shape[:2] == ((96, 64) if turn in (90, -90) else (64, 96))
    assert frame.luma(24).shape == ((36, 24) if turn in (90, -90) else (16, 24))
    moved = frame.changed([Change(6, 20, np.full((9, 13, 3), 0.2, np.float32))]).rgb() - rgb
    rows, columns = np.nonzero(np.abs(moved).sum(2) > 30)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (6, 18, 20, 28)
    quarter = np.rot90(moving(0, (96, 64)), {0: 0, 90: 1, 180: 2, -90: 3}[turn])
    if not mirrored:
        assert np.abs(rgb - quarter).mean() < 4


def test_any_frame_is_found_at_once_and_equal(tmp_path: Path) -> None:
    recipe = Recipe(frames=40, options={"x264-params": "open-gop=1:keyint=8:bframes=3:scenecut=0"})
    source = FilmSource.open(make_film(tmp_path / "film.mkv", recipe), threads=1)
    whole = [frame.rgb() for frame in source.frames()]
    assert [frame.index for frame in source.frames()] == list(range(40))
    for start in (1, 7, 8, 9, 15, 39):
        first = next(source.frames(start))
        assert first.index == start
        assert np.array_equal(first.rgb(), whole[start])


def test_fields_are_found_and_made_whole(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mkv", Recipe(codec="ffv1", picture=fields, frames=30))
    source = FilmSource.open(path, threads=1)
    assert (source.facts.scan, source.fields.mode, source.facts.frames) == ("interlaced", "bwdif", 30)
    whole = [frame.rgb() for frame in source.frames()]
    assert all(np.array_equal(frame.rgb(), whole[frame.index]) for frame in source.frames(9, 14))
    combed = [frame.rgb() for frame in FilmSource.open(path, deinterlace="no", threads=1).frames(9, 14)]
    assert combing(whole[9:14]) < 0.5 * combing(combed)


def test_pulldown_is_undone(tmp_path: Path) -> None:
    recipe = Recipe(codec="ffv1", picture=pulled_down, frames=43, rate=Fraction(30000, 1001))
    path = make_film(tmp_path / "film.mkv", recipe)
    source = FilmSource.open(path, threads=1)
    assert (source.facts.scan, source.fields.mode, source.facts.frames) == ("telecine", "ivtc", 35)
    whole = [frame.rgb() for frame in source.frames()]
    assert error(whole[4:28], [moving(number, (96, 64)).astype(float) for number in range(4, 28)]) < 12
    assert all(np.array_equal(frame.rgb(), whole[frame.index]) for frame in source.frames(13, 22))
    assert source.index.places[32] == FilmSource.open(path, deinterlace="no", threads=1).index.places[40]


def combing(frames: list[np.ndarray]) -> float:
    rows = np.stack(frames).astype(float)[:, 19:29]
    return float(np.abs(rows[:, 1:-1] - (rows[:, :-2] + rows[:, 2:]) / 2).mean())


def error(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    return float(np.mean([np.abs(a.astype(float) - b).mean() ** 2 for a, b in zip(one, other, strict=True)]))
