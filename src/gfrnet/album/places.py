"""Say where an album lies, and shorten the paths of its photos."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from gfrnet.album.decisions import DECISIONS
from gfrnet.album.index import INDEX
from gfrnet.errors import PlanError

FOLDER = ".gfrnet-album"
"""Name of the folder of an album beside its photos."""


def is_album(folder: Path) -> bool:
    """Return whether a folder holds an album."""
    return any(os.path.exists(folder / name) for name in (INDEX, DECISIONS))


def some_folders(folders: Iterable[Path]) -> Sequence[Path]:
    """Return folders to scan.

    Raises:
        PlanError: There is none.
    """
    some = tuple(folders)
    if not some:
        raise PlanError("There is nothing to scan. Name a folder of photos.", "folders")
    return some


def base_of(roots: Sequence[Path]) -> Path | None:
    """Return the folder below which all folders of an album lie; None where only the whole disk holds them.

    Args:
        roots: Folders that were scanned.
    """
    try:
        base = Path(os.path.commonpath([os.path.abspath(root) for root in roots]))
    except ValueError:  # no folder, or those of several disks
        return None
    return None if base == base.parent else base


def below(photo: Path, base: Path | None) -> Path:
    """Return the path of a photo from a folder; its whole path where it lies elsewhere."""
    return photo.relative_to(base) if base is not None and photo.is_relative_to(base) else photo
