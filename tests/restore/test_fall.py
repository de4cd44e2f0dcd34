"""Test that a likeness that clearly falls is told."""

from __future__ import annotations

import pytest

from fakes import FACE, FakeNetwork
from gfrnet.restore import Restorer, face, fell
from gfrnet.types import UInt8Image


def test_a_fall_beyond_noise_is_one() -> None:
    assert fell(0.6, 0.45)
    assert not fell(0.6, 0.55)
    assert not fell(0.4, 0.9)


@pytest.mark.parametrize(("limit", "told"), [(-1.0, True), (1.0, False)])
def test_a_face_that_resembles_its_guide_less_has_a_remark(
    portrait: UInt8Image, monkeypatch: pytest.MonkeyPatch, limit: float, told: bool
) -> None:
    monkeypatch.setattr(face, "FALL", limit)
    (outcome,) = Restorer(FakeNetwork()).restore(portrait, portrait, places=[FACE]).faces
    assert ("less than the photo does" in outcome.remark) is told
