"""Test that facts stated in the documentation agree with the program."""

import re
from dataclasses import fields
from pathlib import Path

from gfrnet.faces import identity
from gfrnet.restore.outcome import FaceDone, FacesFound, GuideSkipped
from gfrnet.work import Advanced, Noted

DOCS = Path(__file__).parents[2] / "docs"


def test_guide_states_the_similarities_that_sharp_and_blurred_faces_need() -> None:
    text = (DOCS / "guide/messages.md").read_text(encoding="utf-8")
    assert f"A sharp face needs {identity.SAME_PERSON:.2f} " in text
    assert f"down to {identity.needed_similarity(0.0):.2f}," in text
    needed = [float(value) for value in re.findall(r"(0\.\d\d) is needed", text)]
    assert needed
    assert max(needed) <= round(identity.SAME_PERSON, 2)


def test_table_of_events_lists_their_fields() -> None:
    text = (DOCS / "reference/python.md").read_text(encoding="utf-8")
    for event in (FacesFound, GuideSkipped, FaceDone, Noted, Advanced):
        row = next(line for line in text.splitlines() if line.startswith(f"| `{event.__name__}` |"))
        listed = re.findall(r"`(\w+)`", row.split("|")[3])
        assert listed == [field.name for field in fields(event)]
