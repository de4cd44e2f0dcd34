from __future__ import annotations

from pathlib import Path

import pytest
import typer

from gfrnet.cli.outputs import check_free, plan
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
    ("photos", "output", "sheet", "report"),
    [
        ([Path("x/a.jpg"), Path("y/a.jpg")], Path("out"), None, None),
        ([A, A], None, None, None),
        ([A], Path("o.png"), Path("o.png"), None),
        ([A], Path("o.png"), None, Path("o.png")),
    ],
)
def test_two_results_of_one_name_are_wrong_use(
    photos: list[Path], output: Path | None, sheet: Path | None, report: Path | None
) -> None:
    with pytest.raises(typer.BadParameter, match="2 results"):
        plan(photos, output, sheet, report)


def test_several_photos_do_not_fit_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(typer.BadParameter, match="need a folder"):
        plan([A, B], tmp_path / "file", None, None)


def test_an_existing_file_is_only_replaced_when_told(tmp_path: Path) -> None:
    check_free(tmp_path / "new", overwrite=False)
    with pytest.raises(WriteError, match="--overwrite"):
        check_free(tmp_path, overwrite=False)
    check_free(tmp_path, overwrite=True)
