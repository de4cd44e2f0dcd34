"""Test tasks that callers make by hand: other types, wrong values, listeners that fail."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gfrnet import Restorer, images
from gfrnet.batch import (
    BatchEvent,
    Existing,
    Saving,
    Task,
    check_distinct,
    inputs_of,
    not_reached,
    open_report,
    plan,
    read_report,
    run,
)
from gfrnet.errors import ConfigError, PlanError, WriteError
from gfrnet.images import Photo
from gfrnet.restore import RestoreOptions
from gfrnet.types import Box

CROPPED = RestoreOptions(cropped=True)


SERIES: dict[str, Callable[[list[Path]], Any]] = {
    "list": lambda files: files,
    "texts": lambda files: tuple(map(str, files)),
    "generator": iter,
    "one path": lambda files: files[0],
    "one text": lambda files: str(files[0]),
}


@pytest.mark.parametrize("kind", SERIES)
def test_guides_of_a_task_may_be_any_series_of_files(
    restorer: Restorer, crops: list[Path], tmp_path: Path, kind: str
) -> None:
    task = Task(crops[0], tmp_path / "out.png", guides=SERIES[kind](crops[1:2]))
    assert task.guides == (crops[1],)
    (record,) = run(restorer, [task], CROPPED)
    assert record.status == "restored"


def test_files_of_a_task_may_be_texts(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    texts = [str(crops[0]), str(tmp_path / "out.png"), str(tmp_path / "sheet.png"), [str(crops[1])]]
    task = Task(*texts)  # type: ignore[arg-type]
    assert task == Task(crops[0], tmp_path / "out.png", tmp_path / "sheet.png", (crops[1],))
    (record,) = run(restorer, [task], CROPPED)
    assert record.status == "restored"
    (kept,) = run(restorer, [task], CROPPED, saving=Saving(Existing.KEEP))
    (rest,) = not_reached([task], Saving(Existing.KEEP))
    assert kept.status == rest.status == "kept"


def test_places_of_a_task_may_be_a_list(crops: list[Path], tmp_path: Path) -> None:
    box = Box(1, 2, 3, 4)
    assert Task(crops[0], tmp_path / "a.png", places=[box]).places == (box,)  # type: ignore[arg-type]


@pytest.mark.parametrize("guides", [None, 3, b"a.jpg", [b"a.jpg"], [None]])
def test_other_guides_are_refused_when_the_task_is_made(crops: list[Path], guides: Any) -> None:
    with pytest.raises(ConfigError, match=r"series of files|str or a Path"):
        Task(crops[0], Path("out.png"), guides=guides)


def test_pixels_are_no_files_of_a_task(crops: list[Path]) -> None:
    photo = images.read(crops[0])
    for files in ((photo, "out.png"), (crops[0], None), (crops[0], "out.png", 3)):
        with pytest.raises(ConfigError, match="str or a Path"):
            Task(*files)  # type: ignore[arg-type]
    for guides in ([photo], photo.pixels, photo):
        with pytest.raises(ConfigError, match=r"series of files|str or a Path"):
            Task(crops[0], Path("out.png"), guides=guides)  # type: ignore[arg-type]


def test_tasks_may_come_from_a_generator(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    tasks = (Task(photo, tmp_path / photo.name, guides=(crops[2],)) for photo in crops[:2])
    assert [record.status for record in run(restorer, tasks, CROPPED)] == ["restored"] * 2  # type: ignore[arg-type]


@pytest.mark.parametrize("tasks", [3, ["a.png"], None])
def test_what_is_no_task_is_refused(restorer: Restorer, tasks: Any) -> None:
    with pytest.raises(ConfigError, match=r"series of gfrnet\.batch\.Task"):
        list(run(restorer, tasks, CROPPED))


def test_options_and_savings_of_another_type_are_refused(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    tasks = plan(crops[:1], crops[1:], tmp_path / "out")
    with pytest.raises(ConfigError, match="options must be"):
        list(run(restorer, tasks, {"scale": 2}))  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="existing must be one of"):
        Saving("keep")  # type: ignore[arg-type]
    for quality in (0, 101, True, 9.5):
        with pytest.raises(ConfigError, match="quality must be"):
            Saving(quality=quality)  # type: ignore[arg-type]


def test_two_tasks_never_write_the_same_file(restorer: Restorer, crops: list[Path], tmp_path: Path) -> None:
    (tmp_path / "real" / "sub").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    one = Task(crops[0], tmp_path / "real" / "x.png", guides=(crops[2],))
    for same in ("real/x.png", "link/x.png", "real/sub/../x.png"):
        tasks = [one, Task(crops[1], tmp_path / same, guides=(crops[2],))]
        with pytest.raises(PlanError, match="would be the result of"):
            check_distinct(tasks)
        with pytest.raises(PlanError, match="would be the result of"):
            list(run(restorer, tasks, CROPPED, saving=Saving(Existing.REPLACE)))
    with pytest.raises(PlanError, match="the compare sheet"):
        list(run(restorer, [Task(crops[0], tmp_path / "y.png", tmp_path / "y.png", (crops[2],))], CROPPED))
    with pytest.raises(PlanError, match="the report"):
        check_distinct([one], str(one.output))  # type: ignore[arg-type]
    assert not one.output.exists()


def test_a_plan_takes_texts_and_single_files(crops: list[Path], tmp_path: Path) -> None:
    out, sheet, report = tmp_path / "out", tmp_path / "s.png", tmp_path / "r.json"
    wanted = plan(crops[:1], crops[1:2], out, sheet=sheet, report=report)
    texts: Any = [str(crops[0]), str(crops[1]), str(out)]
    assert plan(*texts, sheet=str(sheet), report=str(report)) == wanted  # type: ignore[arg-type]
    assert plan(iter(crops[:1]), iter(crops[1:2]), out, sheet=sheet) == wanted  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="photos must be a series of files"):
        plan(None, crops)  # type: ignore[arg-type]


def test_a_report_may_be_named_by_text(tmp_path: Path) -> None:
    path = str(tmp_path / "r.json")
    open_report(path, "tiny", inputs_of([]), Existing.REFUSE).write()  # type: ignore[arg-type]
    found = read_report(path)  # type: ignore[arg-type]
    assert found is not None
    assert found.model == "tiny"


def test_a_fault_of_the_listener_is_none_of_the_photo(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    def fail(_: BatchEvent) -> None:
        raise error

    tasks = plan(crops[:2], crops[2:], tmp_path / "out")
    for error in (BrokenPipeError("nobody reads"), WriteError("the log is full")):
        with pytest.raises(type(error)):
            list(run(restorer, tasks, CROPPED, on_event=fail))
    assert not (tmp_path / "out").exists()


def test_a_name_that_is_too_long_is_one_failure(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    tasks = [
        Task(crops[0], tmp_path / f"{'x' * 300}.png", guides=(crops[2],)),
        Task(crops[1], tmp_path / "b.png", guides=(crops[2],)),
    ]
    for existing in Existing:
        first, second = run(restorer, tasks, CROPPED, saving=Saving(existing))
        assert "cannot be written" in first.reason
        assert "fault" not in first.reason
        assert second.status in ("restored", "kept")
        (tmp_path / "b.png").unlink()
    assert [record.status for record in not_reached(tasks, Saving(Existing.KEEP))] == ["not reached"] * 2
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


def test_a_fault_while_writing_one_photo_does_not_end_the_batch(
    restorer: Restorer, crops: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = images.write

    def fail(photo: Photo, path: Path, **options: Any) -> Path:
        if path.name == "a.png":
            raise ZeroDivisionError("by zero")
        return write(photo, path, **options)

    monkeypatch.setattr(images, "write", fail)
    first, second = run(restorer, plan(crops[:2], crops[2:], tmp_path / "out"), CROPPED)
    assert (first.reason, second.status) == ("A fault in gfrnet, ZeroDivisionError: by zero", "restored")


def test_closing_the_iteration_early_leaves_whole_files_only(
    restorer: Restorer, crops: list[Path], tmp_path: Path
) -> None:
    records = run(restorer, plan(crops[:2], crops[2:], tmp_path / "out"), CROPPED)
    next(records)
    records.close()  # type: ignore[attr-defined]
    assert os.listdir(tmp_path / "out") == ["a.png"]
