"""Run ``gfrnet degrade``: make a bad photo of a good one, as for training (equation 4)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.console import say
from gfrnet.cli.document import Json, show
from gfrnet.cli.names import file_name

if TYPE_CHECKING:
    from gfrnet.degradation import Recipe
    from gfrnet.images import Photo
    from gfrnet.types import UInt8Image


def degrade(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The good photo.", show_default=False)],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            parser=file_name,
            help="File of the bad photo.",
            show_default=False,
        ),
    ],
    blur: Annotated[
        float | None, typer.Option(min=0, max=20, help="Sigma of the blur, pixels.", show_default=False)
    ] = None,
    scale: Annotated[
        float | None, typer.Option(min=1, max=32, help="Shrink by this factor.", show_default=False)
    ] = None,
    noise: Annotated[
        float | None, typer.Option(min=0, max=100, help="Sigma of the noise, of 255.", show_default=False)
    ] = None,
    jpeg: Annotated[
        int | None, typer.Option(min=0, max=100, help="JPEG quality; 0 is lossless.", show_default=False)
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, max=2**63 - 1, help="Seed of the noise and of a drawn recipe.")
    ] = 0,
    small: Annotated[bool, typer.Option("--small", help="Do not enlarge it back.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing OUT.")] = False,
    json: Json = False,
) -> None:
    """Blur, shrink, add noise, compress, and enlarge back to the old size.

    Without --blur, --scale, --noise and --jpeg, the seed draws all of them from the paper's sets. With any
    of them, the others are off. The recipe is printed as the options that repeat it.
    """
    from gfrnet import degradation, images
    from gfrnet.images import check_free

    check_free(output, overwrite)
    recipe = _recipe(blur, scale, noise, jpeg, seed)
    photo = images.read(image)
    pixels = (degradation.degrade_small if small else degradation.degrade)(photo.rgb8, recipe)
    images.write(_like(photo, pixels), output, inputs=[image], replace=overwrite)
    if json:
        from gfrnet.cli.documents import Degraded

        show(Degraded.model_validate({"output": output, **_shown(recipe)}))
        return
    say(f"{output}: {_as_options(recipe)}")


def _like(photo: Photo, pixels: UInt8Image) -> Photo:
    """Return the degraded photo with the profile of the good one: 8 bits, no alpha, grey if it was grey."""
    from gfrnet.restore import as_grey

    return replace(photo, pixels=as_grey(pixels) if photo.grey else pixels, alpha=None)


def _recipe(
    blur: float | None, scale: float | None, noise: float | None, jpeg: int | None, seed: int
) -> Recipe:
    import numpy as np

    from gfrnet.degradation import Recipe, sample_recipe

    given = {"blur": blur, "scale": scale, "noise": noise, "jpeg": jpeg}
    if all(value is None for value in given.values()):
        return sample_recipe(np.random.default_rng(seed))
    chosen = {name: value for name, value in given.items() if value is not None}
    return Recipe.model_validate({**chosen, "seed": seed})


def _as_options(recipe: Recipe) -> str:
    return " ".join(f"--{name} {value}" for name, value in _shown(recipe).items())


def _shown(recipe: Recipe) -> dict[str, float]:
    """Return the parts that have an option; the others are as they are by default."""
    return recipe.model_dump(include={"blur", "scale", "noise", "jpeg", "seed"})
