"""Test on invented people that WarpNet's pre-training finds the flow, and that a guide helps."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from gfrnet import images
from gfrnet.data import write_synthetic
from gfrnet.data.synthetic import exact_flow, render, sample_identity, sample_view
from gfrnet.degradation import Recipe, degrade
from gfrnet.metrics import identity_grid, psnr
from gfrnet.nets import GFRNetConfig
from gfrnet.runtime import Restoration
from gfrnet.runtime.pytorch import TorchRuntime
from gfrnet.train import Cosine, LossWeights, TrainConfig, Trainer, load_network
from gfrnet.types import BoolArray, FloatArray, UInt8Image

SEED = 1
SPREAD = 0.5
"""Spread of the views: small poses, which need fewer samples."""

FLOW_SAMPLES, END_TO_END = 500, 300
GUIDED = GFRNetConfig(warpnet="pyramid", recnet="detail", warpnet_width=8, recnet_width=8)
UNGUIDED = GFRNetConfig(warpnet="none", recnet="detail", recnet_width=8, guided=False)
SCALE = 8


@dataclass(frozen=True)
class Pair:
    """Hold a pair of an unseen person, with the exact flow and the face's place in the target."""

    truth: UInt8Image
    guide: UInt8Image
    flow: FloatArray
    face: BoolArray

    def restored_by(self, network: TorchRuntime) -> Restoration:
        degraded = degrade(self.truth, Recipe(scale=SCALE))
        return network.run(images.to_signed(degraded)[None], images.to_signed(self.guide)[None])

    def end_point_error(self, flow: FloatArray) -> float:
        """Return the mean distance to the exact flow over the face, in pixels."""
        return float(np.linalg.norm(flow - self.flow, axis=-1)[self.face].mean() * 127.5)


def held_out(number: int) -> Pair:
    rng = np.random.default_rng((999, number))
    identity, target, guide = sample_identity(rng), sample_view(rng, SPREAD), sample_view(rng, SPREAD)
    picture, face = render(identity, target), np.zeros((256, 256), np.uint8)
    cv2.fillConvexPoly(face, np.rint(cv2.convexHull(picture.landmarks)).astype(np.int32), 1)
    return Pair(picture.pixels, render(identity, guide).pixels, exact_flow(target, guide), face > 0)


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return [held_out(number) for number in range(12)]


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("people")
    write_synthetic(data, 40, 6, seed=SEED, spread=SPREAD)
    return data


def config(data: Path, output: Path, network: GFRNetConfig, flow_samples: int = 0) -> TrainConfig:
    return TrainConfig(
        name="convergence",
        network=network,
        data=(str(data),),
        output=output,
        samples=flow_samples + END_TO_END,
        flow_samples=flow_samples,
        flow_rate=2e-3,
        losses=LossWeights(landmark=0, landmark_distance=100, early_flow=0.5),
        schedule=Cosine(first=1e-3, last=1e-4),
        beta1=0.9,
        ema=0.98,
        degradation="blur+down",
        heavy=0.5,
        precision="fp32",
        workers=0,
        batch_size=2,
        threads=1,
        seed=SEED,
        checkpoint_every=10**6,
        pictures_every=0,
        accelerator="cpu",
    )


def quality(network: TorchRuntime, pairs: list[Pair]) -> float:
    """Return the mean PSNR in dB."""
    everywhere = np.ones((256, 256), np.bool_)
    results = [images.to_uint8(pair.restored_by(network).restored[0]) for pair in pairs]
    return float(
        np.mean([psnr(result, pair.truth, everywhere) for result, pair in zip(results, pairs, strict=True)])
    )


def test_the_flow_is_found_and_the_guide_is_used(people: Path, pairs: list[Pair], tmp_path: Path) -> None:
    """Find WarpNet alone near the exact flow, and then the whole network better than -WG."""
    guided = Trainer(config(people, tmp_path / "guided", GUIDED, FLOW_SAMPLES))
    guided.run(stopped=lambda: guided.samples >= FLOW_SAMPLES)
    warping = TorchRuntime(load_network(guided.path))
    found = sum(pair.end_point_error(pair.restored_by(warping).flow[0]) for pair in pairs)
    yardstick = sum(pair.end_point_error(identity_grid(256)) for pair in pairs)
    assert found < 0.2 * yardstick

    guided.run()
    unguided = Trainer(config(people, tmp_path / "unguided", UNGUIDED))
    unguided.run()
    with_guide, without = (quality(TorchRuntime(load_network(run.path)), pairs) for run in (guided, unguided))
    assert with_guide > without
