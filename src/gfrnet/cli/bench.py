"""Run ``gfrnet bench``: measure the speed of each stage and of whole photos."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import say
from gfrnet.cli.document import Json, show
from gfrnet.cli.models import DeviceName, EngineName, ModelName
from gfrnet.types import Device, Engine
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.bench import Timing


def bench(
    model: ModelName = DEFAULT,
    runs: Annotated[int, typer.Option(min=1, max=10_000, help="Runs of each stage, after one warm-up.")] = 9,
    runtime: EngineName = Engine.ONNXRUNTIME,
    device: DeviceName = Device.CPU,
    json: Json = False,
) -> None:
    """Time each stage and whole photos of 1000 x 1000 pixels with one face. Needs no input."""
    from gfrnet.bench import time_stages
    from gfrnet.demo import make_pictures
    from gfrnet.runtime import open_runtime

    pictures = make_pictures()
    opened = open_runtime(model, providers=device.providers, engine=runtime)
    system, cores = platform.platform(), os.cpu_count()
    say(f"{system}, {cores} cores")
    say(f"{'stage':<28}{'median ms':>10}{'fastest':>10}{'peak MB so far':>16}")
    timings = []
    for timing in time_stages(pictures.degraded, pictures.guide, opened, runs):
        timings.append(timing)
        _say(timing)
    if json:
        from gfrnet.cli.documents import Bench

        show(Bench(system=system, cores=cores, model=model, stages=tuple(timings)))


def _say(timing: Timing) -> None:
    memory = "" if timing.memory is None else f"{timing.memory:.0f}"
    say(f"{timing.stage:<28}{timing.milliseconds:>10.1f}{timing.fastest:>10.1f}{memory:>16}")
