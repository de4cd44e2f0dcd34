"""Take the names of files to write. A slash at the end, which a path forgets, says that a folder is meant."""

from __future__ import annotations

import os
from pathlib import Path

import typer


def file_name(text: str) -> Path:
    """Return the path of a file to write.

    Raises:
        typer.BadParameter: The name ends with a slash.
    """
    if _means_folder(text):
        raise typer.BadParameter(f"{text} is the name of a folder. Leave out the slash at its end.")
    return Path(text)


def file_or_folder_name(text: str) -> Path:
    """Return the path of a result, or of the folder for it.

    Raises:
        typer.BadParameter: A slash says that it is a folder. There is none, and it would be taken for a file.
    """
    path = Path(text)
    if _means_folder(text) and path.suffix and not os.path.isdir(path):
        raise typer.BadParameter(
            f"There is no folder {text}, and without the slash it names a file. Make the folder first, or "
            "leave out the slash."
        )
    return path


def _means_folder(text: str) -> bool:
    return text.endswith(("/", os.sep))
