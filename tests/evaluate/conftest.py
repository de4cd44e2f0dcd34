"""Make up the values of a run, for what is made of them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.rows import METRICS, Measured, Row

NAMES = ("bicubic", "net", "net:stranger", "net:no-guide", "my_other.onnx")
LEVELS = {"bicubic": -2.0, "net": 0.0, "net:stranger": -1.0, "net:no-guide": 0.0, "my_other.onnx": 0.5}
"""How good each is, in the metrics' spread over pairs."""


def make_up(names: tuple[str, ...] = NAMES, people: int = 7) -> Measured:
    """Make up two scales; person i has i % 3 + 1 pairs; pairs differ more than contenders, as in earnest."""
    rng = np.random.default_rng(3)
    rows = []
    for person in range(people):
        for number in range(person % 3 + 1):
            gap = float(rng.uniform(0, 30))
            for scale in (4.0, 8.0):
                for name in names:
                    for metric in METRICS[:8]:
                        sign = -1 if metric.better == "lower" else 1
                        level = LEVELS.get(name, 0.0) * (metric.name != "warp")
                        value = 20 - scale + number + sign * level + rng.normal(0, 0.1)
                        pair = f"p{person}/{number}.jpg"
                        rows.append(Row(name, f"p{person}", pair, gap, scale, metric.name, float(value)))
    return Measured(tuple(rows), ())


@pytest.fixture(scope="session")
def made_up() -> Callable[..., Measured]:
    return make_up


@pytest.fixture(scope="session")
def measured() -> Measured:
    return make_up()


@pytest.fixture(scope="session")
def contenders() -> list[Contender]:
    return [Contender.parse(name) for name in NAMES]
