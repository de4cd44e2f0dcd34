"""Test the line that is printed for a face."""

from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet.batch import FaceRecord, PhotoRecord, Task
from gfrnet.cli.announce import announce


def line_of(capsys: pytest.CaptureFixture[str], strength: float, after: float) -> str:
    face = FaceRecord(
        status="restored",
        reason="",
        box=(1, 2, 3, 4),
        guide="good.jpg",
        guides=("good.jpg",),
        similarity=0.6,
        needed=0.4,
        same_person="yes",
        similarity_after=after,
        strength=strength,
    )
    record = PhotoRecord(photo="a.jpg", status="restored", output="b.jpg", faces=(face,))
    announce(Task(Path("a.jpg"), Path("b.jpg")), record, advised=True)
    return capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize(("strength", "told"), [(0.994, True), (0.996, False), (1.0, False)])
def test_a_strength_that_rounds_to_one_is_no_matter(
    capsys: pytest.CaptureFixture[str], strength: float, told: bool
) -> None:
    assert (", strength 0.99: more would cost detail" in line_of(capsys, strength, 0.7)) is told
    assert ("strength" in line_of(capsys, strength, 0.7)) is told


def test_a_likeness_that_clearly_falls_stands_in_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert line_of(capsys, 1, 0.45).endswith("similarity 0.60 before, 0.45 (clearly less) after")
    assert line_of(capsys, 1, 0.55).endswith("similarity 0.60 before, 0.55 after")
