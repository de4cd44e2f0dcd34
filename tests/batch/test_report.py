"""When the report of a batch is written; `tests/cli/test_restore_report.py` covers what is in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.batch import FaceRecord, PhotoRecord, Report, ReportFile, read_report
from gfrnet.errors import Advice, WriteError


@pytest.fixture
def report(tmp_path: Path) -> ReportFile:
    return ReportFile(tmp_path / "report.json", "slim", images.Inputs([]))


def test_it_grows_and_takes_a_tenth_of_the_time_at_most(
    report: ReportFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, write = 0.0, images.write_text

    def write_slowly(*arguments: object, **options: object) -> None:
        nonlocal now
        now += 2
        write(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("gfrnet.batch.report.perf_counter", lambda: now)
    monkeypatch.setattr("gfrnet.images.write_text", write_slowly)
    records, written = [], []
    for number in range(40):
        records.append(PhotoRecord(photo=f"{number}.jpg", status="restored"))
        report.add(records[-1])
        found = read_report(report.path)
        assert found is not None
        written.append(len(found.photos))
        now += 1
    assert sorted(set(written)) == [1, 19, 37]
    report.write()
    found = read_report(report.path)
    assert found is not None
    assert found.photos == tuple(records)


def test_a_full_disk_is_reported_in_the_end_only(report: ReportFile) -> None:
    report.path.mkdir()
    report.add(PhotoRecord(photo="a.jpg", status="restored"))
    with pytest.raises(WriteError, match="is a folder"):
        report.write()


def test_records_survive_the_file(report: ReportFile) -> None:
    face = FaceRecord(
        status="skipped",
        reason="another person",
        advice=(Advice.CHOOSE_ANOTHER_GUIDE, Advice.FORCE),
        box=(1, 2, 3, 4),
        guide="g.png",
        similarity=0.1,
        needed=0.4,
        same_person="no",
        similarity_after=None,
    )
    record = PhotoRecord(photo="caf\udce9.png", status="failed", faces=(face,), advice=(Advice.FORCE,))
    report.add(record)
    found = read_report(report.path)
    assert found is not None
    assert found.photos == (record,)
    assert (found.version, found.photos[0].photo) == (1, r"caf\xe9.png")
    (stored,) = json.loads(report.path.read_text())["photos"]
    assert stored["advice"] == ["FORCE"]
    assert stored["faces"][0]["advice"] == ["CHOOSE_ANOTHER_GUIDE", "FORCE"]


def test_a_report_without_advice_is_read(report: ReportFile) -> None:
    """Reports of the same version were written before faces had any."""
    photo = {"photo": "a.jpg", "status": "failed", "reason": "no face"}
    report.path.write_text(json.dumps({"version": 1, "gfrnet": "0.1", "model": "m", "photos": [photo]}))
    found = read_report(report.path)
    assert found is not None
    assert found.photos == (PhotoRecord(photo="a.jpg", status="failed", reason="no face"),)


def test_the_schema_lists_every_advice() -> None:
    schema = Report.model_json_schema()["$defs"]["FaceRecord"]["properties"]["advice"]
    assert schema["items"]["enum"] == list(Advice.__members__)
