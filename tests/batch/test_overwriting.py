"""Test that a batch overwrites no photo, no guide, and no file of another process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gfrnet import Restorer, images
from gfrnet.batch import Existing, PhotoRecord, Saving, Task, open_report, plan, run
from gfrnet.errors import Advice, WriteError
from gfrnet.restore import RestoredPhoto, RestoreOptions

CROPPED = RestoreOptions(cropped=True)


@pytest.fixture
def meanwhile(restorer: Restorer, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let another process write a file while the first photo is restored."""

    def write_while_restoring(path: Path) -> None:
        restore = restorer.restore

        def restore_and_write(*sources: Any, **options: Any) -> RestoredPhoto:
            if not path.exists():
                path.parent.mkdir(exist_ok=True)
                path.write_text("the other one's")
            return restore(*sources, **options)

        monkeypatch.setattr(restorer, "restore", restore_and_write)

    return write_while_restoring


def restored(restorer: Restorer, tasks: tuple[Task, ...], existing: Existing) -> list[PhotoRecord]:
    return list(run(restorer, tasks, CROPPED, saving=Saving(existing)))


def test_the_second_of_two_processes_is_refused_and_goes_on(
    restorer: Restorer, crops: list[Path], tmp_path: Path, meanwhile: Callable[[Path], None]
) -> None:
    tasks = plan(crops[:2], crops[2:], tmp_path / "out")
    meanwhile(tasks[0].output)
    first, second = restored(restorer, tasks, Existing.REFUSE)
    assert "exists already" in first.reason
    assert first.advice[0] is Advice.OVERWRITE
    assert tasks[0].output.read_text() == "the other one's"
    assert second.status == "restored"


def test_a_result_that_another_process_wrote_meanwhile_is_kept(
    restorer: Restorer, crops: list[Path], tmp_path: Path, meanwhile: Callable[[Path], None]
) -> None:
    tasks = plan(crops[:1], crops[2:], tmp_path / "out")
    meanwhile(tasks[0].output)
    (record,) = restored(restorer, tasks, Existing.KEEP)
    assert record.status == "kept"
    assert tasks[0].output.read_text() == "the other one's"


def test_the_report_of_another_process_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    first, second = (open_report(path, name, images.Inputs([]), Existing.REFUSE) for name in ("one", "two"))
    first.add(PhotoRecord(photo="a.jpg", status="restored"))
    second.add(PhotoRecord(photo="b.jpg", status="restored"))
    first.write([PhotoRecord(photo="c.jpg", status="restored")])
    whole = path.read_text()
    with pytest.raises(WriteError, match="exists already"):
        second.write()
    assert path.read_text() == whole
    assert "c.jpg" in whole
    open_report(path, "three", images.Inputs([]), Existing.REPLACE).write()
    assert "three" in path.read_text()


@pytest.mark.parametrize("existing", list(Existing))
def test_a_photo_with_the_name_of_a_sheet_stays(
    restorer: Restorer, crops: list[Path], tmp_path: Path, existing: Existing
) -> None:
    folder = crops[0].parent
    crops[1].rename(folder / "s_a.png")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    tasks = plan([folder], [folder], tmp_path / "out", sheet=folder / "s.png")
    records = restored(restorer, tasks, existing)
    (failed,) = (record for record in records if record.status != "restored")
    assert failed.photo == str(crops[0])
    assert "s_a.png is an input" in failed.reason
    assert before.items() <= {path.name: path.read_bytes() for path in folder.iterdir()}.items()


def test_a_guide_with_the_name_of_a_result_stays(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    scans = tmp_path / "scans"
    scans.mkdir()
    crops[0].rename(scans / "b.png")
    before = crops[1].read_bytes()
    tasks = plan([scans], [crops[1].parent], crops[1].parent)
    (record,) = restored(restorer, tasks, Existing.REPLACE)
    assert "is an input" in record.reason
    assert crops[1].read_bytes() == before


def test_going_on_replaces_a_sheet_of_a_killed_run_and_nothing_else(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    tasks = plan(crops[:1], crops[2:], tmp_path / "out.png", sheet=sheet)
    precious = crops[1].read_bytes()
    sheet.write_bytes(precious)
    (record,) = restored(restorer, tasks, Existing.KEEP)
    assert "sheet.png exists already" in record.reason
    assert sheet.read_bytes() == precious
    images.write(images.as_sheet(images.read(crops[1]).rgb8), sheet)
    (record,) = restored(restorer, tasks, Existing.KEEP)
    assert record.status == "restored"
    assert images.read(sheet).width > 3 * 256
    assert images.is_sheet(sheet)
