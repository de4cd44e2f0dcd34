from __future__ import annotations

from math import sqrt

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


def test_it_is_that_of_a_plain_loop() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 128)).astype(np.float32)
    expected = sqrt(sum((float(x) - float(y)) ** 2 for x, y in zip(a, b, strict=True)))
    assert identity_distance(a, b) == pytest.approx(expected, rel=1e-12)


def test_embeddings_of_two_networks_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        identity_distance(np.zeros(128, np.float32), np.zeros(512, np.float32))
