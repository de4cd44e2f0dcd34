from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gfrnet import faces, images, metrics
from gfrnet.data import read_manifest
from gfrnet.errors import ModelError, WriteError
from gfrnet.evaluate import (
    METRIC_OF,
    Contender,
    Evaluation,
    Measured,
    Pair,
    list_pairs,
    measure,
    restore_pair,
)
from gfrnet.work import Advanced
from people import write_people

PLAIN = [name for name in METRIC_OF if name not in ("vgg", "lpips")]


@pytest.fixture(scope="module")
def pairs(dataset: Path) -> tuple[Pair, ...]:
    return list_pairs(read_manifest(dataset))[:3]


def parsed(*names: str | Path) -> list[Contender]:
    return [Contender.parse(str(name)) for name in names]


def values(measured: Measured, model: str, pair: Pair) -> dict[str, float]:
    return {row.metric: row.value for row in measured.rows if (row.model, row.pair) == (model, pair.name)}


class Counter:
    """Count the finished pairs, and wish for a stop after some."""

    def __init__(self, last: int = 99) -> None:
        self.count, self.last = 0, last

    def __call__(self, event: Advanced) -> None:
        self.count += 1
        assert (event.what, event.done) == ("pairs", self.count)

    def stopped(self) -> bool:
        return self.count >= self.last


def test_rows_are_equal_every_time(pairs: tuple[Pair, ...], tiny_model: Path) -> None:
    contenders = parsed("bicubic", *(f"{tiny_model}{variant}" for variant in ("", ":stranger", ":no-guide")))
    runs = [
        measure(Evaluation(contenders, pairs, "blind", [4.0, 8.0]), workers=workers) for workers in (1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0].failures == ()
    assert [
        (row.pair, row.scale, row.model, row.metric) for row in runs[0].rows
    ] == [
        (pair.name, scale, contender.name, metric)
        for pair in pairs
        for scale in (4.0, 8.0)
        for contender in contenders
        for metric in PLAIN
        if (contender.variant, metric) != ("no-guide", "warp")
    ]  # fmt: skip
    assert {row.pose_gap for row in runs[0].rows} == {pair.pose_gap for pair in pairs}


def test_values_are_those_of_the_metrics(pairs: tuple[Pair, ...], tiny_model: Path) -> None:
    """Work the values out once more, pair by pair, without anything that is kept for the next one."""
    names = (str(tiny_model), f"{tiny_model}:mirror", "pasted-guide")
    measured = measure(Evaluation(parsed(*names), pairs[:2], "blind", [4.0]), workers=1)
    for pair in pairs[:2]:
        truth, real = pair.target.pixels(), pair.target.mask()
        guides = {
            names[0]: pair.guide.pixels(),
            names[1]: np.ascontiguousarray(truth[:, ::-1]),
            names[2]: pair.guide.pixels(),
        }
        for name, guide in guides.items():
            found = values(measured, name, pair)
            result = restore_pair(Contender.parse(name), pair, "blind", 4.0).restored
            identity, box = faces.embed_crop(result), faces.face_box(256)
            places = [faces.landmarks68(picture, box) for picture in (result, truth)]
            assert found["psnr"] == metrics.psnr(result, truth, real)
            assert found["ssim"] == metrics.ssim(result, truth, real)
            eyes = metrics.eyes_mask(real, pair.target.points())
            assert found["psnr_eyes"] == metrics.psnr(result, truth, eyes)
            assert found["identity"] == metrics.identity_distance(identity, faces.embed_crop(truth))
            assert found["identity_to_guide"] == metrics.identity_distance(identity, faces.embed_crop(guide))
            assert found["landmarks"] == metrics.landmark_error(*places)
        step = np.linalg.norm(pair.target.points() - pair.guide.points(), axis=1).mean()
        assert values(measured, names[2], pair)["warp"] == pytest.approx(step, rel=1e-3)
        still = metrics.warp_error(metrics.identity_grid(256), pair.target.points(), pair.guide.points())
        assert values(measured, names[2], pair)["warp"] == still
        assert values(measured, names[2], pair)["identity_to_guide"] == 0


def test_equal_pictures_count_as_100_decibels_and_an_absent_mouth_not_at_all(tmp_path: Path) -> None:
    portraits = list(write_people(tmp_path, 2, 2))
    portraits[1] = replace(portraits[1], crop=portraits[0].crop, real=(0, 0, 256, 100))
    pair, other = list_pairs(portraits)
    measured = measure(Evaluation(parsed("pasted-guide"), [pair, other], "bicubic", [4.0]), workers=1)
    assert values(measured, "pasted-guide", pair)["psnr"] == 100
    assert set(PLAIN) - set(values(measured, "pasted-guide", pair)) == {"psnr_mouth"}
    assert set(values(measured, "pasted-guide", other)) == set(PLAIN)


def test_failures_are_reported_and_stop_nothing(
    tiny_model: Path, model_builder: Callable[..., Path], tmp_path: Path
) -> None:
    write_people(tmp_path / "set")
    pairs = list_pairs(read_manifest(tmp_path / "set"))
    assert pairs[0].target.crop is not None
    assert pairs[2].guide.crop is not None
    pairs[0].target.crop.write_bytes(b"torn")
    images.write(images.Photo(np.zeros((128, 128, 3), np.uint8)), pairs[2].guide.crop)
    broken = model_builder(tmp_path / "nan.onnx", gain=float("nan"))
    contenders = parsed(tiny_model, f"{tiny_model}:mirror", broken)
    cache = tmp_path / "cache"
    measured = measure(Evaluation(contenders, pairs[:3], "blind", [4.0]), cache)
    failed = {(failure.pair, failure.model): failure.reason for failure in measured.failures}
    torn, whole, guideless = (pair.name for pair in pairs[:3])
    mirror = f"{tiny_model}:mirror"
    assert set(failed) == {
        *((torn, contender.name) for contender in contenders),
        *((whole, str(broken)), (guideless, str(broken)), (guideless, str(tiny_model))),
    }
    assert str(pairs[0].target.crop) in failed[torn, mirror]
    assert "NaN" in failed[whole, str(broken)]
    assert "(1, 128, 128, 3)" in failed[guideless, str(tiny_model)]
    assert {(row.pair, row.model) for row in measured.rows} == {
        *((whole, str(tiny_model)), (whole, mirror), (guideless, mirror))
    }
    # What failed is tried again.
    write_people(tmp_path / "set")
    again = measure(Evaluation(contenders, pairs[:3], "blind", [4.0]), cache)
    assert {failure.model for failure in again.failures} == {str(broken)}
    assert len(again.rows) == 2 * 3 * len(PLAIN)


def test_what_is_known_is_not_measured_again(
    pairs: tuple[Pair, ...], tiny_model: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    contenders = parsed(tiny_model, "bicubic")
    first = measure(Evaluation(contenders, pairs, "blind", [4.0]), cache)
    (log,) = cache.iterdir()
    text = log.read_bytes()
    counter = Counter()
    assert measure(Evaluation(contenders, pairs, "blind", [4.0]), cache, on_event=counter) == first
    assert log.read_bytes() == text
    assert counter.count == len(pairs)
    # Another name of the same file, less contenders, another order.
    copy = shutil.copy(tiny_model, tmp_path / "copy.onnx")
    renamed = measure(Evaluation(parsed("bicubic", copy), pairs, "blind", [4.0]), cache)
    assert log.read_bytes() == text
    assert {row.value for row in renamed.rows} == {row.value for row in first.rows}
    more = measure(
        Evaluation(parsed(tiny_model, "bicubic", f"{tiny_model}:mirror"), pairs, "blind", [4.0]), cache
    )
    assert log.read_bytes().startswith(text)
    assert len(log.read_bytes().splitlines()) == 3 * len(pairs)
    assert [row for row in more.rows if not row.model.endswith("mirror")] == list(first.rows)


def test_a_stopped_run_keeps_what_is_finished(dataset: Path, tiny_model: Path, tmp_path: Path) -> None:
    pairs = list_pairs(read_manifest(dataset))
    counter = Counter(last=1)
    part = measure(
        Evaluation(parsed(tiny_model), pairs, "blind", [4.0]), tmp_path, 1, counter, counter.stopped
    )
    assert 1 <= counter.count < len(pairs)
    assert len(part.rows) == counter.count * len(PLAIN)
    whole = measure(Evaluation(parsed(tiny_model), pairs, "blind", [4.0]), tmp_path)
    assert set(part.rows) < set(whole.rows)


def test_mistakes_are_found_before_any_work(
    pairs: tuple[Pair, ...], tiny_model: Path, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match="bicubic is given more than once"):
        measure(Evaluation(parsed("bicubic", tiny_model, "bicubic"), pairs, "blind", [4.0]))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(ModelError, match=r"text\.onnx is not an ONNX model"):
        measure(Evaluation(parsed("bicubic", tmp_path / "text.onnx"), pairs, "blind", [4.0]))
    with pytest.raises(WriteError, match="another folder"):
        measure(Evaluation(parsed("bicubic"), pairs, "blind", [4.0]), tmp_path / "text.onnx" / "cache")
