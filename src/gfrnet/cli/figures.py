"""Run ``gfrnet figures``: draw the paper's figures with other models and photos."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer

from gfrnet.cli.console import complain, progress_bar, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.errors import DataError, FaceError, ImageError

if TYPE_CHECKING:
    from gfrnet.evaluate import Contender, Pair, Protocol
    from gfrnet.evaluate.report.figures import FigureRow, Kind

ROWS, SCALE = 4, 8.0


def figures(
    kind: Annotated[
        Literal["comparison", "real", "variants", "warped", "degradations"],
        typer.Argument(
            metavar="KIND",
            help="comparison: Figures 5-8; real: 9, 10; variants: 11, 12; warped: 13; degradations: 14.",
        ),
    ],
    models: Annotated[
        list[str], typer.Argument(metavar="MODEL...", help="As gfrnet evaluate takes them; a column each.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="A .png or other picture.")],
    data: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="DST", help="What gfrnet data build made; repeat it. For comparison, variants, warped."
        ),
    ] = None,
    photos: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folders with degraded.* and guide.* each. For real and degradations."
        ),
    ] = None,
    pair: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A pair, as pairs.csv names its target; repeat it."),
    ] = None,
    rows: Annotated[
        int | None,
        typer.Option(
            min=1, max=1000, help="Without --pair: the first pair of so many people.", show_default=str(ROWS)
        ),
    ] = None,
    split: Annotated[
        str | None, typer.Option(metavar="SPLIT", help="Only the people of this split, such as val.")
    ] = None,
    scale: Annotated[
        float | None, typer.Option(min=1, max=32, help="Downsampling factor.", show_default=f"{SCALE:g}")
    ] = None,
    protocol: Annotated[
        Literal["bicubic", "blind"] | None,
        typer.Option(help="Downsampling only, or blind degradation.", show_default="blind"),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="TEXT", help="Title of a model; once for each, in their order."),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing FILE.")] = False,
    json: Json = False,
) -> None:
    """Draw a figure of the paper: one row a face, one column a model."""
    from gfrnet import images
    from gfrnet.data import read_manifests
    from gfrnet.evaluate import Contender, list_pairs
    from gfrnet.evaluate.report.figures import KIND_OF, choose_pairs, draw_figure
    from gfrnet.images import check_free

    for_pairs = {"--pair": pair, "--rows": rows, "--split": split, "--scale": scale, "--protocol": protocol}
    _check(KIND_OF[kind], data, photos, [name for name, value in for_pairs.items() if value is not None])
    if pair and rows:
        raise typer.BadParameter("Give --pair or --rows, not both.", param_hint="--rows")
    if label and len(label) != len(models):
        raise typer.BadParameter(f"Give {len(models)}, one a model, not {len(label)}.", param_hint="--label")
    contenders = [Contender.parse(model) for model in models]
    images.check_output(images.Photo(np.zeros((1, 1, 3), np.uint8)), output)
    check_free(output, overwrite)
    with require("train"):  # what a checkpoint needs
        if photos:
            cases, skipped = _of_photos(contenders, photos)
        else:
            pairs = choose_pairs(list_pairs(read_manifests(data or (), split)), rows or ROWS, pair or ())
            cases, skipped = _of_pairs(contenders, pairs, protocol or "blind", scale or SCALE), 0
    picture = draw_figure(KIND_OF[kind], contenders, cases, label or ())
    images.write(images.Photo(picture), output, inputs=[file for case in cases for file in case.inputs])
    if json:
        from gfrnet.cli.documents import Picture

        show(Picture(output=output, skipped=skipped))
    else:
        say(f"Figure: {output}")
    if skipped:
        raise typer.Exit(1)


def _check(kind: Kind, data: list[Path] | None, photos: Path | None, for_pairs: list[str]) -> None:
    if not kind.of_photos and (not data or photos):
        raise typer.BadParameter(f"{kind.name} shows pairs: give it, and no --photos.", param_hint="--data")
    if kind.of_photos and (data or not photos):
        raise typer.BadParameter(
            f"{kind.name} shows real photos: give it, and no --data.", param_hint="--photos"
        )
    if kind.of_photos and for_pairs:
        raise typer.BadParameter(f"{kind.name} shows real photos, not pairs.", param_hint=for_pairs[0])


def _of_pairs(
    contenders: list[Contender], pairs: Sequence[Pair], protocol: Protocol, scale: float
) -> list[FigureRow]:
    from gfrnet.evaluate.report.figures import pair_row

    cases = []
    with progress_bar("rows", len(pairs)) as advance:
        for pair in pairs:
            cases.append(pair_row(contenders, pair, protocol, scale))
            advance()
    return cases


def _of_photos(contenders: list[Contender], root: Path) -> tuple[list[FigureRow], int]:
    """Return the rows, and the number of photos that are left out; each is reported."""
    from gfrnet.evaluate.report.figures import list_photos, open_restorer, photo_row

    folders = list_photos(root)
    restorers = [open_restorer(contender) for contender in contenders]
    cases = []
    with progress_bar("rows", len(folders)) as advance:
        for folder in folders:
            try:
                cases.append(photo_row(restorers, folder))
            except (DataError, FaceError, ImageError) as error:
                complain(f"{folder.name} is left out. {error}")
            advance()
    if not cases:
        raise DataError(f"There is nothing to draw: {root} has no photo that can be restored.")
    return cases, len(folders) - len(cases)
