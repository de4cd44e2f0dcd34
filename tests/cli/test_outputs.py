from __future__ import annotations

import os
from pathlib import Path

import pytest
import typer

from gfrnet.cli.outputs import check_free, find_guides, find_photos, plan, remark_on_unread
from gfrnet.errors import WriteError

A, B = Path("in/a.jpg"), Path("in/b.bmp")


def test_beside_the_photo() -> None:
    tasks = plan([A, B], None, None, None)
    assert [task.output for task in tasks] == [Path("in/a_restored.jpg"), Path("in/b_restored.png")]


def test_a_file_for_one_a_folder_for_several(tmp_path: Path) -> None:
    assert plan([A], Path("x.png"), None, None)[0].output == Path("x.png")
    assert plan([A], tmp_path, None, None)[0].output == tmp_path / "a.jpg"
    assert plan([A], Path("new-folder"), None, None)[0].output == Path("new-folder/a.jpg")
    assert [task.output.name for task in plan([A, B], Path("x.d"), None, None)] == ["a.jpg", "b.png"]


def test_sheets() -> None:
    assert plan([A], None, Path("s.png"), None)[0].sheet == Path("s.png")
    sheets = [task.sheet for task in plan([A, B], None, Path("s.png"), None)]
    assert sheets == [Path("s_a.png"), Path("s_b.png")]


@pytest.mark.parametrize(
    ("photos", "output", "sheet", "report", "uses"),
    [
        (
            [Path("x/a.jpg"), Path("y/a.jpg")],
            Path("out"),
            None,
            None,
            "the result of x/a.jpg and the result of y/a",
        ),
        ([A, A], None, None, None, "the result of in/a.jpg and the result of in/a.jpg"),
        ([A], Path("o.png"), Path("o.png"), None, "the result of in/a.jpg and the compare sheet of in/a.jpg"),
        ([A], Path("o.png"), None, Path("o.png"), "the report and the result of in/a.jpg"),
        ([Path("p.gif"), Path("p.png")], None, None, None, "the result of p.gif and the result of p.png"),
        (
            [Path("p.tif"), Path("p.png")],
            None,
            Path("s.png"),
            None,
            "s_p.png would be the compare sheet of p.tif and the compare sheet of p.png",
        ),
    ],
)
def test_two_files_of_one_name_are_wrong_use(
    photos: list[Path], output: Path | None, sheet: Path | None, report: Path | None, uses: str
) -> None:
    with pytest.raises(typer.BadParameter) as caught:
        plan(photos, output, sheet, report)
    assert uses in str(caught.value).replace(os.sep, "/")


def test_several_photos_do_not_fit_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(typer.BadParameter, match="For several photos -o is a folder"):
        plan([A, B], tmp_path / "file", None, None)


@pytest.mark.parametrize("name", ["both.jpg", "both.TIF", "both.bmp"])
def test_a_folder_for_several_photos_has_no_name_of_a_picture(tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    with pytest.raises(typer.BadParameter, match="For several photos -o is a folder"):
        plan([A, B], output, None, None)
    output.mkdir()
    assert plan([A, B], output, None, None)[0].output == output / "a.jpg"


def test_a_folder_is_no_sheet_of_several_photos(tmp_path: Path) -> None:
    assert len(find_photos([fill(tmp_path, "a.jpg", "b.jpg")], Path("."))) == 2
    with pytest.raises(typer.BadParameter, match=r"is a folder.*for example sheet\.png"):
        plan([A, B], None, Path("."), None)


def test_one_name_for_result_and_sheet_needs_another_name() -> None:
    with pytest.raises(typer.BadParameter, match="Choose another name"):
        plan([A], Path("x9.jpg"), Path("x9.jpg"), None)
    with pytest.raises(typer.BadParameter, match="alone under another name"):
        plan([A, A], None, None, None)


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).touch()
    (folder / "inner.jpg").mkdir()
    return folder


def test_a_folder_stands_for_its_pictures(tmp_path: Path) -> None:
    folder = fill(tmp_path, "b.PNG", "a.jpg", ".hidden.jpg", "notes.txt", "a_restored.jpg")
    assert find_photos([A, folder], None) == (A, folder / "a.jpg", folder / "b.PNG")
    assert find_guides([folder], None, ()) == (folder / "a.jpg", folder / "b.PNG")


def test_a_name_like_that_of_a_result_is_a_photo_where_its_source_is_not(tmp_path: Path) -> None:
    folder = fill(tmp_path, "oma_restored.jpg", "opa.bmp", "opa_restored.png")
    expected = (folder / "oma_restored.jpg", folder / "opa.bmp")
    assert find_photos([folder], None) == expected
    assert find_guides([folder], None, ()) == expected


def test_what_a_run_writes_is_no_guide_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = fill(tmp_path, "a.jpg", "b.jpg", "new.png", "sheet.png")
    tasks = plan([folder / "a.jpg"], folder / "new.png", folder / "sheet.png", None)
    monkeypatch.chdir(folder)
    assert find_guides([Path(".")], folder / "sheet.png", tasks) == (Path("a.jpg"), Path("b.jpg"))
    assert find_guides([Path("new.png")], None, tasks) == (Path("new.png"),)


def test_a_guide_that_does_not_exist_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(typer.BadParameter, match=r"typo\.jpg does not exist") as caught:
        find_guides([fill(tmp_path, "a.jpg"), tmp_path / "typo.jpg"], None, ())
    assert caught.value.param_hint == "--guide"


def test_pictures_of_unread_formats_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = fill(tmp_path, "a.jpg", "1.HEIC", "2.heic", "3.cr2", "a.nef", ".4.heic", "notes.txt")
    remark_on_unread([folder / "a.jpg", folder, folder, tmp_path / "none"])
    assert capsys.readouterr().err == (
        f"3 pictures in {folder} are of formats that gfrnet does not read (.cr2, .heic): "
        "save them as JPEG or PNG.\n"
    )


def test_the_present_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(fill(tmp_path, "a.jpg"))
    assert find_photos([Path(".")], None) == (Path("a.jpg"),)


def test_sheets_beside_the_photos_are_no_photos(tmp_path: Path) -> None:
    folder = fill(tmp_path, "a.jpg", "b.jpg", "s.png", "s_a.png", "s_b.png", "s_me.png")
    names = [path.name for path in find_photos([folder], folder / "s.png")]
    assert names == ["a.jpg", "b.jpg", "s_me.png"]


def test_results_given_by_name_are_photos() -> None:
    assert find_photos([Path("a_restored.jpg")], None) == (Path("a_restored.jpg"),)


def test_an_empty_folder_is_wrong_use(tmp_path: Path) -> None:
    folder = fill(tmp_path, "notes.txt", "sheet.png")
    with pytest.raises(typer.BadParameter, match="holds no picture") as caught:
        find_photos([folder], folder / "sheet.png")
    assert caught.value.param_hint == "PHOTO"
    with pytest.raises(typer.BadParameter, match="holds no picture") as caught:
        find_guides([folder], folder / "sheet.png", ())
    assert caught.value.param_hint == "--guide"


def test_a_folder_that_cannot_be_read_is_wrong_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(typer.BadParameter, match="Permission denied"):
        find_photos([tmp_path], None)


def test_an_existing_file_is_only_replaced_when_told(tmp_path: Path) -> None:
    check_free(tmp_path / "new", overwrite=False)
    with pytest.raises(WriteError, match="--overwrite"):
        check_free(tmp_path, overwrite=False)
    check_free(tmp_path, overwrite=True)
