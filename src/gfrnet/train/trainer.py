"""The training loop: samples, forward, objective, step; on one core or many machines; resumes anywhere."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import torch
import yaml
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gfrnet import images
from gfrnet.data import Reading, SampleOptions, Samples, build_album, open_samples
from gfrnet.data.samples.stream import SampleStream, channels_first, make_loader
from gfrnet.errors import ConfigError, DataError, ModelError
from gfrnet.nets import Network, Restoration, build
from gfrnet.nets.residual import ResidualRecNet
from gfrnet.runtime.pytorch import checkpoints
from gfrnet.train.checkpoint import Checkpoint, load_newest, save_checkpoint
from gfrnet.train.config import NO_SAMPLES_LEFT, Album, TrainConfig, changed_keys
from gfrnet.train.export import open_network
from gfrnet.train.log import DISCRIMINATOR, Progress, RunLog
from gfrnet.train.muon import Muon
from gfrnet.train.objective import RECONSTRUCTION, Objective, make_discriminators, total
from gfrnet.train.pictures import picture_grid
from gfrnet.train.processes import Autocast, make_fabric, shared_mean, shared_wish
from gfrnet.train.schedule import make_schedule
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced, Noted

CONFIG = "config.yaml"
"""The run's whole config, written into its folder."""

ALBUM = "album"
"""The data set of an album, in the run's folder."""

FREE_TO_RESUME = ("data", "samples", "epochs", "start_from", "perceptual", "identity")
"""Keys that may change when a run is resumed: files may have moved, and it may become longer."""

SHOWN = 4
"""Samples in a picture grid: the first of the run, the same every time."""

SKIPPED_IN_A_ROW = 20
"""Steps that fp16's loss scaling may skip one after the other while it looks for its scale."""


class _Trained(nn.Module):
    """Give a network one ``forward`` for both phases, tensors in and out, so that processes can share it."""

    def __init__(self, network: Network, texture: bool) -> None:
        super().__init__()
        self.network, self.texture = network, texture

    def forward(self, degraded: Tensor, guide: Tensor, flow_alone: bool) -> tuple[Tensor, ...]:
        if flow_alone:
            return tuple(self.network.flows(degraded, guide))
        result = self.network(degraded, guide, self.texture)
        return result.last, *result.early, *(() if result.flow is None else (result.flow,))


class Trainer:
    """One training run, from its config to its last checkpoint.

    Attributes:
        config: The run's config.
        network: The network in training.
        averaged: Its averaged weights, which are exported.
        samples: Samples seen so far.
        seconds: Training time so far, resumed runs included.
        part: Samples that go through the networks together in this process.
        length: Samples of the whole run.
    """

    def __init__(
        self, config: TrainConfig, resume: bool = False, on_remark: Callable[[str], None] = lambda _: None
    ) -> None:
        """Prepare the run.

        Args:
            config: The run.
            resume: Go on from the newest usable checkpoint in the output folder.
            on_remark: Told of a broken checkpoint that was passed over, and of what an album gives.

        Raises:
            ConfigError: The output folder holds another run and ``resume`` is false, the configs differ, the
                machine cannot do what the config asks for, or nobody's album is named.
            DataError: A data set is missing or empty, or an album has too few photos.
            ModelError: ``resume`` finds no usable checkpoint; ``start_from`` or the VGG file does not fit.
        """
        if checkpoints(config.output) and not resume:
            raise ConfigError(f"{config.output} holds a run already. Add --resume, or choose another output.")
        self.config = config
        if config.threads:
            torch.set_num_threads(config.threads)
        self.fabric = make_fabric(config)
        self.part = config.batch_size // (self.fabric.world_size * config.accumulate)
        self.pairs = _open_data(config, self._data_sets(on_remark), self.part)
        self.length, self.flow_samples = _lengths(config, self.pairs.epoch)
        torch.manual_seed(config.seed)
        self._build(resume)
        self.samples, self.seconds, self.skipped = 0, 0.0, 0
        if resume:
            self._restore(load_newest(config.output, on_remark))

    @property
    def path(self) -> Path:
        """The newest checkpoint."""
        return checkpoints(self.config.output)[-1]

    @property
    def leads(self) -> bool:
        """Whether this process is the one that writes and speaks."""
        return self.fabric.is_global_zero

    def _data_sets(self, on_remark: Callable[[str], None]) -> tuple[str, ...]:
        """Those of the config, or that of the album: the leading process makes it, the others wait."""
        data, root = self.config.data, self.config.output / ALBUM
        if not isinstance(data, Album):
            return data
        person = _person(data)
        if self.leads:
            build_album(person, root, max(1, self.config.workers), partial(_hear, on_remark))
        self.fabric.barrier()
        return (str(root),)

    def _build(self, resume: bool) -> None:
        """Networks, optimizers, objective and schedule, on their device, shared among the processes."""
        config = self.config
        fresh = resume or config.start_from is None
        self.network = build(config.network) if fresh else _start_from(config)
        self._freeze()
        self.discriminators = make_discriminators(config)
        # Fused steps read memory once. They would unscale fp16's gradients, which clipping needs before.
        betas = (config.beta1, 0.999)
        adam = partial(torch.optim.Adam, betas=betas, fused=config.precision != "fp16")
        make = partial(Muon, betas=betas) if config.optimizer == "muon" else adam
        self.optimizers: list[torch.optim.Optimizer] = [make(_learning(self.network))]
        if config.adversarial:
            self.optimizers.append(adam(_learning(self.discriminators)))
        trained = self._ready(_Trained(self.network, texture="texturenet" not in config.frozen))
        if config.compile:
            trained.compile()
        self.shared_network = self.fabric.setup_module(trained)
        self.judges = {
            name: self.fabric.setup_module(self._ready(judge)) for name, judge in self.discriminators.items()
        }
        self.shared_optimizers: list[Any] = [
            self.fabric.setup_optimizers(optimizer) for optimizer in self.optimizers
        ]
        # Without averaging these are the network's own tensors.
        self.averaged = self.network.state_dict()
        if config.ema:
            self.averaged = {name: value.clone() for name, value in self.averaged.items()}
        self.objective = Objective(config, self.fabric.device)
        self.teacher: Network | None = None
        if config.losses.truth_flow:
            self.teacher = _start_from(config).requires_grad_(False).eval()
            self._ready(self.teacher)
        self.schedule = make_schedule(config.schedule, self.length - self.flow_samples)

    def _freeze(self) -> None:
        """Training mode, except for the parts that stay as they are."""
        self.network.train()
        for name in self.config.frozen:
            getattr(self.network, name).requires_grad_(False).eval()

    def _ready(self, module: nn.Module) -> nn.Module:
        if self.fabric.world_size > 1 and self.fabric.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return module.to(self.fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def _restore(self, checkpoint: Checkpoint) -> None:
        free = set(FREE_TO_RESUME)
        if checkpoint.config.order != "shards":
            free.add("accumulate")  # else the parts of a batch decide the samples' order
        changed = changed_keys(checkpoint.config, self.config, free)
        if changed:
            raise ConfigError(
                f"The run in {self.config.output} was made with another {', '.join(changed)}. "
                f"Its own values are in {self.config.output / CONFIG}: --resume needs the same --set as the "
                "run before. Or choose another output."
            )
        self.network.load_state_dict(checkpoint.weights)
        for name, value in checkpoint.averaged.items():
            self.averaged[name].copy_(value)
        for name, state in checkpoint.discriminators.items():
            self.discriminators[name].load_state_dict(state)
        for optimizer, state in zip(self.optimizers, checkpoint.optimizers, strict=True):
            optimizer.load_state_dict(state)
        self.schedule.load_state_dict(checkpoint.schedule)
        self.fabric.strategy.precision.load_state_dict(checkpoint.scaler)
        torch.set_rng_state(checkpoint.random)
        self.samples, self.seconds = checkpoint.samples, checkpoint.seconds

    def run(
        self,
        on_progress: Callable[[Progress], None] = lambda _: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> bool:
        """Train to the end, or until told to stop, and write the checkpoint; of a finished run write nothing.

        Args:
            on_progress: Told of every log line, in the leading process.
            should_stop: Asked between steps, so that a checkpoint never holds half a step.

        Returns:
            Whether the run has come to its end.

        Raises:
            ModelError: A loss or gradient is not a number; the last good checkpoint stays.
            WriteError: A checkpoint or the log cannot be written.
        """
        if self.ended:  # the run was finished before it was resumed
            return True
        with ExitStack() as stack:
            log = stack.enter_context(closing(self._open_log())) if self.leads else None
            self._loop(log, on_progress, should_stop)
            self.save()
        return self.ended

    def _loop(
        self, log: RunLog | None, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool]
    ) -> None:
        config, batches = self.config, iter(self.loader())
        window = _Window()
        while not self.ended:
            if shared_wish(self.fabric, should_stop()):
                return
            started = time.perf_counter()
            parts = [channels_first(next(batches)) for _ in range(config.accumulate)]
            waited = time.perf_counter() - started
            window.rate = self.rate
            losses, gradient = self.step(parts)
            elapsed = time.perf_counter() - started
            self.seconds += elapsed
            window.add(losses, gradient, config.batch_size, elapsed, waited)
            if log is not None and (self._passed(config.log_every) or self.samples >= self.length):
                progress = window.progress(self)
                log.progress(progress)
                on_progress(progress)
                window = _Window()
            if log is not None and config.pictures_every and self._passed(config.pictures_every):
                log.pictures(self.samples, self.pictures())
            if self._passed(config.checkpoint_every) and not self.ended:
                self.save()

    def step(self, parts: list[dict[str, Tensor]]) -> tuple[dict[str, float], float]:
        """One optimizer step on this process' share of a batch, given in parts.

        Both sides of the adversarial game step on the same pictures: the networks against the
        discriminators as they stood before.

        Returns:
            The weighed parts of the objective and the gradient's norm before clipping, over all processes.

        Raises:
            ModelError: A loss or gradient is not a number.
        """
        for optimizer, factor in zip(self.optimizers, (1.0, self.config.discriminators.rate), strict=False):
            for group in optimizer.param_groups:
                group["lr"] = self.rate * factor
            optimizer.zero_grad(set_to_none=True)
        means = [self._backward(part, last=part is parts[-1]) for part in parts]
        losses = shared_mean(
            self.fabric, {name: torch.stack([mean[name] for mean in means]).mean() for name in means[0]}
        )
        learning = list(zip(self._sides(), self.shared_optimizers, strict=False))
        gradients = [self._clip(side, optimizer) for side, optimizer in learning]
        usable = self._finite((*gradients, *losses.values()))
        reconstruction = None
        if usable:
            for _, optimizer in learning:
                optimizer.step()
            if not self.pre_training:
                reconstruction = sum(losses.get(name, 0.0) for name in RECONSTRUCTION)
        if isinstance(self.fabric.strategy.precision, Autocast):
            self.fabric.strategy.precision.finish_step()
        self.samples += self.config.batch_size
        if usable:
            self._average()
        self.schedule.advance(self.config.batch_size, reconstruction)
        return losses, gradients[0]

    @property
    def ended(self) -> bool:
        """Whether the run has reached its length, or its last learning rate its plateau."""
        return self.samples >= self.length or self.schedule.finished

    @property
    def pre_training(self) -> bool:
        """Whether WarpNet still learns alone (section 4.2)."""
        return self.samples < self.flow_samples

    @property
    def flow_alone(self) -> bool:
        """Whether nothing but the flow is computed: no loss looks at a picture now."""
        return self.pre_training or not self.config.losses.of_pictures

    @property
    def rate(self) -> float:
        """Learning rate of the next step."""
        alone = self.config.flow_rate if self.pre_training else None
        return alone or self.schedule.rate

    def _backward(self, batch: dict[str, Tensor], last: bool) -> dict[str, Tensor]:
        """Add one part's gradients; the last part's are exchanged among the processes."""
        batch = {name: value.to(self.fabric.device, non_blocking=True) for name, value in batch.items()}
        with ExitStack() as stack:
            for module in (self.shared_network, *self.judges.values()):
                stack.enter_context(self.fabric.no_backward_sync(module, enabled=not last))
            if self.teacher is not None:
                with torch.no_grad(), self.fabric.autocast():
                    batch["truth_flow"] = self.teacher.flows(batch["target"], batch["guide"])[-1].float()
            guides = batch["guide"] if self.flow_alone else _all_guides(batch)
            outputs = self.shared_network(batch["degraded"], guides, self.flow_alone)
            if self.flow_alone:
                *early, flow = outputs
                losses = self.objective.flow_parts(flow, early, batch)
            else:
                learnt, *flows = outputs
                result = Restoration(learnt, flow=flows[-1] if flows else None, early=tuple(flows[:-1]))
                losses = self._generator_parts(result, batch)
            self.fabric.backward(total(losses) / self.config.accumulate)
            if self.judges and not self.flow_alone:
                against = self.objective.discriminator_parts(result.last.detach(), batch, self.judges)
                self.fabric.backward(total(against) / self.config.accumulate)
                losses |= against
        return {name: value.detach() for name, value in losses.items()}

    def _generator_parts(self, result: Restoration, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Equation 12 against discriminators that stay as they are."""
        self.discriminators.requires_grad_(False)
        with self.fabric.autocast():
            losses = self.objective.generator_parts(result, batch, dict(self.discriminators.items()))
        self.discriminators.requires_grad_(True)
        return losses

    def _sides(self) -> tuple[nn.Module, ...]:
        """What learns now: the networks and, once WarpNet is not alone, the discriminators."""
        return (self.network, self.discriminators) if self.judges and not self.flow_alone else (self.network,)

    def _clip(self, side: nn.Module, optimizer: Any) -> float:  # noqa: ANN401 - Fabric's wrapper
        """Shorten the large gradient of each part of a side; the norm of all before.

        WarpNet's gradient is often many times RecNet's, and must not decide how far RecNet goes.
        """
        norm = self.fabric.clip_gradients(side, optimizer, max_norm=float("inf"), error_if_nonfinite=False)
        if self.config.clip:
            for part in side.children():
                nn.utils.clip_grad_norm_(part.parameters(), self.config.clip)
        return float(torch.as_tensor(norm))

    def _finite(self, values: Iterable[float]) -> bool:
        """Whether to step: losses and gradient are numbers."""
        if all(math.isfinite(value) for value in values):
            self.skipped = 0
            return True
        self.skipped += 1
        if self.config.precision == "fp16" and self.skipped <= SKIPPED_IN_A_ROW:
            return False
        raise ModelError(
            f"The loss or its gradient is not a number after {self.samples} samples. The last good "
            f"checkpoint is in {self.config.output}; train again in a new output folder with a lower "
            "learning rate."
        )

    def pictures(self) -> UInt8Image:
        """The same few samples, restored by the averaged network as it stands."""
        loader = make_loader(SampleStream(self.pairs, 0, SHOWN, 0, 1), workers=0, pin=False)
        batch = channels_first(next(iter(loader)))
        self.network.eval()
        with torch.no_grad():
            inputs = tuple(batch[name].to(self.fabric.device) for name in ("degraded", "guide"))
            result = torch.func.functional_call(self.network, self.averaged, inputs)
        self._freeze()
        if not self.config.network.takes_guide:
            del batch["guide"]
        return picture_grid(batch, result, SHOWN)

    def save(self) -> None:
        """Write the checkpoint; the leading process does, the others wait."""
        if self.leads:
            checkpoint = Checkpoint(
                self.config,
                self.samples,
                self.seconds,
                self.network.state_dict(),
                self.averaged,
                {name: judge.state_dict() for name, judge in self.discriminators.items()},
                [optimizer.state_dict() for optimizer in self.optimizers],
                self.schedule.state_dict(),
                self.fabric.strategy.precision.state_dict(),
                torch.get_rng_state(),
            )
            save_checkpoint(checkpoint, self.config.output, self.config.keep)
        self.fabric.barrier()

    def _open_log(self) -> RunLog:
        config = self.config
        values = config.model_dump(mode="json")
        images.write_text(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), config.output / CONFIG)
        names = [name for name, weight in config.losses.model_dump().items() if weight]
        return RunLog(
            config.output, self.samples, [*names, *(f"{DISCRIMINATOR}{name}" for name in self.judges)]
        )

    def loader(self) -> DataLoader[dict[str, Any]]:
        """Batches of this process, each one part of a step, from the next sample on."""
        stream = SampleStream(
            self.pairs, self.samples, self.part, self.fabric.global_rank, self.fabric.world_size
        )
        return make_loader(stream, self.config.workers, pin=self.fabric.device.type == "cuda")

    def _average(self) -> None:
        if not self.config.ema:
            return
        steps = self.samples // self.config.batch_size
        decay = min(self.config.ema, (1 + steps) / (10 + steps))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                if value.is_floating_point():
                    self.averaged[name].lerp_(value, 1 - decay)
                else:
                    self.averaged[name].copy_(value)

    def _passed(self, every: int) -> bool:
        return self.samples // every > (self.samples - self.config.batch_size) // every


def _all_guides(batch: Mapping[str, Tensor]) -> Tensor:
    """(N * K, 3, H, W): the K guides of each sample after one another, the first one first."""
    return torch.cat((batch["guide"][:, None], batch["more_guides"]), 1).flatten(0, 1)


def check_data(config: TrainConfig) -> None:
    """Whether there is data for a run, and enough of it; makes and writes nothing.

    Raises:
        ConfigError: Nobody's album is named, or WarpNet's pre-training is as long as the run.
        DataError: A data set is missing or empty, or the album is no folder.
    """
    if isinstance(config.data, Album):
        person = _person(config.data)
        if not person.is_dir():
            raise DataError(f"{person} is not a folder. Set data.person to a folder of photos of one person.")
        return
    pairs = _open_data(config, config.data, config.batch_size // config.accumulate)
    _lengths(config, pairs.epoch)


def _person(album: Album) -> Path:
    if album.person is None:
        raise ConfigError(
            "data.person is not set. Add --set data.person=DIR, a folder of photos of one person."
        )
    return album.person.expanduser()


def _hear(on_remark: Callable[[str], None], event: Advanced | Noted) -> None:
    if isinstance(event, Noted):
        on_remark(event.text)


def _open_data(config: TrainConfig, sets: tuple[str, ...], part: int) -> Samples:
    return open_samples(
        sets,
        config.guides,
        SampleOptions(config.degradation, config.heavy, feature_weight=config.feature_weight),
        Reading(config.order, "train", config.streams, part),
        seed=config.seed,
        batch_size=config.batch_size,
    )


def _lengths(config: TrainConfig, epoch: int) -> tuple[int, int]:
    """Samples of the whole run, and of WarpNet's pre-training."""
    length = config.samples or round(config.epochs * epoch)  # type: ignore[operator]
    flow_samples = config.flow_samples or round(config.flow_epochs * epoch)
    if flow_samples >= length:
        raise ConfigError(NO_SAMPLES_LEFT)
    return length, flow_samples


class _Window:
    """Sums since the last log line, and the learning rate of the last step."""

    def __init__(self) -> None:
        self.parts: dict[str, float] = {}
        self.steps, self.samples, self.gradient, self.elapsed, self.waited = 0, 0, 0.0, 0.0, 0.0
        self.rate = 0.0

    def add(
        self, parts: dict[str, float], gradient: float, samples: int, elapsed: float, waited: float
    ) -> None:
        for name, value in parts.items():
            self.parts[name] = self.parts.get(name, 0.0) + value
        self.steps += 1
        self.samples += samples
        self.gradient += gradient
        self.elapsed += elapsed
        self.waited += waited

    def progress(self, run: Trainer) -> Progress:
        return Progress(
            samples=run.samples,
            epoch=run.samples / run.pairs.epoch,
            seconds=run.seconds,
            samples_per_second=self.samples / self.elapsed,
            data_wait=self.waited / self.elapsed,
            learning_rate=self.rate,
            gradient=self.gradient / self.steps,
            losses={name: value / self.steps for name, value in self.parts.items()},
        )


def _learning(side: nn.Module) -> list[nn.Parameter]:
    return [parameter for parameter in side.parameters() if parameter.requires_grad]


def _start_from(config: TrainConfig) -> Network:
    """The networks of ``start_from``, whole or by part.

    Raises:
        ConfigError: A network or part is not of the config's shape.
        ModelError: There is no such model.
    """
    if isinstance(config.start_from, str):
        network = open_network(config.start_from)
        if network.config != config.network:
            raise ConfigError(
                f"start_from: {config.start_from} is another network than the config's. "
                "Copy its network keys."
            )
        return network
    network = build(config.network)
    for part, name in config.start_from or ():
        if name is not None:
            _take_part(network, part, name)
    return network


def _take_part(network: Network, part: str, name: str) -> None:
    wanted, offered = getattr(network, part), getattr(open_network(name), part)
    try:
        if isinstance(wanted, ResidualRecNet):
            wanted.begin_with(offered)
        else:
            wanted.load_state_dict(offered.state_dict())
    except (AttributeError, RuntimeError) as error:  # one has no such part, or it has another shape
        raise ConfigError(
            f"start_from.{part}: that of {name} is another one than the config's. Copy its network keys."
        ) from error
