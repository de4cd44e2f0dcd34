"""Shorten the paths of an album's photos by the folder below which all of them lie."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


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
