"""Offer the options that every command has that restores photos."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from gfrnet.cli.names import file_name

if TYPE_CHECKING:
    from gfrnet.batch import Existing

Strength: TypeAlias = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Share of the change to apply. Without it: 1, or less, down to 0.25, where a face would "
        "lose detail.",
    ),
]
"""Hold the share of the change to apply."""

Fidelity: TypeAlias = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="1: what is likeliest, smooth; 0: like a photograph, partly invented. Without it: 0.5.",
    ),
]
"""Hold how far the result may go beyond what is likeliest."""

ReportName: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.json",
        parser=file_name,
        help="Write the outcome of every face; --resume goes on with the file.",
    ),
]
"""Hold the name of the report."""

MaxMegabytes: TypeAlias = Annotated[
    float,
    typer.Option(
        min=1, max=100_000, metavar="MB", help="Largest decoded size of a picture; it bounds the memory."
    ),
]
"""Hold the largest decoded size of a picture."""

Quality: TypeAlias = Annotated[
    int, typer.Option(min=1, max=100, help="Quality of JPEG, WebP and AVIF; less makes smaller files.")
]
"""Hold the quality of lossy formats."""

Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Use a guide even if it shows another person.")
]
"""Hold whether guides are used that seem to show another person."""

Overwrite: TypeAlias = Annotated[bool, typer.Option("--overwrite", help="Replace results that exist.")]
"""Hold whether results are replaced."""

Resume: TypeAlias = Annotated[bool, typer.Option("--resume", help="Keep results that exist, do the others.")]
"""Hold whether results are kept."""


def existing_results(overwrite: bool, resume: bool) -> Existing:
    """Return what happens to results that exist already.

    Raises:
        typer.BadParameter: They cannot be both replaced and kept.
    """
    if overwrite and resume:
        raise typer.BadParameter("Give --overwrite or --resume, not both.", param_hint="--resume")
    from gfrnet.batch import Existing

    return Existing.REPLACE if overwrite else Existing.KEEP if resume else Existing.REFUSE
