"""Draw the compare sheet of a photo: before, guide, after."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from gfrnet.images import Tile, contact_sheet, shortened
from gfrnet.printable import printable, without_controls
from gfrnet.restore import FaceOutcome
from gfrnet.types import UInt8Image


def face_sheet(faces: Sequence[FaceOutcome]) -> UInt8Image:
    """Draw one row a face: before, guide, after. A face that was not restored is shown as it stays.

    Args:
        faces: At least one.

    Returns:
        (H, W, 3) RGB.
    """
    return contact_sheet([face_row(face) for face in faces])


def face_row(face: FaceOutcome) -> tuple[Tile, ...]:
    """Return the tiles of a face: before, guide, after; without a guide two."""
    after = face.result.restored if face.result else face.degraded
    stays = f"{face.status}\nstays as it was"
    if not face.guides:
        return Tile(face.degraded, caption="before"), Tile(after, caption="after" if face.result else stays)
    role = "guide" if face.result else "closest guide, not used"
    name = shortened(without_controls(printable(PurePath(face.guide_name).name)))
    more = f"\nand {len(face.guides) - 1} more" if len(face.guides) > 1 else ""
    end = f"after\nsimilarity {face.result.similarity:.2f}" if face.result else stays
    return (
        Tile(face.degraded, caption=f"before\nsimilarity {face.similarity:.2f}"),
        Tile(face.guide_crop, caption=f"{role}\n{name}{more}"),
        Tile(after, caption=end),
    )
