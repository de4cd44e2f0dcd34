from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from gfrnet.errors import WriteError
from gfrnet.images import Photo, check_output, read, write, write_text
from gfrnet.images.write import Inputs
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]


@pytest.mark.parametrize("name", ["p", "p.txt", "p.bmp", ".png"])
def test_an_unknown_suffix_is_refused(name: str, tmp_path: Path, smooth: Make) -> None:
    with pytest.raises(WriteError, match=r"Use \.jpg, \.jpeg, \.jfif, \.png, \.webp, \.tif, \.tiff, \.avif"):
        write(Photo(smooth()), tmp_path / name)


def test_the_folder_is_made_and_names_may_be_of_any_language(tmp_path: Path, smooth: Make) -> None:
    path = tmp_path / "Ausgabe" / "家族" / ("ü" * 120 + ".png")
    assert write(Photo(smooth()), path) == path
    assert (read(path).pixels == smooth()).all()
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_the_permissions_are_those_of_any_new_file(tmp_path: Path, smooth: Make) -> None:
    (tmp_path / "other").write_text("")
    path = write(Photo(smooth()), tmp_path / "p.png")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode


def test_an_input_is_never_overwritten(tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(Photo(smooth()), tmp_path / "p.png")
    before = source.read_bytes()
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "link.png").symlink_to(source)
    (tmp_path / "hard.png").hardlink_to(source)
    monkeypatch.chdir(tmp_path)
    for name in ("p.png", "./p.png", "folder/p.png", "none/../p.png", "link.png", "hard.png", str(source)):
        with pytest.raises(WriteError, match=r"is an input .* Choose another name"):
            write(Photo(smooth()), name, inputs=[source])
        with pytest.raises(WriteError, match="is an input"):
            write_text("report", name, inputs=[str(source)])
        with pytest.raises(WriteError, match="is an input"):
            write(read(source), name)
    assert source.read_bytes() == before


def test_an_input_is_recognised_in_another_case(
    tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On a disk that does not tell cases apart, the system says that both names are one file.
    source = write(Photo(smooth()), tmp_path / "p.png")
    stat = os.stat

    def stat_in_any_case(path: Path | str, **options: bool) -> os.stat_result:
        return stat(source if str(path).lower() == str(source).lower() else path, **options)

    monkeypatch.setattr(os, "stat", stat_in_any_case)
    with pytest.raises(WriteError, match="is an input"):
        write(Photo(smooth()), tmp_path / "P.PNG", inputs=[source])


def test_inputs_are_looked_up_once(tmp_path: Path, smooth: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [write(Photo(smooth()), tmp_path / f"{number}.png") for number in range(50)]
    inputs = Inputs(sources)
    looked_up: list[str] = []
    for name in ("stat", "lstat"):
        look = getattr(os, name)
        monkeypatch.setattr(
            os, name, lambda path, look=look, **o: (looked_up.append(str(path)), look(path, **o))[1]
        )
    check_output(Photo(smooth()), tmp_path / "new.png", inputs)
    assert not {str(source) for source in sources} & set(looked_up)
    with pytest.raises(WriteError, match=r"is an input .*7\.png"):
        check_output(Photo(smooth()), tmp_path / "7.png", inputs)


def test_another_file_with_the_number_of_a_lost_input_is_no_input(tmp_path: Path, smooth: Make) -> None:
    source = write(Photo(smooth()), tmp_path / "p.png")
    inputs = Inputs([source])
    source.rename(tmp_path / "q.png")
    assert inputs.find(tmp_path / "q.png") is None
    assert inputs.find(source) == source


def test_a_folder_that_cannot_be_made_or_stands_for_the_file_is_refused_before_the_work(
    tmp_path: Path, smooth: Make
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.png").mkdir()
    check_output(Photo(smooth()), tmp_path / "new" / "folder" / "p.png")
    with pytest.raises(WriteError, match="is a folder"):
        check_output(Photo(smooth()), tmp_path / "folder.png")
    with pytest.raises(WriteError, match="file is a file"):
        check_output(Photo(smooth()), tmp_path / "file" / "new" / "p.png")


def test_an_input_that_is_gone_is_still_recognised(tmp_path: Path, smooth: Make) -> None:
    with pytest.raises(WriteError, match="is an input"):
        write(Photo(smooth()), tmp_path / "p.png", inputs=[tmp_path / "x" / ".." / "p.png"])


def test_an_older_result_is_replaced(tmp_path: Path, smooth: Make) -> None:
    write(Photo(smooth()), tmp_path / "p.png")
    write(Photo(255 - smooth()), tmp_path / "p.png", inputs=[tmp_path / "other.png"])
    assert (read(tmp_path / "p.png").pixels == 255 - smooth()).all()


def test_check_output_refuses_before_the_work(tmp_path: Path, smooth: Make) -> None:
    photo = Photo(smooth(), path=tmp_path / "p.png")
    check_output(photo, tmp_path / "q.png", [tmp_path / "guide.png"])
    for name in ("p.png", "guide.png", "q.docx"):
        with pytest.raises(WriteError):
            check_output(photo, tmp_path / name, [tmp_path / "guide.png"])
    assert list(tmp_path.iterdir()) == []


def test_write_text(tmp_path: Path) -> None:
    path = write_text('{"name": "Zoë"}', tmp_path / "new" / "report.json")
    assert path.read_text(encoding="utf-8") == '{"name": "Zoë"}'
    assert len(list(path.parent.iterdir())) == 1


def test_a_folder_that_is_a_file_and_a_file_that_is_a_folder(tmp_path: Path, smooth: Make) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(WriteError, match=r"cannot be written"):
        write(Photo(smooth()), tmp_path / "file" / "p.png")
    with pytest.raises(WriteError, match=r"is a folder. Give the name of a file"):
        write(Photo(smooth()), tmp_path / "folder.png")
    assert (tmp_path / "file").read_text() == "precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]
