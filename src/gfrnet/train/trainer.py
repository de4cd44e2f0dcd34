"""Train: make samples, run the networks, weigh the losses, step; on one core or many machines, resumable."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from gfrnet.data.samples.stream import SampleStream, channels_first, make_loader
from gfrnet.errors import Advice, ConfigError, ModelError
from gfrnet.nets import Network, Restoration, build
from gfrnet.runtime.pytorch import checkpoints
from gfrnet.train.averaging import start_average, update_average
from gfrnet.train.checkpoint import Checkpoint, load_newest, refuse_other_run, save_checkpoint
from gfrnet.train.config import TrainConfig
from gfrnet.train.forward import Trained, all_guides, as_restoration
from gfrnet.train.game import make_discriminators
from gfrnet.train.log import Progress, RunLog, Window, open_log
from gfrnet.train.objective import RECONSTRUCTION, Objective, total
from gfrnet.train.optimizers import clip_each_part, make_optimizers
from gfrnet.train.pictures import first_samples, picture_grid
from gfrnet.train.processes import Autocast, make_fabric, shared_mean, shared_wish
from gfrnet.train.schedule import make_schedule
from gfrnet.train.starting_weights import starting_network
from gfrnet.train.training_data import count_samples, find_data_sets, open_data
from gfrnet.types import UInt8Image
from gfrnet.work import Advanced, Noted, Stopped, never, unheard

SHOWN = 4
"""Samples in a picture grid: the first of the run, the same every time."""

SKIPPED_IN_A_ROW = 20
"""Steps in a row that fp16's loss scaling may skip while it looks for its scale."""


class Trainer:
    """Train one run, from its config to its last checkpoint.

    Attributes:
        config: The run's config.
        network: The network in training.
        averaged: Averaged weights of the network, which are exported.
        samples: Samples seen so far.
        seconds: Training time so far, resumed runs included.
        micro_batch: Samples that go through the networks together in this process.
        pairs: Samples of the run, each a photo with its guides.
        length: Samples of the whole run.
        flow_samples: Samples at its start in which WarpNet learns alone.
    """

    def __init__(
        self,
        config: TrainConfig,
        resume: bool = False,
        on_event: Callable[[Advanced | Noted], None] = unheard,
    ) -> None:
        """Prepare the run.

        Args:
            config: The run.
            resume: Whether to go on from the newest usable checkpoint in the output folder.
            on_event: Listener for broken checkpoints that are passed over, and for the making of an album.

        Raises:
            ConfigError: The output folder holds another run and ``resume`` is false, or the configs differ.
                Or the machine cannot do what the config asks for, or no album is named.
            DataError: A data set is missing or empty, or an album has too few photos.
            ModelError: ``resume`` finds no usable checkpoint; ``start_from`` or the VGG file does not fit.
        """
        if checkpoints(config.output) and not resume:
            raise ConfigError(
                f"{config.output} holds a run already. Resume it, or choose another output.",
                advice=(Advice.RESUME, Advice.SET_VALUE),
            )
        self.config = config
        if config.threads:
            torch.set_num_threads(config.threads)
        self.fabric = make_fabric(config)
        self.micro_batch = config.batch_size // (self.fabric.world_size * config.accumulate)
        sets = find_data_sets(config, self.fabric, on_event)
        self.pairs = open_data(config, sets, self.micro_batch)
        lengths = count_samples(config, self.pairs.epoch)
        self.length, self.flow_samples = lengths.run, lengths.pre_training
        torch.manual_seed(config.seed)
        self._build(resume)
        self.samples, self.seconds, self.skipped = 0, 0.0, 0
        if resume:
            self._restore(load_newest(config.output, on_event))

    @property
    def path(self) -> Path:
        """Return the newest checkpoint."""
        return checkpoints(self.config.output)[-1]

    @property
    def leads(self) -> bool:
        """Tell whether this is the process that writes files and reports progress."""
        return self.fabric.is_global_zero

    def _build(self, resume: bool) -> None:
        """Build networks, optimizers, objective and schedule, on their device, shared among the processes."""
        config = self.config
        self.network = build(config.network) if resume else starting_network(config)
        self._freeze()
        self.discriminators = make_discriminators(config)
        self.optimizers = make_optimizers(config, self.network, self.discriminators)
        trained = self._ready(Trained(self.network, texture="texturenet" not in config.frozen))
        if config.compile:
            trained.compile()
        self.shared_network = self.fabric.setup_module(trained)
        self.shared_discriminators = {
            name: self.fabric.setup_module(self._ready(judge)) for name, judge in self.discriminators.items()
        }
        self.shared_optimizers: list[Any] = [
            self.fabric.setup_optimizers(optimizer) for optimizer in self.optimizers
        ]
        self.averaged = start_average(self.network, config.ema)
        self.objective = Objective(config, self.fabric.device)
        self.teacher: Network | None = None
        if config.losses.truth_flow:
            self.teacher = starting_network(config).requires_grad_(False).eval()
            self._ready(self.teacher)
        self.schedule = make_schedule(config.schedule, self.length - self.flow_samples)

    def _freeze(self) -> None:
        """Put the network into training mode, except for its frozen parts."""
        self.network.train()
        for name in self.config.frozen:
            getattr(self.network, name).requires_grad_(False).eval()

    def _ready(self, module: nn.Module) -> nn.Module:
        if self.fabric.world_size > 1 and self.fabric.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
        return module.to(self.fabric.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def _restore(self, checkpoint: Checkpoint) -> None:
        refuse_other_run(checkpoint, self.config)
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
        on_event: Callable[[Progress], None] = unheard,
        stopped: Stopped = never,
    ) -> bool:
        """Train to the end, or until stopped, and write the checkpoint; a finished run writes nothing.

        Args:
            on_event: Listener for every log line, in the leading process.
            stopped: Asked between steps whether to stop, so that a checkpoint never holds half a step.

        Returns:
            Whether the run has come to its end.

        Raises:
            ModelError: A loss or gradient is not a number; the last good checkpoint stays.
            WriteError: A checkpoint or the log cannot be written.
        """
        if self.ended:  # the run was finished before it was resumed
            return True
        with ExitStack() as stack:
            log = None
            if self.leads:
                opened = open_log(self.config, self.samples, self.discriminators)
                log = stack.enter_context(closing(opened))
            self._loop(log, on_event, stopped)
            self.save()
        return self.ended

    def _loop(self, log: RunLog | None, on_event: Callable[[Progress], None], stopped: Stopped) -> None:
        config, batches = self.config, iter(self.loader())
        window = Window()
        while not self.ended:
            if shared_wish(self.fabric, stopped()):
                return
            started = time.perf_counter()
            micro_batches = [channels_first(next(batches)) for _ in range(config.accumulate)]
            waited = time.perf_counter() - started
            rate = self.rate
            losses, gradient = self.step(micro_batches)
            elapsed = time.perf_counter() - started
            self.seconds += elapsed
            window.add(losses, gradient, config.batch_size, elapsed, waited)
            if log is not None and (self._passed(config.log_every) or self.samples >= self.length):
                progress = window.progress(self.samples, self.samples / self.pairs.epoch, self.seconds, rate)
                log.progress(progress)
                on_event(progress)
                window = Window()
            if log is not None and config.pictures_every and self._passed(config.pictures_every):
                log.pictures(self.samples, self.pictures())
            if self._passed(config.checkpoint_every) and not self.ended:
                self.save()

    def step(self, micro_batches: list[dict[str, Tensor]]) -> tuple[dict[str, float], float]:
        """Make one optimizer step on this process' share of a batch, given in micro-batches.

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
        last = micro_batches[-1]
        means = [self._backward(batch, last=batch is last) for batch in micro_batches]
        losses = shared_mean(
            self.fabric, {name: torch.stack([mean[name] for mean in means]).mean() for name in means[0]}
        )
        learning = self._learning()
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
            steps = self.samples // self.config.batch_size
            update_average(self.averaged, self.network, self.config.ema, steps)
        self.schedule.advance(self.config.batch_size, reconstruction)
        return losses, gradients[0]

    @property
    def ended(self) -> bool:
        """Tell whether the run has reached its length, or its last learning rate a plateau."""
        return self.samples >= self.length or self.schedule.finished

    @property
    def pre_training(self) -> bool:
        """Tell whether WarpNet still learns alone (section 4.2)."""
        return self.samples < self.flow_samples

    @property
    def flow_alone(self) -> bool:
        """Tell whether only the flow is computed, because no loss looks at a picture now."""
        return self.pre_training or not self.config.losses.of_pictures

    @property
    def network_learns(self) -> bool:
        """Tell whether the network steps now; between its steps the discriminators may make several."""
        if not self.config.adversarial or self.flow_alone:
            return True
        return (self.samples // self.config.batch_size + 1) % self.config.discriminators.steps == 0

    @property
    def rate(self) -> float:
        """Return the learning rate of the next step."""
        alone = self.config.flow_rate if self.pre_training else None
        return alone or self.schedule.rate

    def _backward(self, batch: dict[str, Tensor], last: bool) -> dict[str, Tensor]:
        """Add the gradients of a micro-batch; at the last one, the processes exchange the sums."""
        batch = {name: value.to(self.fabric.device, non_blocking=True) for name, value in batch.items()}
        with ExitStack() as stack:
            for module in (self.shared_network, *self.shared_discriminators.values()):
                waits = module is self.shared_network and not self.network_learns
                stack.enter_context(self.fabric.no_backward_sync(module, enabled=waits or not last))
            if self.teacher is not None:
                with torch.no_grad(), self.fabric.autocast():
                    batch["truth_flow"] = self.teacher.flows(batch["target"], batch["guide"])[-1].float()
            guides = batch["guide"] if self.flow_alone else all_guides(batch)
            outputs = self.shared_network(batch["degraded"], guides, self.flow_alone)
            if self.flow_alone:
                *early, flow = outputs["flows"]
                losses = self.objective.flow_parts(flow, early, batch)
            else:
                losses = self._network_parts(as_restoration(outputs), batch)
            if self.network_learns:
                self.fabric.backward(total(losses) / self.config.accumulate)
            if self.shared_discriminators and not self.flow_alone:
                restored = outputs["last"].detach()
                against = self.objective.game.discriminator_parts(
                    restored, batch, self.shared_discriminators, dict(self.discriminators.items())
                )
                self.fabric.backward(total(against) / self.config.accumulate)
                losses |= against
        return {name: value.detach() for name, value in losses.items()}

    def _network_parts(self, result: Restoration, batch: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the parts of equation 12, and keep the discriminators as they are."""
        self.discriminators.requires_grad_(False)
        with self.fabric.autocast():
            losses = self.objective.generator_parts(result, batch, dict(self.discriminators.items()))
        self.discriminators.requires_grad_(True)
        return losses

    def _learning(self) -> list[tuple[nn.Module, Any]]:
        """Return what learns now, each with its optimizer: the network and mostly the discriminators."""
        # Without an adversarial loss there is one optimizer only.
        learning = list(zip((self.network, self.discriminators), self.shared_optimizers, strict=False))
        if not self.network_learns:
            return learning[1:]
        return learning[:1] if self.flow_alone else learning

    def _clip(self, side: nn.Module, optimizer: Any) -> float:  # noqa: ANN401 - Fabric's wrapper
        """Shorten the large gradients of each part of a network; return the norm of all before that."""
        norm = self.fabric.clip_gradients(side, optimizer, max_norm=float("inf"), error_if_nonfinite=False)
        clip_each_part(side, self.config.clip)
        return float(torch.as_tensor(norm))

    def _finite(self, values: Iterable[float]) -> bool:
        """Tell whether to step: losses and gradients are finite numbers."""
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
        """Draw the same few samples each time, restored with the present averaged weights."""
        batch = first_samples(self.pairs, SHOWN)
        self.network.eval()
        with torch.no_grad():
            inputs = tuple(batch[name].to(self.fabric.device) for name in ("degraded", "guide"))
            result = torch.func.functional_call(self.network, self.averaged, inputs)
        self._freeze()
        if not self.config.network.takes_guide:
            del batch["guide"]
        return picture_grid(batch, result, SHOWN)

    def save(self) -> None:
        """Write the checkpoint in the leading process; the others wait."""
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

    def loader(self) -> DataLoader[dict[str, Any]]:
        """Return the batches of this process, from the next sample on; each is one micro-batch of a step."""
        stream = SampleStream(
            self.pairs, self.samples, self.micro_batch, self.fabric.global_rank, self.fabric.world_size
        )
        return make_loader(stream, self.config.workers, pin=self.fabric.device.type == "cuda")

    def _passed(self, every: int) -> bool:
        return self.samples // every > (self.samples - self.config.batch_size) // every
