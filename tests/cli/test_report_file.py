"""When the report of a batch is written; what is in it is told in `test_restore_command`."""

from __future__ import annotations

from pathlib import Path

import pytest

from gfrnet import images
from gfrnet.cli.report import PhotoRecord, ReportFile, read_report
from gfrnet.errors import WriteError


@pytest.fixture
def records() -> list[PhotoRecord]:
    return []


@pytest.fixture
def report(tmp_path: Path, records: list[PhotoRecord]) -> ReportFile:
    return ReportFile(tmp_path / "report.json", "slim", images.Inputs([]), lambda: tuple(records))


def test_it_grows_and_takes_a_tenth_of_the_time_at_most(
    report: ReportFile, records: list[PhotoRecord], monkeypatch: pytest.MonkeyPatch
) -> None:
    now, write = 0.0, images.write_text

    def write_slowly(*arguments: object, **options: object) -> None:
        nonlocal now
        now += 2
        write(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("gfrnet.cli.report.perf_counter", lambda: now)
    monkeypatch.setattr("gfrnet.cli.report.images.write_text", write_slowly)
    written = []
    for number in range(40):
        records.append(PhotoRecord(photo=f"{number}.jpg", status="restored"))
        report.update()
        found = read_report(report.path)
        assert found is not None
        written.append(len(found.photos))
        now += 1
    assert sorted(set(written)) == [1, 19, 37]
    report.write()
    found = read_report(report.path)
    assert found is not None
    assert found.photos == tuple(records)


def test_a_full_disk_is_told_in_the_end_only(report: ReportFile) -> None:
    report.path.mkdir()
    report.update()
    with pytest.raises(WriteError, match="is a folder"):
        report.write()
