from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from torch import nn

from gfrnet import Restorer, weights
from gfrnet.data import read_manifest, write_synthetic
from gfrnet.degradation import degrade
from gfrnet.errors import ModelError
from gfrnet.evaluate import Contender, Pair, list_pairs, restore_pair
from gfrnet.evaluate.attempt import GuidePhoto, candidates_of, guides_of, restore
from gfrnet.metrics import identity_flow, psnr
from gfrnet.nets import GFRNet, GFRNetConfig, save_safetensors
from gfrnet.runtime import BALANCED, OnnxRuntime
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def pair(dataset: Path) -> Pair:
    return list_pairs(read_manifest(dataset))[0]


def mean(a: UInt8Image, b: UInt8Image | int) -> UInt8Image:
    return (a.astype(np.float32) + b) / 2


def test_bicubic_and_pasted_guide(pair: Pair) -> None:
    degraded = degrade(pair.target.pixels(), pair.recipe("bicubic", 4))
    for name, result in (("bicubic", degraded), ("pasted-guide", pair.guide.pixels())):
        attempt = restore_pair(Contender(name), pair, "bicubic", 4)
        np.testing.assert_array_equal(attempt.degraded, degraded)
        np.testing.assert_array_equal(attempt.restored, result)
        np.testing.assert_array_equal(attempt.guide, pair.guide.pixels())
        np.testing.assert_array_equal(attempt.flow, identity_flow(256))


def test_every_variant_gets_its_guide(pair: Pair, tiny_model: Path) -> None:
    """Expect the mean of photo and guide, which the tiny model gives; no guide is grey, 127.5."""
    mirror = pair.target.pixels()[:, ::-1]
    for variant, given in (
        ("right", pair.guide.pixels()),
        ("stranger", pair.stranger.pixels()),
        ("mirror", mirror),
        ("no-guide", 127.5),
    ):
        attempt = restore_pair(Contender(str(tiny_model), variant), pair, "blind", 4)  # type: ignore[arg-type]
        np.testing.assert_allclose(attempt.restored, mean(attempt.degraded, given), atol=0.51)
        np.testing.assert_allclose(attempt.guide, np.broadcast_to(given, attempt.guide.shape), atol=0.51)


def test_restoring_gives_what_is_measured(tmp_path: Path) -> None:
    """Compare all but colour and light, which are held to the photo's."""
    write_synthetic(tmp_path, people=2, photos=2)
    pair = list_pairs(read_manifest(tmp_path))[0]
    measured = restore_pair(Contender(weights.DEFAULT, fidelity=BALANCED), pair, "blind", 8)
    restorer = Restorer.load()
    face = restorer.restore(measured.degraded, pair.guide.pixels(), cropped=True, force=True).faces[0]
    assert face.result is not None
    truth, real = pair.target.pixels(), pair.target.mask()
    found, wanted = (psnr(pixels, truth, real) for pixels in (face.result.restored, measured.restored))
    assert found == pytest.approx(wanted, abs=0.05)
    assert wanted > psnr(measured.degraded, truth, real) + 1


def test_the_warped_guide_alone(pair: Pair, tiny_model: Path) -> None:
    attempt = restore_pair(Contender(str(tiny_model), "warped-guide"), pair, "blind", 4)
    np.testing.assert_array_equal(attempt.restored, pair.guide.pixels())
    embedded = restore_pair(Contender("warped-guide"), pair, "blind", 4)
    np.testing.assert_array_equal(embedded.restored, embedded.warped)
    assert not np.array_equal(embedded.restored, pair.guide.pixels())


def test_texture_in_half_and_in_full(pair: Pair, tmp_path: Path) -> None:
    config = GFRNetConfig(warpnet="none", recnet="residual", recnet_width=4, texture_width=4)
    network = GFRNet(config)
    assert network.texturenet is not None
    nn.init.constant_(network.texturenet.leave.bias[:3], 0.5)
    model = tmp_path / "textured.safetensors"
    save_safetensors(network, model)
    likely, balanced, textured = (
        restore_pair(Contender(str(model), fidelity=fidelity), pair, "blind", 4).restored.astype(float)
        for fidelity in (1, 0.5, 0)
    )
    assert textured.mean() > likely.mean() + 20
    np.testing.assert_allclose(balanced, (likely + textured) / 2, atol=1)


def test_a_mirror_image_has_its_left_eye_on_the_left(pair: Pair) -> None:
    (guide,) = guides_of(Contender("a", "mirror"), pair, pair.target.pixels())
    outer_right, outer_left = pair.target.points()[[36, 45]]
    np.testing.assert_allclose(guide.points()[36], (255 - outer_left[0], outer_left[1]))
    np.testing.assert_allclose(guide.points()[45], (255 - outer_right[0], outer_right[1]))


def test_without_a_guide_results_are_compared_with_the_right_one(pair: Pair) -> None:
    assert candidates_of(Contender("a", "no-guide"), pair) == (GuidePhoto(pair.guide),)


def test_five_guides_are_fused_and_the_fittest_counts_most(pair: Pair, tiny_model: Path) -> None:
    """Expect the mean of photo and guide of the tiny model: fused, the mean of photo and mean guide."""
    contender = Contender(str(tiny_model), "five-guides")
    photos = [pair.guide, *pair.others]
    assert [guide.portrait for guide in candidates_of(contender, pair)] == photos
    for wanted in photos:
        guides = guides_of(contender, pair, degrade(wanted.pixels(), pair.recipe("blind", 4)))
        assert guides[0].portrait is wanted
        assert sum(guide.weight for guide in guides) == pytest.approx(1)
    two = [GuidePhoto(photos[0], weight=0.75), GuidePhoto(photos[1], weight=0.25)]
    attempt = restore(contender, pair.target.pixels(), two)
    given = 0.75 * photos[0].pixels() + 0.25 * photos[1].pixels()
    np.testing.assert_allclose(attempt.restored, mean(pair.target.pixels(), given), atol=0.51)
    np.testing.assert_array_equal(attempt.guide, photos[0].pixels())


def test_five_guides_are_part_of_the_album(tmp_path: Path) -> None:
    write_synthetic(tmp_path, people=2, photos=8)
    pair = list_pairs(read_manifest(tmp_path))[0]
    five, album = (candidates_of(Contender("a", variant), pair) for variant in ("five-guides", "album"))
    assert (len(five), album[:5]) == (5, five)
    names = {guide.portrait.source for guide in album}
    assert len(names) == 7
    assert pair.target.source not in names


def test_contenders_of_other_fidelity_share_a_run(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = []
    run = OnnxRuntime.run

    def counted(self: OnnxRuntime, *arguments: object) -> object:
        runs.append(arguments)
        return run(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(OnnxRuntime, "run", counted)
    for fidelity in (1.0, 0.5, 0.0):
        restore_pair(Contender(weights.DEFAULT, fidelity=fidelity), pair, "blind", 5)
    assert len(runs) == 1
    restore_pair(Contender(weights.DEFAULT, "no-guide"), pair, "blind", 5)
    assert len(runs) == 2


def test_values_that_are_not_finite_are_no_result(
    pair: Pair, model_builder: Callable[..., Path], tmp_path: Path
) -> None:
    broken = model_builder(tmp_path / "nan.onnx", gain=float("nan"))
    with pytest.raises(ModelError, match=r"nan\.onnx gives values that are not finite"):
        restore_pair(Contender(str(broken)), pair, "blind", 4)
