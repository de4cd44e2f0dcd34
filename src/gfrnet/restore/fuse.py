"""One result of several guides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gfrnet.runtime import Restoration, Runtime
from gfrnet.types import FloatImage


def run_fused(
    runtime: Runtime, degraded: FloatImage, guides: FloatImage, weights: Sequence[float], texture: bool
) -> Restoration:
    """What the network makes of one face with all its guides: at once if it can, or as `fused` results.

    Args:
        runtime: Runs the network.
        degraded: (256, 256, 3), [-1, 1].
        guides: (K, 256, 256, 3), [-1, 1], the one that counts most first.
        weights: (K,), together 1: how much each result counts in the mean, where there are several.
        texture: As `Runtime.run` takes it.

    Returns:
        Without the batch axis.
    """
    if runtime.fuses:
        return fused(runtime.run(degraded[None], guides, texture), (1.0,))
    photos = np.repeat(degraded[None], len(guides), axis=0)
    return fused(runtime.run(photos, guides, texture), weights)


def fused(results: Restoration, weights: Sequence[float]) -> Restoration:
    """The weighted mean of what the network made of one face with each of its guides.

    Args:
        results: A batch of one face with K guides, the one that counts most first.
        weights: (K,), together 1.

    Returns:
        Without the batch axis; the warped guide, the flow and what texture adds are those of the first,
        because a mean of textures is smooth.
    """
    shares = np.asarray(weights, dtype=np.float32)
    restored = np.tensordot(shares, results.restored, axes=1).astype(np.float32)
    textured = results.textured
    if textured is not None:
        textured = np.clip(restored + textured[0] - results.restored[0], -1, 1)
    warped = None if results.warped is None else results.warped[0]
    # The flow is kept with the photo; a view would keep the flows of all guides.
    flow = None if results.flow is None else results.flow[0].copy()
    return Restoration(restored, warped, flow, textured)
