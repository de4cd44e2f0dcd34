"""Train in one process or many with Lightning Fabric.

``torchrun`` starts the processes, and gives their number in environment variables.
"""

from __future__ import annotations

import os
import warnings
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision import MixedPrecision
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor

from gfrnet.errors import ConfigError
from gfrnet.train.config import TrainConfig


class Autocast(MixedPrecision):
    """Change Lightning's autocast in two points.

    It leaves its inputs alone: photos rounded to bf16 would lose their last bits. With fp16 it keeps the loss
    scale until all optimizers have made their step (`finish_step`), since they share it.
    """

    def convert_input(self, data: Any) -> Any:  # noqa: ANN401 - as in the base class
        """Return the data unchanged; each operation casts what it needs."""
        return data

    def optimizer_step(self, optimizer: Any, **options: Any) -> Any:  # noqa: ANN401 - as in the base class
        """Step with unscaled gradients; fp16 skips the step where they are not finite."""
        if self.scaler is None:
            return optimizer.step(**options)
        return self.scaler.step(optimizer, **options)

    def finish_step(self) -> None:
        """Fit the loss scale, also after a skipped step."""
        if self.scaler is not None:
            self.scaler.update()


def make_fabric(config: TrainConfig) -> Fabric:
    """Join the processes that ``torchrun`` started, or be the only one.

    Raises:
        ConfigError: The accelerator is not there or cannot do the precision, or the batch cannot be shared
            out.
    """
    local, nodes = (int(os.environ.get(name, "1")) for name in ("LOCAL_WORLD_SIZE", "GROUP_WORLD_SIZE"))
    shares = local * nodes * config.accumulate
    if config.batch_size % shares:
        raise ConfigError(
            f"batch_size {config.batch_size} cannot be shared out among {local * nodes} processes in "
            f"{config.accumulate} parts each. Set batch_size to a multiple of {shares}."
        )
    accelerator = _accelerator(config)
    # Where WarpNet learns alone, RecNet's gradients are missing.
    flow_alone = config.pre_trains or not config.losses.of_pictures
    # A discriminator runs twice before its backward pass, so its buffers must not be overwritten in between.
    # PyTorch 2.13 warns that the option has a new name, which older versions do not know.
    warnings.filterwarnings("ignore", "`broadcast_buffers` is deprecated")
    strategy = DDPStrategy(find_unused_parameters=flow_alone, broadcast_buffers=False)
    fabric = Fabric(
        accelerator=accelerator,
        strategy=strategy if local * nodes > 1 else "auto",
        devices=local,
        num_nodes=nodes,
        plugins=_precision(config, accelerator),
    )
    fabric.launch()
    return fabric


def shared_mean(fabric: Fabric, values: dict[str, Tensor]) -> dict[str, float]:
    """Return the means over all processes, with one exchange; all processes give the same names."""
    means = torch.stack([value.detach().float() for value in values.values()])
    if fabric.world_size > 1:
        means = torch.as_tensor(fabric.all_reduce(means, reduce_op="mean"))
    return dict(zip(values, means.tolist(), strict=True))


def shared_wish(fabric: Fabric, wish: bool) -> bool:
    """Tell whether any process wishes it."""
    if fabric.world_size == 1:
        return wish
    count = fabric.all_reduce(torch.tensor(float(wish), device=fabric.device), reduce_op="sum")
    return float(torch.as_tensor(count)) > 0


def _precision(config: TrainConfig, accelerator: str) -> Autocast | None:
    if config.precision == "fp32":
        return None
    return Autocast("16-mixed" if config.precision == "fp16" else "bf16-mixed", accelerator)


def _accelerator(config: TrainConfig) -> str:
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    wanted = config.accelerator
    if wanted == "auto":
        wanted = "cuda" if there["cuda"] else "mps" if there["mps"] else "cpu"
    if not there[wanted]:
        raise ConfigError(f"accelerator {wanted} is not there. Set accelerator to cpu or auto.")
    if config.precision == "fp16" and wanted == "cpu":
        raise ConfigError("precision fp16 needs a GPU. Set precision to bf16 or fp32.")
    return wanted
