"""The training loop: samples, forward, losses, step; resumes where it stopped."""

from __future__ import annotations

import csv
import math
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from gfrnet import losses
from gfrnet.data import Pairs, read_manifests, sample_order
from gfrnet.errors import ConfigError, ModelError
from gfrnet.nets import GFRNet, Restoration, identity_flow, to_unit
from gfrnet.train.checkpoint import LAST, Checkpoint, load_checkpoint, save_checkpoint
from gfrnet.train.config import TrainConfig

LOG = "log.csv"

LARGEST_GRADIENT = 10.0
"""Norm to which larger gradients are shortened."""


@dataclass(frozen=True)
class Progress:
    """One log line.

    Attributes:
        samples: Samples seen so far.
        seconds: Training time so far, resumed runs included.
        samples_per_second: Since the last line.
        data_wait: Share of the time spent waiting for data since the last line, 0..1.
        learning_rate: Of the last step.
        losses: Weighed parts of the objective, means since the last line.
    """

    samples: int
    seconds: float
    samples_per_second: float
    data_wait: float
    learning_rate: float
    losses: dict[str, float]


class _Stream(IterableDataset[dict[str, np.ndarray]]):
    """The samples of a run from one index on, shared among the loader's workers."""

    def __init__(self, pairs: Pairs, start: int, batch_size: int) -> None:
        self.pairs, self.start, self.batch_size = pairs, start, batch_size

    def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        return (
            dict(vars(self.pairs[index]))
            for index in sample_order(self.start, self.batch_size, worker, workers)
        )


class Trainer:
    """One training run, from its config to its last checkpoint."""

    def __init__(self, config: TrainConfig, resume: bool = False) -> None:
        """Prepare the run.

        Raises:
            ConfigError: The output folder holds another run and ``resume`` is false, or the configs differ.
            DataError: A data folder is missing or empty.
            ModelError: ``resume`` finds no usable checkpoint.
        """
        self.config = config
        self.path = config.output / LAST
        if self.path.exists() and not resume:
            raise ConfigError(f"{config.output} holds a run already. Add --resume, or choose another output.")
        self.pairs = Pairs(
            read_manifests(config.data),
            config.guides,
            seed=config.seed,
            heavy=config.heavy,
            feature_weight=config.feature_weight,
        )
        torch.manual_seed(config.seed)
        if config.threads:
            torch.set_num_threads(config.threads)
        self.network = GFRNet(config.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = {name: value.clone() for name, value in self.network.state_dict().items()}
        betas = (config.beta1, 0.999)
        self.optimizer = torch.optim.Adam(self.network.parameters(), config.learning_rate, betas)
        self.samples, self.seconds = 0, 0.0
        if resume:
            self._restore(load_checkpoint(self.path))

    def _restore(self, checkpoint: Checkpoint) -> None:
        changed = _changed_keys(checkpoint.config, self.config)
        if changed:
            raise ConfigError(
                f"{self.path} was made with another {', '.join(changed)}. Choose another output."
            )
        self.network.load_state_dict(checkpoint.weights)
        self.averaged = checkpoint.averaged
        self.optimizer.load_state_dict(checkpoint.optimizer)
        self.samples, self.seconds = checkpoint.samples, checkpoint.seconds

    def run(
        self,
        on_progress: Callable[[Progress], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Train to the end, or until told to stop, and write the checkpoint.

        Args:
            on_progress: Told of every log line.
            should_stop: Asked between steps, so that a checkpoint never holds half a step.

        Raises:
            ModelError: A loss or gradient is not a number; the last good checkpoint stays.
            WriteError: A checkpoint cannot be written.
        """
        self.network.train()
        self._loop(on_progress, should_stop)
        self.save()

    def _loop(self, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool]) -> None:
        config, batches = self.config, iter(self._loader())
        window = _Window()
        while self.samples < config.samples and not should_stop():
            started = time.perf_counter()
            batch = next(batches)
            waited = time.perf_counter() - started
            parts = self.step(batch)
            self.samples += config.batch_size
            elapsed = time.perf_counter() - started
            self.seconds += elapsed
            window.add(parts, config.batch_size, elapsed, waited)
            if self._passed(config.log_every):
                progress = window.progress(self.samples, self.seconds, self.learning_rate())
                self._log(progress)
                on_progress(progress)
                window = _Window()
            if self._passed(config.checkpoint_every):
                self.save()

    def step(self, batch: dict[str, Tensor]) -> dict[str, float]:
        """One optimizer step on a batch as the loader gives it; the weighed parts of the objective."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        parts = self.objective({name: _channels_first(value) for name, value in batch.items()})
        self.optimizer.zero_grad(set_to_none=True)
        torch.stack(list(parts.values())).sum().backward()
        # A loss that is not a number has gradients that are none either.
        if not torch.isfinite(nn.utils.clip_grad_norm_(self.network.parameters(), LARGEST_GRADIENT)):
            raise ModelError(
                f"The loss or its gradient is not a number after {self.samples} samples. The last good "
                f"checkpoint is {self.path}; train again in a new output folder with a lower learning rate."
            )
        self.optimizer.step()
        self._average()
        return {name: float(value.detach()) for name, value in parts.items()}

    def objective(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """The weighed parts of equation 12, without the perceptual and the adversarial ones.

        While WarpNet learns alone, nothing but WarpNet runs.
        """
        if self.samples < self.config.flow_samples:
            with self._autocast():
                flow = self.network.warpnet(batch["degraded"], batch["guide"])
            parts = self._flow_parts(flow, batch)
        else:
            with self._autocast():
                result = self.network(batch["degraded"], batch["guide"])
            parts = self._restoration_parts(result, batch)
        weights = self.config.losses.model_dump()
        return {name: value * weights[name] for name, value in parts.items() if weights[name]}

    def _restoration_parts(self, result: Restoration, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        parts = {
            "l2": losses.l2_loss(result.restored, batch["target"], batch["weight"]),
            "laplacian": losses.laplacian_loss(result.restored, batch["target"], batch["weight"]),
        }
        return parts if self.network.warpnet is None else parts | self._flow_parts(result.flow, batch)

    def _flow_parts(self, flow: Tensor, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        """Equation 11, and the exactly known flow of self-guided pairs."""
        size = flow.shape[-1]
        guided = batch["has_points"][:, 0] > 0
        offset = flow if self.config.network.warpnet == "paper" else flow - identity_flow(size, size, flow)
        if not guided.any():
            return {"tv": losses.tv_loss(offset)}
        target = to_unit(batch["target_points"], size)[guided]
        guide = to_unit(batch["guide_points"], size)[guided]
        return {
            "landmark": losses.landmark_loss(flow[guided], target, guide),
            "tv": losses.tv_loss(offset),
            "dense_flow": losses.dense_flow_loss(flow, batch["known_flow"], batch["flow_weight"]),
        }

    def learning_rate(self) -> float:
        """Adam's learning rate now: half a cosine from the first to the last."""
        config = self.config
        share = min(1.0, self.samples / config.samples)
        span = config.learning_rate - config.final_learning_rate
        return config.final_learning_rate + span * (1 + math.cos(math.pi * share)) / 2

    def save(self) -> None:
        """Write the checkpoint."""
        checkpoint = Checkpoint(
            self.config,
            self.samples,
            self.seconds,
            self.network.state_dict(),
            self.averaged,
            self.optimizer.state_dict(),
        )
        save_checkpoint(checkpoint, self.path)

    def _average(self) -> None:
        steps = self.samples // self.config.batch_size
        decay = min(self.config.ema, (1 + steps) / (10 + steps))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.averaged[name].lerp_(value, 1 - decay)
                else:
                    self.averaged[name].copy_(value)

    def _autocast(self) -> AbstractContextManager[object]:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.config.precision == "bf16")

    def _loader(self) -> DataLoader[dict[str, np.ndarray]]:
        workers = self.config.workers
        return DataLoader(
            _Stream(self.pairs, self.samples, self.config.batch_size),
            batch_size=self.config.batch_size,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            # Spawned, not forked: OpenCV's threads do not survive a fork.
            multiprocessing_context="spawn" if workers else None,
            worker_init_fn=_one_thread,
        )

    def _passed(self, every: int) -> bool:
        return self.samples // every > (self.samples - self.config.batch_size) // every

    def _log(self, progress: Progress) -> None:
        path = self.config.output / LOG
        path.parent.mkdir(parents=True, exist_ok=True)
        row = {name: value for name, value in asdict(progress).items() if name != "losses"}
        row |= {name: progress.losses.get(name, "") for name in type(self.config.losses).model_fields}
        new = not path.exists()
        with path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(row), lineterminator="\n")
            if new:
                writer.writeheader()
            writer.writerow(row)


class _Window:
    """Sums since the last log line."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.steps, self.samples, self.elapsed, self.waited = 0, 0, 0.0, 0.0

    def add(self, parts: dict[str, float], samples: int, elapsed: float, waited: float) -> None:
        for name, value in parts.items():
            self.parts[name] = self.parts.get(name, 0.0) + value
        self.steps += 1
        self.samples += samples
        self.elapsed += elapsed
        self.waited += waited

    def progress(self, samples: int, seconds: float, learning_rate: float) -> Progress:
        means = {name: value / self.steps for name, value in self.parts.items()}
        speed = self.samples / self.elapsed
        return Progress(samples, seconds, speed, self.waited / self.elapsed, learning_rate, means)


def _one_thread(worker: int) -> None:
    cv2.setNumThreads(1)


def _channels_first(value: Tensor) -> Tensor:
    return value.permute(0, 3, 1, 2) if value.ndim == 4 else value


def _changed_keys(old: TrainConfig, new: TrainConfig) -> list[str]:
    free = {"samples", "output", "workers", "threads", "checkpoint_every", "log_every"}
    before, after = old.model_dump(exclude=free), new.model_dump(exclude=free)
    return [key for key in before if before[key] != after[key]]
