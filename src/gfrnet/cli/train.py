"""Run ``gfrnet train`` and ``gfrnet export``: lead from a config to a model file."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from gfrnet.cli.console import progress_console, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.interrupt import INTERRUPTED, stoppable
from gfrnet.cli.names import file_name
from gfrnet.work import Advanced, Noted, unheard

if TYPE_CHECKING:
    from gfrnet.cli.documents import DryRun, Exported, Trained
    from gfrnet.nets import Network
    from gfrnet.train import Progress, TrainConfig, Trainer

SPEED_PERIOD = 3600.0
"""Seconds over which the bar measures speed: a report comes every few minutes where steps are slow."""


def train(
    config: Annotated[Path, typer.Argument(metavar="CONFIG.yaml", help="The run; configs/slim.yaml is one.")],
    overrides: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Replace a value of the config.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Print the networks' sizes, check config and data; train nothing."),
    ] = False,
    json: Json = False,
) -> None:
    """Train a network. Ctrl-C writes a checkpoint; --resume, with the same --set, goes on from it."""
    with require("train"):
        from gfrnet.train import Trainer, check_data, load_config

    settings = load_config(config, overrides or (), given_as="--set")
    if dry_run:
        sizes = _sizes(settings)
        check_data(settings)
        if json:
            show(sizes)
        return
    leads = os.environ.get("RANK", "0") == "0"  # torchrun numbers its processes; one of them speaks
    trainer = Trainer(settings, resume, _remark if leads else unheard)
    if leads:
        say(f"{trainer.samples} of {trainer.length} samples done.")
    reports: list[Progress] = []
    with stoppable() as stopped, _display(trainer, leads) as display:

        def draw(progress: Progress) -> None:
            reports.append(progress)
            display(progress)

        ended = trainer.run(draw, stopped)
    if leads and json:
        show(_document(trainer, reports, bool(ended)))
    if not ended:
        if leads:
            again = shlex.join([str(config), *(f"--set={override}" for override in overrides or ())])
            remark(f"Stopped after {trainer.samples} samples. Go on: gfrnet train {again} --resume")
        raise typer.Exit(INTERRUPTED)
    if leads and not json:
        _summarise(trainer, reports)


def _remark(event: Advanced | Noted) -> None:
    if isinstance(event, Noted):
        remark(event.text)


def _sizes(config: TrainConfig) -> DryRun:
    from gfrnet.cli.documents import DryRun
    from gfrnet.nets import build, count

    parts = count(build(config.network))
    for part in parts:
        say(f"{part.name:<8} {part.parameters / 1e6:8.2f} M parameters  {part.flops / 1e9:6.2f} GFLOP a face")
    return DryRun(parts=parts)


@contextmanager
def _display(trainer: Trainer, leads: bool) -> Iterator[Callable[[Progress], None]]:
    """Show progress, in the process that speaks: as a bar where stderr is a terminal, else as lines."""
    console = progress_console()
    if not (leads and console.is_terminal):
        yield _say_progress if leads else unheard
        return
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Bar(*columns, console=console, speed_estimate_period=SPEED_PERIOD) as bar:
        task = bar.add_task("starting", total=trainer.length, completed=trainer.samples)
        yield lambda progress: bar.update(task, completed=progress.samples, description=_brief(progress))


def _brief(progress: Progress) -> str:
    return (
        f"{progress.samples_per_second:.1f}/s  waiting for data {progress.data_wait:.0%}  "
        f"loss {progress.loss:.3f}"
    )


def _say_progress(progress: Progress) -> None:
    say(
        f"{progress.samples} samples  {progress.seconds / 60:.1f} min  {progress.samples_per_second:.1f}/s  "
        f"waiting for data {progress.data_wait:.0%}  lr {progress.learning_rate:.1e}  {_parts(progress)}"
    )


def _parts(progress: Progress) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in progress.losses.items())


def _summarise(trainer: Trainer, reports: Sequence[Progress]) -> None:
    """Print how the run went, where everything is, and what to do next."""
    from gfrnet.train.log import LOG, PICTURES, TENSORBOARD

    say(f"Done: {trainer.samples} samples in {trainer.seconds / 60:.1f} min.")
    if reports:
        # Reports are as many samples apart, so that it is their times that are averaged.
        times = [1 / report.samples_per_second for report in reports]
        wait = sum(report.data_wait * time for report, time in zip(reports, times, strict=True)) / sum(times)
        say(f"Mean     {len(times) / sum(times):.1f} samples/s, waiting for data {wait:.0%}")
        say(f"Last     {_parts(reports[-1])}")
    folder = trainer.config.output
    for name, path in (("Weights", trainer.path), ("Log", folder / LOG), ("Pictures", folder / PICTURES)):
        if path.exists():
            say(f"{name:<8} {path}")
    quoted, model = shlex.quote(str(folder)), shlex.quote(f"{trainer.config.name}.onnx")
    say(f"Curves   gfrnet curves {quoted}")
    say(f"Live     tensorboard --logdir {shlex.quote(str(folder / TENSORBOARD))}")
    say(f"Export   gfrnet export {quoted} -o {model}")
    say(f"Restore  gfrnet restore PHOTO --guide GUIDE --model {model}")


def _document(trainer: Trainer, reports: Sequence[Progress], finished: bool) -> Trained:
    from gfrnet.cli.documents import Trained

    return Trained(
        finished=finished,
        samples=trainer.samples,
        length=trainer.length,
        seconds=trainer.seconds,
        output=trainer.config.output,
        weights=trainer.path,
        losses=reports[-1].losses if reports else {},
    )


def export(
    source: Annotated[
        str,
        typer.Argument(
            metavar="CHECKPOINT|MODEL",
            help="A checkpoint of gfrnet train, its whole folder, a model file or the name of a model.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="MODEL",
            parser=file_name,
            help="A .onnx to restore with, or a .safetensors.",
        ),
    ],
    int8: Annotated[
        Path | None,
        typer.Option(
            metavar="DATA",
            help="Compute in int8, calibrated on faces of this data set of `gfrnet data build`.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing MODEL.")] = False,
    json: Json = False,
) -> None:
    """Write the averaged network of a checkpoint, or a model, as one file, its weights in half precision."""
    from gfrnet.images import check_free

    with require("train"):
        from gfrnet.nets import save_safetensors
        from gfrnet.train import export_onnx, open_network

    if output.suffix not in (".onnx", ".safetensors"):
        raise typer.BadParameter("A model file ends in .onnx or .safetensors.", param_hint="--output")
    if int8 is not None and output.suffix != ".onnx":
        raise typer.BadParameter("An int8 model is an .onnx file.", param_hint="--output")
    check_free(output, overwrite)
    network = open_network(source, _remark)
    if int8 is not None:
        measured = _export_int8(network, output, int8)
    elif output.suffix == ".onnx":
        measured = {"difference": export_onnx(network, output)}
    else:
        save_safetensors(network, output, half=True)
        measured = {}
    from gfrnet.cli.documents import Exported

    fields = {"output": output, "megabytes": output.stat().st_size / 1e6, **measured}
    done = Exported.model_validate(fields)
    if json:
        show(done)
        return
    say(f"{output}: {done.megabytes:.1f} MB{_quality(done)}.")


def _export_int8(network: Network, output: Path, data: Path) -> dict[str, float]:
    from gfrnet.data import read_manifest
    from gfrnet.train import export_int8

    cost = export_int8(network, output, read_manifest(data))
    return {"psnr": cost.int8, "psnr_exact": cost.exact, "pairs": cost.pairs}


def _quality(done: Exported) -> str:
    """Return how near the model is to the network, in words."""
    if done.difference is not None:
        return f", differs from torch by at most {done.difference:.1g} on [-1, 1]"
    if done.psnr is None or done.psnr_exact is None:
        return ""
    return (
        f", PSNR {done.psnr:.2f} dB on {done.pairs} pairs, {done.psnr - done.psnr_exact:+.3f} dB against "
        "half precision"
    )
