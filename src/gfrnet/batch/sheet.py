"""Draw the compare sheet of a photo: before, guide, after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np

from gfrnet.images import Tile, contact_sheet, shortened
from gfrnet.printable import printable, without_controls
from gfrnet.restore import FaceOutcome
from gfrnet.types import UInt8Image

_NOTHING = 192
"""Grey of the tile that stands for a face that was not restored, 0..255."""


def face_sheet(faces: Sequence[FaceOutcome]) -> UInt8Image:
    """Draw one row a face: before, guide, after; a grey tile where a face was not restored.

    Args:
        faces: At least one.

    Returns:
        (H, W, 3) RGB.
    """
    return contact_sheet([_row(face) for face in faces])


def _row(face: FaceOutcome) -> tuple[Tile, ...]:
    after = face.result.restored if face.result else np.full_like(face.degraded, _NOTHING)
    name = shortened(without_controls(printable(PurePath(face.guide_name).name)))
    more = f"\nand {len(face.guides) - 1} more" if len(face.guides) > 1 else ""
    end = f"after\nsimilarity {face.result.similarity:.2f}" if face.result else face.status
    if not face.guides:
        return Tile(face.degraded, caption="before"), Tile(after, caption="after" if face.result else end)
    return (
        Tile(face.degraded, caption=f"before\nsimilarity {face.similarity:.2f}"),
        Tile(face.guide_crop, caption=f"guide\n{name}{more}"),
        Tile(after, caption=end),
    )
