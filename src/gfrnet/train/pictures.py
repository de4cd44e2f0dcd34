"""Draw what a network makes of a few samples, as one picture."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from gfrnet.images import Tile, contact_sheet, draw_flow, longest_step, to_uint8
from gfrnet.nets import Restoration
from gfrnet.runtime.pytorch import to_array
from gfrnet.types import FloatArray, UInt8Image


def picture_grid(batch: Mapping[str, Tensor], result: Restoration, rows: int = 4) -> UInt8Image:
    """Draw one row a sample: degraded, guide, warped guide, flow as colour, result and truth.

    Args:
        batch: ``degraded``, ``target`` and, where the network sees one, ``guide``, (N, 3, H, W) in [-1, 1].
        result: What the network made of them; without a flow that column and the warped guide are left out.
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
