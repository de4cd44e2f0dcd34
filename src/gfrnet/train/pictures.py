"""Draw what a network makes of a few samples, as one picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from torch import Tensor

from gfrnet.data import Samples
from gfrnet.images import Tile, contact_sheet, draw_flow, longest_step, to_uint8
from gfrnet.nets import Restoration
from gfrnet.runtime.pytorch import to_array, to_tensor
from gfrnet.types import FloatArray, UInt8Image


def first_samples(samples: Samples, count: int) -> dict[str, Tensor]:
    """Return the pictures of a run's first samples that a grid shows.

    Returns:
        ``degraded``, ``guide`` and ``target``, (N, 3, H, W) in [-1, 1].
    """
    first = [samples[index] for index in range(count)]
    return {
        name: to_tensor(np.stack([getattr(sample, name) for sample in first]))
        for name in ("degraded", "guide", "target")
    }


def picture_grid(batch: Mapping[str, Tensor], result: Restoration, rows: int = 4) -> UInt8Image:
    """Draw one row a sample: degraded, guide, warped guide, flow as colour, result and truth.

    Args:
        batch: ``degraded``, ``target`` and, where the network sees one, ``guide``, (N, 3, H, W) in [-1, 1].
        result: Outputs of the network; the columns of flow and warped guide are left out if it gives none.
        rows: Samples to show, the first ones.

    Returns:
        (H, W, 3). Under each flow stands its longest displacement in pixels, which is the full colour.
    """
    columns = {
        "degraded": batch["degraded"],
        "guide": batch.get("guide"),
        "warped": result.warped,
        "flow": result.flow,
        "result": result.last,
        "truth": batch["target"],
    }
    shown = {name: to_array(values[:rows]) for name, values in columns.items() if values is not None}
    return contact_sheet(
        [[_tile(name, values[row]) for name, values in shown.items()] for row in range(len(shown["truth"]))]
    )


def _tile(name: str, values: FloatArray) -> Tile:
    if name == "flow":
        return Tile(draw_flow(values), caption=f"flow, up to {longest_step(values):.0f} px")
    return Tile(to_uint8(values), caption=name)
