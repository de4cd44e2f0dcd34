"""Train the face detector on drawn scenes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from gfrnet import images
from gfrnet.errors import DataError, ModelError
from gfrnet.faces.find import UNIT
from gfrnet.nets.face_detector import STRIDES, FaceDetector
from gfrnet.train.averaging import start_average, update_average
from gfrnet.train.detector.labels import LabelledPhoto
from gfrnet.train.detector.scenes import draw
from gfrnet.work import Advanced, Stopped, never, unheard

CHECKPOINT = "checkpoint.pt"

MOST_FACES = 32
"""Largest number of faces in a scene."""

RANGES = ((10.0, 72.0), (44.0, 260.0))
"""Sides in pixels of the faces that the cells of each level answer for; both answer for some."""

CENTRAL, NEAR = 0.15, 0.45
"""Reach around the middle, in sides of the face: cells that must answer, and cells that may."""

PLACE_WEIGHT, TURN_WEIGHT = 2.0, 1.0
"""Weights of the losses of box and turn beside the score's."""

DECAY = 0.998
"""Share of the averaged weights that every step keeps."""

WARM_UP = 300
"""Steps over which the learning rate rises."""


@dataclass(frozen=True)
class Schedule:
    """Set the length and pace of a training.

    Attributes:
        steps: Number of steps.
        batch: Scenes a step.
        rate: Largest learning rate of AdamW; it falls to 0 along a cosine.
        seed: Seed of weights and scenes.
        workers: Processes that draw scenes.
        save_every: Steps between checkpoints.
    """

    steps: int = 6000
    batch: int = 32
    rate: float = 4e-3
    seed: int = 0
    workers: int = 1
    save_every: int = 250


class _Scenes(IterableDataset[tuple[Tensor, Tensor]]):
    """Draw scenes without end; every worker and every start has scenes of its own."""

    def __init__(self, photos: Sequence[LabelledPhoto], seed: int, start: int) -> None:
        self.photos, self.seed, self.start = photos, seed, start

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        cv2.setNumThreads(1)
        info = get_worker_info()
        rng = np.random.default_rng((self.seed, self.start, 0 if info is None else info.id))
        while True:
            scene = draw(self.photos, rng)
            faces = np.zeros((MOST_FACES, 5), np.float32)
            faces[: len(scene.faces)] = scene.faces[:MOST_FACES]
            yield torch.from_numpy(scene.pixels.transpose(2, 0, 1).copy()), torch.from_numpy(faces)


def learn(
    photos: Sequence[LabelledPhoto],
    output: Path,
    schedule: Schedule,
    on_event: Callable[[Advanced], None] = unheard,
    stopped: Stopped = never,
) -> None:
    """Train a detector; go on from the checkpoint in the folder if there is one.

    Args:
        photos: Labelled photos.
        output: Folder for the checkpoint.
        schedule: Length and pace.
        on_event: Called after every step.
        stopped: Asked after every step whether to end early.

    Raises:
        DataError: There are no photos.
    """
    if not photos:
        raise DataError("There are no labelled photos to train with. Label photos first.")
    output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(schedule.seed)
    network = FaceDetector().to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=0.01)
    averaged = start_average(network, DECAY)
    start, path = 0, output / CHECKPOINT
    if path.is_file():
        state = torch.load(path, weights_only=True)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        averaged, start = state["averaged"], state["step"]
    scenes = DataLoader(
        _Scenes(photos, schedule.seed, start), batch_size=schedule.batch, num_workers=schedule.workers
    )
    for step, (pictures, faces) in zip(range(start + 1, schedule.steps + 1), scenes, strict=False):
        for group in optimizer.param_groups:
            group["lr"] = _rate(schedule, step)
        loss = _step(network, optimizer, pictures, faces)
        update_average(averaged, network, DECAY, step)
        if step % schedule.save_every == 0 or step == schedule.steps or stopped():
            _save(path, network, optimizer, averaged, step)
        on_event(Advanced(f"loss {loss:.4f}", step, schedule.steps))
        if stopped():
            break


def load_detector(folder: Path) -> FaceDetector:
    """Load the detector of a run, with averaged weights.

    Raises:
        ModelError: There is no checkpoint, or it is damaged.
    """
    network = FaceDetector()
    try:
        state = torch.load(folder / CHECKPOINT, weights_only=True)
        network.load_state_dict(state["averaged"])
    except Exception as error:
        raise ModelError(f"{folder / CHECKPOINT} holds no detector ({error}). Train one first.") from error
    return network.eval()


def _rate(schedule: Schedule, step: int) -> float:
    rising = min(1.0, step / WARM_UP)
    return schedule.rate * rising * (1 + math.cos(math.pi * step / schedule.steps)) / 2


def _step(network: FaceDetector, optimizer: torch.optim.Optimizer, pictures: Tensor, faces: Tensor) -> float:
    pictures = pictures.float().contiguous(memory_format=torch.channels_last)
    network.train()
    outputs = network(pictures)
    loss = sum(
        (
            level_loss(out, faces, stride, reach)
            for out, stride, reach in zip(outputs, STRIDES, RANGES, strict=True)
        ),
        torch.zeros(()),
    )
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
    optimizer.step()
    return float(loss.detach())


def _save(
    path: Path,
    network: FaceDetector,
    optimizer: torch.optim.Optimizer,
    averaged: dict[str, Tensor],
    step: int,
) -> None:
    state = {"network": network.state_dict(), "optimizer": optimizer.state_dict()}
    with images.whole(path) as part:
        torch.save({**state, "averaged": averaged, "step": step}, part)


def level_loss(output: Tensor, faces: Tensor, stride: int, sides: tuple[float, float]) -> Tensor:
    """Compare the answers of one level with the faces: focal loss of the score, distances of box and turn.

    Args:
        output: (N, 6, H, W) as `FaceDetector` returns it.
        faces: (N, M, 5) as `Scene` has them; rows of zeros are no faces.
        stride: Distance of the cells, pixels.
        sides: Smallest and largest side of the faces that the level answers for, pixels.
    """
    wanted, judged, target = _assigned(output.shape, faces, stride, sides)
    score = output[:, 0]
    count = wanted.sum().clamp(min=1)
    chance = score.sigmoid()
    missed = torch.where(wanted, 1 - chance, chance)
    weight = missed**2 * torch.where(wanted, 0.4, 0.8) * judged
    entropy = F.binary_cross_entropy_with_logits(score, wanted.float(), reduction="none")
    total: Tensor = 4 * (weight * entropy).sum() / count
    answers, truths = output.permute(0, 2, 3, 1)[wanted][:, 1:], target[wanted]
    if len(truths) == 0:
        return total + 0 * output.sum()
    side = truths[:, 2:3].exp()
    middle = F.smooth_l1_loss(answers[:, :2] / side, truths[:, :2] / side, beta=0.02, reduction="sum")
    size = F.smooth_l1_loss(answers[:, 2], truths[:, 2], beta=0.05, reduction="sum")
    along = F.cosine_similarity(answers[:, 3:], truths[:, 3:], dim=1, eps=1e-4)
    length = ((answers[:, 3:].norm(dim=1) - 1) ** 2).sum()
    turn = (1 - along).sum() + 0.05 * length
    rest: Tensor = (PLACE_WEIGHT * (middle + size) + TURN_WEIGHT * turn) / count
    return total + rest


def _assigned(
    shape: torch.Size, faces: Tensor, stride: int, sides: tuple[float, float]
) -> tuple[Tensor, Tensor, Tensor]:
    """Tell which cells must answer, which are judged, and the answers: (N, H, W), (N, H, W), (N, H, W, 5)."""
    rows, columns = (torch.arange(n, dtype=torch.float32).add_(0.5).mul_(stride) for n in shape[2:])
    away_x = faces[:, :, 0, None, None] - columns[None, None, None, :]
    away_y = faces[:, :, 1, None, None] - rows[None, None, :, None]
    away = torch.maximum(
        away_x.abs().expand(-1, -1, len(rows), -1), away_y.abs().expand(-1, -1, -1, len(columns))
    )
    side = faces[:, :, 2, None, None]
    there = side > 0
    mine = there & (faces[:, :, 4, None, None] > 0) & (side >= sides[0]) & (side <= sides[1])
    central = mine & (away <= torch.clamp(CENTRAL * side, min=0.6 * stride))
    fits = (side >= sides[0] / 1.3) & (side <= sides[1] * 1.3)
    near = there & fits & (away <= torch.clamp(NEAR * side, min=1.2 * stride))
    distance, nearest = torch.where(central, away, torch.inf).min(dim=1)
    wanted = distance < torch.inf
    own = torch.gather(faces, 1, nearest.flatten(1)[:, :, None].expand(-1, -1, 5)).reshape(*nearest.shape, 5)
    angle = torch.deg2rad(own[..., 3])
    cell = UNIT * stride
    right = (own[..., 0] - columns[None, None, :]) / cell
    down = (own[..., 1] - rows[None, :, None]) / cell
    size = torch.log(own[..., 2].clamp(min=1) / cell)
    target = torch.stack([right, down, size, angle.cos(), angle.sin()], dim=-1)
    return wanted, wanted | ~near.any(dim=1), target
