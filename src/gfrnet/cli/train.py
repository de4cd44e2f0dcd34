"""``gfrnet train`` and ``gfrnet export``: from a config to a model file."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import remark, say
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable

if TYPE_CHECKING:
    from gfrnet.train import Progress, TrainConfig


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="The run; configs/slim.yaml is one.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the config.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the config and print the networks' sizes; train nothing.")
    ] = False,
) -> None:
    """Train a network. Ctrl-C writes a checkpoint; --resume, with the same --set, goes on from it."""
    with require("train"):
        from gfrnet.train import Trainer, load_config

    settings = load_config(config, overrides or ())
    if dry_run:
        _show_sizes(settings)
        return
    trainer = Trainer(settings, resume)
    say(f"{trainer.samples} of {settings.samples} samples done.")
    with stoppable() as stopped:
        trainer.run(_show, stopped)
    if stopped():
        repeated = "".join(f" --set {shlex.quote(override)}" for override in overrides or ())
        remark(f"Stopped after {trainer.samples} samples. Go on: gfrnet train {config}{repeated} --resume")
        raise typer.Exit(INTERRUPTED)
    say(f"Done. Export it: gfrnet export {trainer.path} -o {trainer.config.name}.onnx")


def _show_sizes(config: TrainConfig) -> None:
    from gfrnet.nets import GFRNet, count

    for part in count(GFRNet(config.network)):
        say(f"{part.name:<8} {part.parameters / 1e6:8.2f} M parameters  {part.flops / 1e9:6.2f} GFLOP a face")


def _show(progress: Progress) -> None:
    parts = "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())
    say(
        f"{progress.samples} samples  {progress.seconds / 60:.1f} min  {progress.samples_per_second:.1f}/s  "
        f"waiting for data {progress.data_wait:.0%}  lr {progress.learning_rate:.1e}  {parts}"
    )


def export(
    checkpoint: Annotated[Path, typer.Argument(metavar="CHECKPOINT", help="What gfrnet train wrote.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL.onnx", help="The model file.")],
) -> None:
    """Write the averaged network of a checkpoint as one ONNX file and compare it with torch."""
    with require("train"):
        from gfrnet.train import export_onnx, load_network

    if output.suffix != ".onnx":
        raise typer.BadParameter("The name of a model file ends in .onnx.", param_hint="--output")
    difference = export_onnx(load_network(checkpoint), output)
    size = output.stat().st_size / 1e6
    say(f"{output}: {size:.1f} MB, differs from torch by at most {difference:.1g} on [-1, 1].")
