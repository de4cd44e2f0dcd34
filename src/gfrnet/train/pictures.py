"""What a network makes of a few samples, as one picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from gfrnet.data import Pairs
from gfrnet.images import Tile, contact_sheet, draw_flow, longest_step, to_uint8
from gfrnet.nets import Restoration
from gfrnet.runtime.pytorch import to_array, to_tensor
from gfrnet.types import UInt8Image


def first_samples(pairs: Pairs, count: int) -> dict[str, Tensor]:
    """Return the pictures of a run's first samples that a grid shows.

    Returns:
        ``degraded``, ``guide`` and ``target``, (N, 3, H, W) in [-1, 1].
    """
    samples = [pairs[index] for index in range(count)]
    return {
        name: to_tensor(np.stack([getattr(sample, name) for sample in samples]))
        for name in ("degraded", "guide", "target")
    }


def picture_grid(batch: Mapping[str, Tensor], result: Restoration, rows: int = 4) -> UInt8Image:
    """One row a sample: degraded, guide, warped guide, flow as colour, result and truth.

    Args:
        batch: ``degraded``, ``guide`` and ``target``, (N, 3, H, W) in [-1, 1].
        result: What the network made of them.
        rows: Samples to show, the first ones.

    Returns:
        (H, W, 3). Under each flow stands its longest displacement in pixels, which is the full colour.
    """
    pictures = (batch["degraded"], batch["guide"], result.warped, result.last, batch["target"])
    columns = [to_uint8(to_array(picture[:rows])) for picture in pictures]
    sheet = []
    for flow, degraded, guide, warped, restored, target in zip(
        to_array(result.flow[:rows]), *columns, strict=True
    ):
        named = {
            "degraded": degraded,
            "guide": guide,
            "warped": warped,
            f"flow, up to {longest_step(flow):.0f} px": draw_flow(flow),
            "result": restored,
            "truth": target,
        }
        sheet.append([Tile(picture, caption=name) for name, picture in named.items()])
    return contact_sheet(sheet)
