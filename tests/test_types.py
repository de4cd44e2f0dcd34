from __future__ import annotations

import numpy as np
import pytest

from gfrnet.types import Box


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "1", None, 1j, 10**400, np.float32("inf")])
def test_a_box_holds_finite_numbers(value: object) -> None:
    with pytest.raises(ValueError, match="four finite numbers"):
        Box(0, 0, value, 9)  # type: ignore[arg-type]


def test_small_integers_of_numpy_do_not_overflow() -> None:
    box = Box(*np.array([176, 77, 250, 167], np.uint8))
    assert box == Box(176, 77, 250, 167)
    assert box.overlap(Box(0, 0, 512, 512)) == 74 * 90 / 512**2


def test_a_box_has_width_and_height() -> None:
    for edges in ((1, 0, 1, 5), (0, 3, 9, 2)):
        with pytest.raises(ValueError, match="left < right"):
            Box(*edges)
