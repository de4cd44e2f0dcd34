"""Test what a compare sheet says of faces that stay as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fakes import FACE, FakeNetwork
from gfrnet.batch import face_sheet, sheet
from gfrnet.images import Tile, contact_sheet
from gfrnet.restore import FaceOutcome, Restorer
from gfrnet.types import UInt8Image


@pytest.fixture
def outcome(portrait: UInt8Image) -> FaceOutcome:
    (face,) = Restorer(FakeNetwork()).restore(portrait, portrait, places=[FACE]).faces
    return face


def row_of(face: FaceOutcome, monkeypatch: pytest.MonkeyPatch) -> tuple[Tile, ...]:
    drawn: list[tuple[Tile, ...]] = []

    def remember(rows: list[tuple[Tile, ...]]) -> UInt8Image:
        drawn.extend(rows)
        return contact_sheet(rows)

    monkeypatch.setattr(sheet, "contact_sheet", remember)
    face_sheet([face])
    return drawn[0]


def test_a_skipped_face_is_shown_as_it_stays(outcome: FaceOutcome, monkeypatch: pytest.MonkeyPatch) -> None:
    before, guide, after = row_of(replace(outcome, status="skipped", result=None), monkeypatch)
    np.testing.assert_array_equal(after.picture, before.picture)
    assert after.caption == "skipped\nstays as it was"
    assert guide.caption.startswith("closest guide, not used\n")


def test_a_restored_face_has_its_guide(outcome: FaceOutcome, monkeypatch: pytest.MonkeyPatch) -> None:
    before, guide, after = row_of(outcome, monkeypatch)
    assert (after.picture != before.picture).any()
    assert guide.caption.startswith("guide\n")
    assert after.caption.startswith("after\n")
