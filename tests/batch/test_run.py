"""The batch as a library: what a page or a job on many machines would write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from gfrnet import Restorer, images
from gfrnet.batch import (
    BatchEvent,
    Existing,
    PhotoRecord,
    Saving,
    Task,
    complete,
    not_reached,
    open_report,
    plan,
    read_report,
    run,
)
from gfrnet.errors import Advice, PlanError, WriteError
from gfrnet.images import Photo
from gfrnet.restore import FaceDone, GuideSet, GuideSkipped, RestoreOptions
from gfrnet.types import Box, UInt8Image

CROPPED = RestoreOptions(cropped=True)


@pytest.fixture
def foreign(tmp_path: Path, stranger: UInt8Image) -> Path:
    """A face crop of another person."""
    crop = cv2.resize(stranger[60:260, 60:260], (128, 128), interpolation=cv2.INTER_AREA)
    return images.write(Photo(crop), tmp_path / "foreign.png")


def statuses(records: list[PhotoRecord]) -> list[str]:
    return [record.status for record in records]


def test_every_photo_has_its_own_guides(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    tasks = [
        replace(task, guides=(guide,))
        for task, guide in zip(plan(crops[:2], [], tmp_path / "out"), crops[2:], strict=True)
    ]
    events: list[BatchEvent] = []
    records = list(run(restorer, tasks, CROPPED, on_event=events.append))
    assert [record.faces[0].guides for record in records] == [(str(guide),) for guide in crops[2:]]
    assert [event.outcome.guide_name for event in events if isinstance(event, FaceDone)] == [
        str(guide) for guide in crops[2:]
    ]
    for task, record, photo, guide in zip(tasks, records, crops[:2], crops[2:], strict=True):
        assert (record.status, record.output) == ("restored", str(task.output))
        alone = restorer.restore(photo, [guide], cropped=True)
        assert (images.read(task.output).pixels == alone.photo.pixels).all()
    assert complete(records)


def test_every_photo_has_its_own_places(restorer: Restorer, portrait: UInt8Image, tmp_path: Path) -> None:
    photo = images.write(Photo(portrait), tmp_path / "whole.png")
    guide = images.write(Photo(portrait[:300, 70:370]), tmp_path / "good.png")
    boxes = (Box(176, 77, 266, 167), Box(170, 72, 270, 172))
    tasks = [
        Task(photo, tmp_path / f"{number}.png", guides=(guide,), places=(box,))
        for number, box in enumerate(boxes)
    ]
    first, second = run(restorer, tasks)
    assert first.faces[0].box == (176, 77, 90, 90)
    assert second.faces[0].box == (170, 72, 100, 100)


def test_a_bad_photo_in_the_middle_is_recorded(
    restorer: Restorer, crops: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crops[1].write_text("no picture")
    tasks = plan(crops[:3], crops[3:], tmp_path / "out")
    records = list(run(restorer, tasks, CROPPED))
    assert statuses(records) == ["restored", "failed", "restored"]
    assert str(crops[1]) in records[1].reason
    assert (records[1].output, records[1].faces) == (None, ())
    assert not complete(records)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"a.png", "c.png"}
    assert capsys.readouterr() == ("", "")


def test_a_fault_of_a_single_photo_is_raised(
    restorer: Restorer, crops: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(restorer, "restore", fail)
    tasks = plan(crops[:2], crops[3:], tmp_path / "out")
    with pytest.raises(ZeroDivisionError):
        list(run(restorer, tasks[:1], CROPPED))
    records = list(run(restorer, tasks, CROPPED))
    assert [record.reason for record in records] == ["A fault in gfrnet, ZeroDivisionError: by zero"] * 2


def test_a_refused_face_brings_its_advice(
    restorer: Restorer, crops: list[Path], foreign: Path, tmp_path: Path
) -> None:
    (task,) = plan(crops[:1], [foreign], tmp_path / "out")
    (record,) = run(restorer, [task], CROPPED)
    (face,) = record.faces
    assert (record.status, face.status, face.same_person) == ("failed", "skipped", "no")
    assert Advice.FORCE in face.advice
    assert record.advice == face.advice
    assert "--" not in record.reason + face.reason
    (forced,) = run(restorer, [task], replace(CROPPED, force=True))
    assert (forced.status, forced.faces[0].advice) == ("restored", ())


def test_a_bad_guide_of_many_photos_is_reported_once(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_text("no picture")
    events: list[BatchEvent] = []
    tasks = plan(crops[:3], [broken, crops[3]], tmp_path / "out")
    records = list(run(restorer, tasks, CROPPED, on_event=events.append))
    assert [event.name for event in events if isinstance(event, GuideSkipped)] == [str(broken)]
    assert [record.guides_skipped[0].guide for record in records] == [str(broken)] * 3


def test_guides_are_prepared_once_for_all_photos_that_share_them(
    restorer: Restorer, crops: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare, prepared = restorer.guides, []

    def count(sources: Any, *arguments: Any) -> GuideSet:
        prepared.append(sources)
        return prepare(sources, *arguments)

    monkeypatch.setattr(restorer, "guides", count)
    shared = plan(crops[:3], crops[3:], tmp_path / "out")
    own = replace(shared[2], guides=(crops[1],))
    assert complete(list(run(restorer, [*shared[:2], own], CROPPED)))
    assert prepared == [(crops[3],), (crops[1],)]


def test_a_task_may_bring_prepared_guides(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    prepared = restorer.guides(crops[2:], CROPPED)
    tasks = [Task(photo, tmp_path / photo.name, guides=prepared) for photo in crops[:2]]
    given = run(restorer, plan(crops[:2], crops[2:], tmp_path / "out"), CROPPED)
    for record, other in zip(run(restorer, tasks, CROPPED), given, strict=True):
        assert record.faces == other.faces
    (victim,) = run(restorer, [replace(tasks[0], output=crops[3])], CROPPED, saving=Saving(Existing.REPLACE))
    assert "is an input" in victim.reason


def test_a_photo_among_its_guides_does_not_guide_itself(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    folder, events = crops[0].parent, list[BatchEvent]()
    tasks = plan([folder], [folder], tmp_path / "out")
    for record in run(restorer, tasks, CROPPED, on_event=events.append):
        others = {str(crop) for crop in crops} - {record.photo}
        assert set(record.faces[0].guides) == others
    assert not any(isinstance(event, GuideSkipped) for event in events)


def test_guides_of_many_photos_are_read_once(
    restorer: Restorer, crops: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, opened = images.read, []

    def count(path: Any, *arguments: Any, **options: Any) -> Photo:
        opened.append(Path(path))
        return read(path, *arguments, **options)

    monkeypatch.setattr("gfrnet.images.read", count)
    guides = crops[2:]
    assert statuses(list(run(restorer, plan(crops[:2], guides, tmp_path / "out"), CROPPED))) == [
        "restored",
        "restored",
    ]
    assert [opened.count(guide) for guide in guides] == [1, 1]


def test_a_stop_ends_it_after_the_photo_at_hand(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    tasks, records = plan(crops[:3], crops[3:], tmp_path / "out"), []
    for record in run(restorer, tasks, CROPPED, stopped=lambda: len(records) == 1):
        records.append(record)
    assert statuses(records) == ["restored"]
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["a.png"]
    rest = list(not_reached(tasks[1:]))
    assert [(record.photo, record.status) for record in rest] == [
        (str(crops[1]), "not reached"),
        (str(crops[2]), "not reached"),
    ]
    resumed = run(restorer, tasks, CROPPED, saving=Saving(Existing.KEEP), earlier=records)
    first, second, third = resumed
    assert first == records[0].model_copy(update={"status": "kept"})
    assert statuses([second, third]) == ["restored", "restored"]
    kept = list(not_reached(tasks, Saving(Existing.KEEP), records))
    assert statuses(kept) == ["kept"] * 3
    assert kept[0] == first


def test_existing_results_are_refused_or_replaced(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    (task,) = plan(crops[:1], crops[3:], tmp_path / "out.png")
    task.output.write_text("precious")
    (record,) = run(restorer, [task], CROPPED)
    assert (record.status, record.advice[0]) == ("failed", Advice.OVERWRITE)
    assert task.output.read_text() == "precious"
    (record,) = run(restorer, [task], CROPPED, saving=Saving(Existing.REPLACE))
    assert record.status == "restored"
    assert images.read(task.output).width == 128


def test_inputs_of_other_tasks_are_never_replaced(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    before = crops[3].read_bytes()
    tasks = [
        Task(crops[0], crops[3], guides=(crops[2],)),
        Task(crops[1], tmp_path / "b.png", guides=(crops[3],)),
    ]
    records = list(run(restorer, tasks, CROPPED, saving=Saving(Existing.REPLACE)))
    assert statuses(records) == ["failed", "restored"]
    assert "is an input" in records[0].reason
    assert crops[3].read_bytes() == before


def test_a_report_goes_round(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    crops[1].write_text("no picture")
    path = tmp_path / "report.json"
    tasks = plan(crops[:2], crops[3:], tmp_path / "out", report=path)
    report = open_report(path, "tiny", images.Inputs(crops), Existing.REFUSE)
    for record in run(restorer, tasks, CROPPED):
        report.add(record)
    report.write()
    found = read_report(path)
    assert found is not None
    assert (found.model, found.photos) == ("tiny", report.records())
    assert statuses(list(found.photos)) == ["restored", "failed"]
    with pytest.raises(WriteError, match="exists already"):
        open_report(path, "tiny", images.Inputs(crops), Existing.REFUSE)
    assert open_report(path, "tiny", images.Inputs(crops), Existing.KEEP).earlier == found.photos
    assert open_report(path, "tiny", images.Inputs(crops), Existing.REPLACE).earlier == ()
    path.write_text("{}")
    with pytest.raises(WriteError, match="no report that this version can go on with"):
        open_report(path, "tiny", images.Inputs(crops), Existing.KEEP)
    with pytest.raises(PlanError, match=r"does not end in \.json"):
        open_report(path.with_suffix(".txt"), "tiny", images.Inputs(crops), Existing.REFUSE)


def test_a_sheet_stands_beside_the_result(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    (task,) = plan(crops[:1], crops[3:], tmp_path / "out.png", sheet=tmp_path / "sheet.png")
    (record,) = run(restorer, [task], CROPPED)
    assert record.status == "restored"
    sheet = images.read(tmp_path / "sheet.png").pixels
    assert sheet.shape[1] > 3 * 256
    assert np.unique(sheet).size > 100
