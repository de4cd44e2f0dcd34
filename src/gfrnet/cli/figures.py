"""Run ``gfrnet figures``: draw the paper's figures with other models and photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
import typer

from gfrnet.cli.console import complain, progress_bar, remark, say
from gfrnet.cli.document import Json, show
from gfrnet.cli.extras import require
from gfrnet.cli.names import file_name
from gfrnet.errors import DataError, FaceError, ImageError

if TYPE_CHECKING:
    from gfrnet.evaluate import Contender, Pair, Protocol
    from gfrnet.evaluate.report.figures import FigureRow, Kind

ROWS, SCALE = 4, 8.0


def figures(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="comparison, real, variants, warped, degradations; or with --table the number of a figure "
            "of the paper: 1, 5 to 13.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", metavar="FILE", parser=file_name, help="A .png or other picture."),
    ],
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL...",
            help="As gfrnet evaluate takes them, a column each. With --table names of rows; all if none.",
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Folder of gfrnet reproduce table1, whose rows are the columns."),
    ] = None,
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
    from gfrnet.evaluate import list_pairs
    from gfrnet.evaluate.report.figures import choose_pairs, draw_figure
    from gfrnet.images import check_free

    chosen = _chosen(kind, models or [], table, label or [])
    for_pairs = {"--pair": pair, "--rows": rows, "--split": split, "--scale": scale, "--protocol": protocol}
    _check(chosen.kind, data, photos, [name for name, value in for_pairs.items() if value is not None])
    if pair and rows:
        raise typer.BadParameter("Give --pair or --rows, not both.", param_hint="--rows")
    if table and scale:
        raise typer.BadParameter("A figure of the paper has a scale of its own.", param_hint="--scale")
    images.check_output(images.Photo(np.zeros((1, 1, 3), np.uint8)), output)
    check_free(output, overwrite)
    with require("train"):  # what a checkpoint needs
        if photos:
            cases, skipped = _of_photos(chosen.contenders, photos)
        else:
            pairs = choose_pairs(list_pairs(read_manifests(data or (), split)), rows or ROWS, pair or ())
            at = scale or chosen.scale
            cases, skipped = _of_pairs(chosen.contenders, pairs, protocol or "blind", at), 0
    picture = draw_figure(chosen.kind, chosen.contenders, cases, chosen.labels)
    inputs = [file for case in cases for file in case.inputs]
    images.write(images.Photo(picture), output, inputs=inputs, replace=overwrite)
    if json:
        from gfrnet.cli.documents import Picture

        show(Picture(output=output, skipped=skipped))
    else:
        say(f"Figure: {output}")
    if skipped:
        raise typer.Exit(1)


@dataclass(frozen=True)
class _Chosen:
    """Hold the kind of figure, its columns and their titles, and the scale that it has by default."""

    kind: Kind
    contenders: Sequence[Contender]
    labels: Sequence[str]
    scale: float = SCALE


def _chosen(kind: str, models: list[str], table: Path | None, labels: list[str]) -> _Chosen:
    from gfrnet.evaluate import Contender
    from gfrnet.evaluate.report.figures import KIND_OF

    if table is not None:
        return _of_table(kind, models, table, labels)
    if kind not in KIND_OF:
        numbered = " A number needs --table." if kind.isdigit() else ""
        raise typer.BadParameter(
            f"There is no {kind}. Give one of {', '.join(KIND_OF)}.{numbered}", param_hint="KIND"
        )
    if not models:
        raise typer.BadParameter("Name a model, such as gfrnet-slim.", param_hint="MODEL")
    if labels and len(labels) != len(models):
        raise typer.BadParameter(f"Give {len(models)}, one a model, not {len(labels)}.", param_hint="--label")
    return _Chosen(KIND_OF[kind], [Contender.parse(model) for model in models], labels)


def _of_table(number: str, names: list[str], table: Path, labels: list[str]) -> _Chosen:
    from gfrnet.evaluate.report.figures import KIND_OF

    with require("train"):
        from gfrnet.reproduce import FIGURES, figure_columns
    figure = FIGURES.get(number)
    if figure is None:
        raise typer.BadParameter(f"With --table give one of {', '.join(FIGURES)}.", param_hint="KIND")
    if labels:
        raise typer.BadParameter("The rows of a table have titles.", param_hint="--label")
    columns = figure_columns(number, table, names)
    if columns.missing:
        remark(f"Left out, because the table lacks them: {', '.join(columns.missing)}.")
    return _Chosen(KIND_OF[figure.kind], columns.contenders, columns.labels, figure.scale)


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
    contenders: Sequence[Contender], pairs: Sequence[Pair], protocol: Protocol, scale: float
) -> list[FigureRow]:
    from gfrnet.evaluate.report.figures import pair_row

    cases = []
    with progress_bar("rows", len(pairs)) as advance:
        for pair in pairs:
            cases.append(pair_row(contenders, pair, protocol, scale))
            advance()
    return cases


def _of_photos(contenders: Sequence[Contender], root: Path) -> tuple[list[FigureRow], int]:
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
