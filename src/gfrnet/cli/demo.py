"""Run ``gfrnet demo``: show the program at work without any photo of one's own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import say, say_lines
from gfrnet.cli.document import Json, show
from gfrnet.cli.models import ModelName
from gfrnet.weights import DEFAULT

if TYPE_CHECKING:
    from gfrnet.demo import Demonstration

_EXPLANATION = """\
The portrait (NASA, public domain) is degraded, then restored with a guide.
The guide is made from the same portrait: mirrored, turned, moved and lit from the side. A real guide is
another photo, so the figures below are kinder than those of real use, which `gfrnet models` lists."""


def demo(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="DIR", help="Folder for the pictures; old ones are replaced."),
    ] = Path("gfrnet-demo"),
    model: ModelName = DEFAULT,
    json: Json = False,
) -> None:
    """Degrade a photo, restore it, write the pictures of every step and print figures. Needs no input."""
    from gfrnet.demo import demonstrate
    from gfrnet.restore import Restorer

    restorer = Restorer.load(model)
    if json:
        from gfrnet.cli.documents import Demo

        show(Demo.model_validate(demonstrate(output, restorer)))
        return
    say_lines(_EXPLANATION)
    _show(demonstrate(output, restorer))
    program = "gfrnet" if shutil.which("gfrnet") else sys.argv[0]
    say(f"Now a photo of your own: {program} restore old.jpg --guide good.jpg")


def _show(made: Demonstration) -> None:
    for picture in made.pictures:
        say(f"  {picture}")
    before, after = made.before, made.after
    say(f"{'':<20}{'PSNR':>9}{'SSIM':>8}")
    for name, quality in (("degraded (bicubic)", before), ("restored", after)):
        say(f"{name:<20}{quality.psnr:>6.2f} dB{quality.ssim:>8.3f}")
    say(f"Similarity to the guide: {before.similarity:.2f} before, {after.similarity:.2f} after")
