"""One result of several guides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gfrnet.runtime import Restoration


def fused(results: Restoration, weights: Sequence[float]) -> Restoration:
    """The weighted mean of what the network made of one face with each of its guides.

    Args:
        results: A batch of one face with K guides, the one that counts most first.
        weights: (K,), together 1.

    Returns:
        Without the batch axis; the warped guide and the flow are those of the first.
    """
    restored = np.tensordot(np.asarray(weights, dtype=np.float32), results.restored, axes=1)
    return Restoration(restored.astype(np.float32), results.warped[0], results.flow[0])
