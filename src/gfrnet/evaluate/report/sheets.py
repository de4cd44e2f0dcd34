"""Draw one pair: what every contender was given, and what it made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath

import cv2
import numpy as np

from gfrnet.degradation import degrade
from gfrnet.evaluate.attempt import Attempt, restore_pair
from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.images import Tile, contact_sheet, draw_flow, longest_step, shortened
from gfrnet.types import UInt8Image

TEXT_SIZE = 18
"""Height of letters in pixels, over and under faces of 256 pixels."""

_WIDEST = 6
"""Most tiles in a row; more are spread over several rows."""

_CORNER = 80
"""Side of the guide in the corner of a picture, pixels."""

_FRAME = 2
"""Width of the white line around it, pixels."""

_SMALLEST_WARP = 0.5
"""Pixels. A model whose flow moves nothing as far does not warp."""


def pair_sheet(
    pair: Pair, protocol: Protocol, scale: float, contenders: Sequence[Contender], captions: Mapping[str, str]
) -> UInt8Image:
    """Draw degraded photo, guide, every result and truth, and below them warped guides with their flows.

    A result from another guide has that guide in its corner. A contender that fails has a grey tile.

    Args:
        pair: The pair to restore.
        protocol: How the target is degraded.
        scale: Downsampling factor.
        contenders: The contenders that restore.
        captions: Caption below each result, by the contender's name.

    Returns:
        (H, W, 3).
    """
    truth = pair.target.pixels()
    degraded = degrade(truth, pair.recipe(protocol, scale))
    results: list[Tile] = []
    warps: list[Tile] = []
    for contender, title in zip(contenders, short_names(contenders), strict=True):
        attempt = _attempt(contender, pair, protocol, scale)
        caption = captions.get(contender.name, "")
        if attempt is None:
            results.append(Tile(np.full_like(truth, 192), title, caption or "failed"))
            continue
        results.append(Tile(with_corner(attempt.restored, other_guide(contender, attempt)), title, caption))
        if not contender.is_control:
            warps += warp_tiles(contender, title, attempt)
    shown = [
        Tile(degraded, "degraded", f"{scale:g}x {protocol}"),
        Tile(pair.guide.pixels(), "guide", f"pose {pair.pose_gap:.0f} degrees away"),
        *results,
        Tile(truth, "truth"),
    ]
    return contact_sheet([*_in_rows(shown), *_in_rows(warps, together=2)], TEXT_SIZE)


def _attempt(contender: Contender, pair: Pair, protocol: Protocol, scale: float) -> Attempt | None:
    try:
        return restore_pair(contender, pair, protocol, scale)
    except Exception:  # reported as a failure already
        return None


def _in_rows(tiles: Sequence[Tile], together: int = 1) -> list[Sequence[Tile]]:
    """Spread tiles over as few rows as possible, about equally long; groups of neighbours stay together."""
    groups = len(tiles) // together
    rows = -(-len(tiles) // _WIDEST)
    length = -(-groups // max(rows, 1)) * together
    return [tiles[start : start + length] for start in range(0, len(tiles), max(length, 1))]


def short_names(contenders: Sequence[Contender]) -> tuple[str, ...]:
    """Shorten names for titles, to as few folders as it takes to tell the contenders apart."""
    parts = [PurePath(contender.title or contender.model).parts for contender in contenders]
    names: list[str] = []
    for depth in range(1, max(map(len, parts), default=0) + 1):
        names = [
            replace(contender, model="/".join(part[-depth:]), title="").name
            for contender, part in zip(contenders, parts, strict=True)
        ]
        if len(set(names)) == len(set(contenders)):
            break
    return tuple(map(shortened, names))


def warp_tiles(contender: Contender, title: str, attempt: Attempt) -> tuple[Tile, ...]:
    """Return the warped guide and its flow, with the length that full colours stand for.

    There are none where the guide was not moved: by networks without WarpNet, and by controls.
    """
    if attempt.warped is None or attempt.flow is None or longest_step(attempt.flow) < _SMALLEST_WARP:
        return ()
    warped = with_corner(attempt.warped, other_guide(contender, attempt))
    length = f"up to {longest_step(attempt.flow):.0f} px"
    return Tile(warped, f"{title}\nwarped guide"), Tile(draw_flow(attempt.flow), f"{title}\nflow", length)


def other_guide(contender: Contender, attempt: Attempt) -> UInt8Image | None:
    """Return the guide of a result where it is another one than the person's own."""
    return attempt.guide if contender.variant in ("five-guides", "album", "stranger", "mirror") else None


def with_corner(picture: UInt8Image, guide: UInt8Image | None) -> UInt8Image:
    """Put a guide, framed in white, into the right bottom corner of a picture; without one it stays.

    Args:
        picture: (256, 256, 3).
        guide: (256, 256, 3).
    """
    if guide is None:
        return picture
    shown = picture.copy()
    small = cv2.resize(guide, (_CORNER, _CORNER), interpolation=cv2.INTER_AREA)
    shown[-_CORNER - _FRAME :, -_CORNER - _FRAME :] = 255
    shown[-_CORNER:, -_CORNER:] = small
    return shown
