"""Every field of the report of a film is described, and the page shows them."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from gfrnet.film import FilmReport, PersonRecord, ShotRecord, TrackRecord


@pytest.mark.parametrize("record", [FilmReport, ShotRecord, TrackRecord, PersonRecord])
def test_every_field_is_described(record: type[BaseModel]) -> None:
    told = record.__doc__ or ""
    assert [name for name in record.model_fields if f"\n        {name}: " not in told] == []


def test_the_page_lists_the_report() -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "films.md"
    assert "```{schema}\ngfrnet.film.FilmReport\n```" in page.read_text("utf-8")
