"""The compare sheet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from gfrnet.cli.console import printable
from gfrnet.images import contact_sheet
from gfrnet.restore import FaceOutcome
from gfrnet.types import UInt8Image

_LONGEST_NAME = 30
"""Characters of a guide's name that fit under a face."""


def face_sheet(faces: Sequence[FaceOutcome]) -> UInt8Image:
    """One row a face: before, guide, after; a grey tile where a face was not restored.

    Returns:
        (H, W, 3) RGB.
    """
    rows = [_row(face) for face in faces]
    width = max(row.shape[1] for row in rows)
    padded = [np.pad(row, ((0, 0), (0, width - row.shape[1]), (0, 0)), constant_values=255) for row in rows]
    return np.concatenate(padded)


def _row(face: FaceOutcome) -> UInt8Image:
    after = face.result.restored if face.result else np.full_like(face.degraded, 192)
    captions = (
        f"before\nsimilarity {face.similarity:.2f}",
        f"guide\n{_short(face.guide_name)}",
        f"after\nsimilarity {face.result.similarity:.2f}" if face.result else face.status,
    )
    return contact_sheet((face.degraded, face.guide_crop, after), captions)


def _short(name: str) -> str:
    """A file's name without its folders, shortened in the middle."""
    name = printable(PurePath(name).name)
    half = _LONGEST_NAME // 2
    return name if len(name) <= _LONGEST_NAME else f"{name[:half]}...{name[-half:]}"
