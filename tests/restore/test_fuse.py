from __future__ import annotations

import numpy as np

from gfrnet.restore.fuse import fused
from gfrnet.runtime import Restoration


def test_results_are_averaged_by_weight_and_the_flow_is_from_the_first_guide() -> None:
    rng = np.random.default_rng(0)
    restored, warped = rng.uniform(-1, 1, (2, 3, 8, 8, 3)).astype(np.float32)
    flow = rng.uniform(-1, 1, (3, 8, 8, 2)).astype(np.float32)
    result = fused(Restoration(restored, warped, flow), (0.5, 0.3, 0.2))
    expected = 0.5 * restored[0] + 0.3 * restored[1] + 0.2 * restored[2]
    np.testing.assert_allclose(result.restored, expected, atol=1e-6)
    np.testing.assert_array_equal(result.warped, warped[0])
    np.testing.assert_array_equal(result.flow, flow[0])
    assert not np.shares_memory(result.flow, flow)


def test_the_result_of_a_single_guide_stays_the_same_bits() -> None:
    restored = np.random.default_rng(1).uniform(-1, 1, (1, 8, 8, 3)).astype(np.float32)
    result = fused(Restoration(restored, restored, restored[..., :2]), (1.0,))
    assert result.restored.dtype == np.float32
    np.testing.assert_array_equal(result.restored, restored[0])
