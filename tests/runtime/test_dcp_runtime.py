from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from gfrnet import images
from gfrnet.errors import TimeLimitError
from gfrnet.nets.compared.dcp import DCPOptions, deblur
from gfrnet.runtime.dcp import DCPRuntime
from gfrnet.types import FloatImage, UInt8Image
from gfrnet.work import Advanced

QUICK = DCPOptions(kernel_size=3, iterations=1)


@pytest.fixture
def pictures(portrait: UInt8Image) -> UInt8Image:
    return np.stack((portrait[20:276, 100:356], portrait[200:456, 200:456]))


@pytest.fixture
def degraded(pictures: UInt8Image) -> FloatImage:
    return images.to_signed(pictures)


def test_every_face_of_a_batch_is_deblurred_by_itself(pictures: UInt8Image, degraded: FloatImage) -> None:
    events: list[Advanced] = []
    result = DCPRuntime(QUICK, events.append).run(degraded, np.zeros_like(degraded), texture=True)
    found = deblur(pictures[1], QUICK)
    assert found is not None
    np.testing.assert_array_equal(images.to_uint8(result.restored[1]), found.picture)
    assert all((images.to_uint8(result.restored) != pictures).any((1, 2, 3)))
    assert result.restored.dtype == np.float32
    assert result.warped is result.flow is result.textured is None
    assert events == 2 * [Advanced("steps", 1, 2), Advanced("steps", 2, 2)]
    guided = DCPRuntime(QUICK).run(degraded[:1], degraded[1:])
    np.testing.assert_array_equal(guided.restored, result.restored[:1])
    assert not DCPRuntime.fuses


def test_batches_that_do_not_fit_are_refused(degraded: FloatImage) -> None:
    runtime = DCPRuntime(QUICK)
    assert runtime.run(degraded[:0], degraded[:0]).restored.shape == (0, 256, 256, 3)
    with pytest.raises(ValueError, match="one guide for every"):
        runtime.run(degraded, degraded[:1])
    with pytest.raises(ValueError, match="must be float32"):
        runtime.run(degraded.astype(np.float64), degraded)


def test_the_time_limit_is_one_of_each_face(degraded: FloatImage) -> None:
    with pytest.raises(TimeLimitError, match="Allow more time"):
        DCPRuntime(DCPOptions(kernel_size=3, iterations=2, time_limit=1e-6)).run(degraded, degraded)


def test_only_dcp_itself_loads_scipy_and_torch() -> None:
    code = (
        "import gfrnet, gfrnet.restore, gfrnet.evaluate, sys; from gfrnet.runtime import open_runtime;"
        "open_runtime('gfrnet-slim-int8'); assert not {'scipy', 'torch'} & sys.modules.keys();"
        "open_runtime('dcp'); assert 'scipy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
