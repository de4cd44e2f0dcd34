from __future__ import annotations

import numpy as np
import pytest

from gfrnet.metrics import identity_distance


def test_it_is_euclidean() -> None:
    a = np.zeros(128, np.float32)
    b = a.copy()
    b[3], b[70] = 0.3, -0.4
    assert identity_distance(a, b) == pytest.approx(0.5)
    assert identity_distance(b, a) == pytest.approx(0.5)
    assert identity_distance(b, b) == 0


def test_embeddings_of_two_networks_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        identity_distance(np.zeros(128, np.float32), np.zeros(512, np.float32))
