from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path

import numpy as np
import pytest

from gfrnet.batch import Task, check_distinct, find_guides, find_photos, inputs_of, name_outputs, plan
from gfrnet.errors import Advice, PlanError
from gfrnet.images import as_sheet, write
from gfrnet.types import Box
from gfrnet.work import Noted

plan_module = sys.modules[plan.__module__]

A, B = Path("in/a.jpg"), Path("in/b.bmp")


def test_beside_the_photo() -> None:
    tasks = name_outputs([A, B], None, None, None)
    assert [task.output for task in tasks] == [Path("in/a_restored.jpg"), Path("in/b_restored.png")]


def test_a_file_for_one_a_folder_for_several(tmp_path: Path) -> None:
    assert name_outputs([A], Path("x.png"), None, None)[0].output == Path("x.png")
    assert name_outputs([A], tmp_path, None, None)[0].output == tmp_path / "a.jpg"
    assert name_outputs([A], Path("new-folder"), None, None)[0].output == Path("new-folder/a.jpg")
    assert [task.output.name for task in name_outputs([A, B], Path("x.d"), None, None)] == ["a.jpg", "b.png"]


def test_sheets() -> None:
    assert name_outputs([A], None, Path("s.png"), None)[0].sheet == Path("s.png")
    sheets = [task.sheet for task in name_outputs([A, B], None, Path("s.png"), None)]
    assert sheets == [Path("s_a.png"), Path("s_b.png")]


@pytest.mark.parametrize(
    ("photos", "output", "sheet", "report", "uses"),
    [
        ([A, A], None, None, None, "the result of in/a.jpg and the result of in/a.jpg"),
        ([A], Path("o.png"), Path("o.png"), None, "the result of in/a.jpg and the compare sheet of in/a.jpg"),
        ([A], Path("o.png"), None, Path("o.png"), "the report and the result of in/a.jpg"),
        ([A, A.absolute()], Path("out"), None, None, "the result of in/a.jpg and the result of "),
        ([A, B], Path("out"), None, Path("out/b.png"), "the report and the result of in/b.bmp"),
    ],
)
def test_two_files_of_one_name_are_wrong_use(
    photos: list[Path], output: Path | None, sheet: Path | None, report: Path | None, uses: str
) -> None:
    with pytest.raises(PlanError) as caught:
        name_outputs(photos, output, sheet, report)
    assert uses in str(caught.value).replace(os.sep, "/")


def names(photos: list[str], output: str | None = "out", sheet: str | None = None) -> dict[str, str]:
    folder, drawing = (Path(path) if path else None for path in (output, sheet))
    tasks = name_outputs([Path(photo) for photo in photos], folder, drawing)
    assert [task.photo for task in tasks] == [Path(photo) for photo in photos]
    files = [task.sheet if sheet else task.output for task in tasks]
    return {photo: str(file).replace(os.sep, "/") for photo, file in zip(photos, files, strict=True)}


def test_photos_of_one_name_and_several_formats_get_names_with_their_format() -> None:
    assert names(["a.gif", "a.png", "b.gif", "a.bmp"]) == {
        "a.gif": "out/a_gif.png",
        "a.png": "out/a.png",
        "b.gif": "out/b.png",
        "a.bmp": "out/a_bmp.png",
    }
    assert names(["a.gif", "a.png"], None) == {"a.gif": "a_gif_restored.png", "a.png": "a_restored.png"}
    assert names(["p.tif", "p.png"], "out", "s.png") == {"p.tif": "s_p.png", "p.png": "s_p_png.png"}
    assert names(["p.tif", "p.png"]) == {"p.tif": "out/p.tif", "p.png": "out/p.png"}


def test_photos_of_one_name_from_several_folders_get_names_with_their_folder() -> None:
    assert names(["x/a.jpg", "y/a.jpg", "z/y/a.jpg", "y/b.jpg"]) == {
        "x/a.jpg": "out/a.jpg",
        "y/a.jpg": "out/a_y.jpg",
        "z/y/a.jpg": "out/a_y_2.jpg",
        "y/b.jpg": "out/b.jpg",
    }


def test_a_name_that_is_taken_already_is_not_taken_again() -> None:
    assert names(["a.gif", "a.png", "a_gif.png"], "out")["a.gif"] not in ("out/a.png", "out/a_gif.png")
    many = [f"{number}/x/a.jpg" for number in range(9)]
    assert len(set(names(many).values())) == 9


def test_a_result_that_is_named_after_its_format_is_no_photo_of_the_folder(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.gif", "a.png", "a_restored.png", "a_gif_restored.png")
    assert [path.name for path in find_photos([folder], None)] == ["a.gif", "a.png"]


def test_several_photos_do_not_fit_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(PlanError, match="For several photos the output is a folder"):
        name_outputs([A, B], tmp_path / "file", None, None)


@pytest.mark.parametrize("name", ["both.jpg", "both.TIF", "both.bmp"])
def test_a_folder_for_several_photos_has_no_name_of_a_picture(tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    with pytest.raises(PlanError, match="For several photos the output is a folder"):
        name_outputs([A, B], output, None, None)
    output.mkdir()
    assert name_outputs([A, B], output, None, None)[0].output == output / "a.jpg"


def test_a_folder_is_no_sheet_of_several_photos(tmp_path: Path) -> None:
    assert len(find_photos([fill(tmp_path, "a.jpg", "b.jpg")], Path("."))) == 2
    with pytest.raises(PlanError, match=r"is a folder.*for example sheet\.png"):
        name_outputs([A, B], None, Path("."), None)


def test_one_name_for_result_and_sheet_needs_another_name() -> None:
    with pytest.raises(PlanError, match="Choose another name"):
        name_outputs([A], Path("x9.jpg"), Path("x9.jpg"), None)
    with pytest.raises(PlanError, match="alone under another name"):
        name_outputs([A, A], None, None, None)


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    (folder / "inner.jpg").mkdir()
    return folder


def draw(path: Path) -> None:
    """Write a compare sheet, as an earlier run did."""
    write(as_sheet(np.zeros((4, 4, 3), np.uint8)), path)


def test_a_folder_stands_for_its_pictures(tmp_path: Path) -> None:
    folder = fill(tmp_path, "b.PNG", "a.jpg", ".hidden.jpg", "notes.txt", "a_restored.jpg")
    assert find_photos([A, folder], None) == (A, folder / "a.jpg", folder / "b.PNG")
    assert find_guides([folder], None) == (folder / "a.jpg", folder / "b.PNG")


def test_a_name_like_that_of_a_result_is_a_photo_where_its_source_is_not(tmp_path: Path) -> None:
    folder = fill(tmp_path, "oma_restored.jpg", "opa.bmp", "opa_restored.png")
    expected = (folder / "oma_restored.jpg", folder / "opa.bmp")
    assert find_photos([folder], None) == expected
    assert find_guides([folder], None) == expected


def test_an_earlier_sheet_is_neither_photo_nor_guide_of_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = fill(tmp_path, "a.jpg", "new.png")
    draw(folder / "sheet.png")
    monkeypatch.chdir(folder)
    expected = (Path("a.jpg"), Path("new.png"))
    assert find_guides([Path(".")], folder / "sheet.png") == expected
    assert find_photos([Path(".")], Path("sheet.png")) == expected


def test_a_photo_is_an_input_whatever_a_run_would_give_its_name(tmp_path: Path) -> None:
    scans, good = (tmp_path / name for name in ("scans", "good"))
    scans.mkdir()
    good.mkdir()
    fill(scans, "anna.jpg", "b.jpg", "sheet_b.jpg")
    fill(good, "anna.jpg", "y.jpg")
    tasks = plan([scans], [good], good, sheet=scans / "sheet.jpg")
    assert [task.photo.name for task in tasks] == ["anna.jpg", "b.jpg", "sheet_b.jpg"]
    assert tasks[0].guides == (good / "anna.jpg", good / "y.jpg")
    inputs = inputs_of(tasks)
    assert inputs.find(tasks[0].output) == good / "anna.jpg"
    assert inputs.find(scans / "sheet_b.jpg") is not None


def test_the_name_of_the_sheets_is_no_sheet(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.jpg", "b.jpg")
    tasks = plan([folder], [folder], tmp_path / "out", sheet=folder / "a.jpg")
    assert [task.photo.name for task in tasks] == ["a.jpg", "b.jpg"]
    assert [task.sheet and task.sheet.name for task in tasks] == ["a_a.jpg", "a_b.jpg"]


def test_a_guide_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"typo\.jpg does not exist") as caught:
        find_guides([fill(tmp_path, "a.jpg"), tmp_path / "typo.jpg"], None)
    assert caught.value.argument == "guides"


def test_pictures_of_unread_formats_are_noted_by_name_once_for_a_folder(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.jpg", "1.dng", "2.JXL", "3.cr2", "a.nef", ".4.dng", "notes.txt")
    heard: list[Noted] = []
    plan([folder], [folder / "a.jpg", folder], on_event=heard.append)
    are = f"pictures in {folder} are of formats that gfrnet does not read"
    assert heard == [Noted(f"3 {are} (1.dng, 2.JXL, 3.cr2): save them as JPEG or PNG.")]
    for name in ("5.psd", "6.psd"):
        (folder / name).touch()
    plan([folder], [folder], on_event=heard.append)
    assert heard[1] == Noted(f"5 {are} (1.dng, 2.JXL, 3.cr2 and 2 more): save them as JPEG or PNG.")


def test_heic_is_noted_with_its_extra_only_where_that_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, heard = fill(tmp_path, "a.jpg", "b.HEIC"), []
    readable = tuple(suffix for suffix in plan_module.READABLE_SUFFIXES if suffix != ".heic")
    monkeypatch.setattr(plan_module, "READABLE_SUFFIXES", readable)
    plan([folder], [folder], on_event=heard.append)
    assert str(heard[0].text).endswith("(b.HEIC): save it as JPEG or PNG, or install the extra heic.")
    monkeypatch.setattr(plan_module, "READABLE_SUFFIXES", (*readable, ".heic"))
    tasks = plan([folder], [folder], on_event=heard.append)
    assert [task.output.name for task in tasks] == ["a_restored.jpg", "b_restored.jpg"]
    assert len(heard) == 1


def test_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fill(tmp_path, "a.jpg"))
    assert find_photos([Path(".")], None) == (Path("a.jpg"),)


def test_sheets_beside_the_photos_are_no_photos(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.jpg", "b.jpg", "s_me.png")
    for name in ("s.png", "s_a.png", "s_b.png"):
        draw(folder / name)
    names = [path.name for path in find_photos([folder], folder / "s.png")]
    assert names == ["a.jpg", "b.jpg", "s_me.png"]


def test_results_given_by_name_are_photos() -> None:
    assert find_photos([Path("a_restored.jpg")], None) == (Path("a_restored.jpg"),)


def test_an_empty_folder_is_wrong_use(tmp_path: Path) -> None:
    folder = fill(tmp_path, "notes.txt")
    draw(folder / "sheet.png")
    with pytest.raises(PlanError, match="holds no picture") as caught:
        find_photos([folder], folder / "sheet.png")
    assert caught.value.argument == "photos"
    with pytest.raises(PlanError, match="holds no picture") as caught:
        find_guides([folder], folder / "sheet.png")
    assert caught.value.argument == "guides"


def test_a_folder_that_cannot_be_read_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(PlanError, match="Permission denied"):
        find_photos([tmp_path], None)


def test_places_belong_to_one_photo(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.jpg", "b.jpg")
    boxes = [Box(0, 0, 9, 9)]
    with pytest.raises(PlanError, match="alone") as caught:
        plan([folder], [A], places=boxes)
    assert caught.value.argument == "places"
    (task,) = plan([folder / "a.jpg"], [folder / "b.jpg"], places=boxes)
    assert task.places == tuple(boxes)


def test_every_task_has_all_guides(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.jpg", "b.jpg", "g.png")
    guide = folder / "g.png"
    tasks = plan([folder / "a.jpg", folder / "b.jpg"], [guide], tmp_path / "out")
    assert [task.guides for task in tasks] == [(guide,), (guide,)]


def test_tasks_made_by_hand_are_checked_for_collisions() -> None:
    tasks = [Task(A, Path("x.png")), Task(B, Path("x.png"))]
    with pytest.raises(PlanError, match="would be the result of") as caught:
        check_distinct(tasks)
    assert caught.value.advice == (Advice.CHOOSE_ANOTHER_NAME,)
    check_distinct(tasks[:1])


def test_an_error_of_a_plan_comes_whole_out_of_another_process() -> None:
    error = PlanError("x would be y", "output", advice=(Advice.CHOOSE_ANOTHER_NAME,))
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.argument, again.advice) == (str(error), error.argument, error.advice)
