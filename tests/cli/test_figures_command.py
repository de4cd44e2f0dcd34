"""``gfrnet figures`` as a user calls it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.cli import main
from gfrnet.nets import build_from, save_safetensors
from gfrnet.reproduce import figure_columns
from gfrnet.types import UInt8Image


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    root = tmp_path_factory.mktemp("photos")
    face = np.ascontiguousarray(portrait[40:210, 140:310])
    images.write(images.Photo(face), root / "face" / "degraded.png")
    images.write(images.Photo(np.ascontiguousarray(face[:, ::-1])), root / "face" / "guide.png")
    return root


@pytest.mark.parametrize("kind", ["comparison", "variants", "warped"])
def test_figures_of_pairs(
    kind: str, dataset: Path, tiny_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["gfrnet-slim"] if kind == "warped" else ["bicubic", str(tiny_model)]
    file = tmp_path / "new" / "figure.png"
    assert main(["figures", kind, *models, "--data", str(dataset), "--rows", "2", "-o", str(file)]) == 0
    assert f"Figure: {file}" in capsys.readouterr().out
    assert images.read(file).width == 8 + 264 * 5


def test_a_pair_a_scale_and_a_title_can_be_chosen(dataset: Path, tmp_path: Path) -> None:
    command = ["figures", "variants", "bicubic", "--data", str(dataset), "--pair", "p1/2.jpg"]
    for name, more in (
        ("a", []),
        ("b", ["--scale", "4"]),
        ("c", ["--protocol", "bicubic"]),
        ("d", ["--label", "x"]),
    ):
        assert main([*command, *more, "-o", str(tmp_path / f"{name}.png")]) == 0
    plain, scaled, bicubic, labelled = (images.read(tmp_path / f"{name}.png").pixels for name in "abcd")
    inputs, titles = np.s_[40:290, 8:264], np.s_[:30]
    assert (plain[inputs] != scaled[inputs]).any()
    assert (plain[inputs] != bicubic[inputs]).any()
    assert (plain[titles] != labelled[titles]).any()
    assert (plain[inputs] == labelled[inputs]).all()


@pytest.mark.parametrize("kind", ["real", "degradations"])
def test_figures_of_photos(kind: str, photos: Path, tmp_path: Path) -> None:
    file = tmp_path / "figure.png"
    assert main(["figures", kind, "bicubic", "--photos", str(photos), "-o", str(file)]) == 0
    assert images.read(file).width == 8 + 264 * (3 if kind == "real" else 2)


def test_a_photo_without_a_face_is_reported_and_left_out(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("degraded", "guide"):
        images.write(images.read(photos / "face" / f"{name}.png"), tmp_path / "in" / "face" / f"{name}.png")
        images.write(images.Photo(np.zeros((99, 99, 3), np.uint8)), tmp_path / "in" / "none" / f"{name}.png")
    command = [
        "figures",
        "real",
        "bicubic",
        "--photos",
        str(tmp_path / "in"),
        "-o",
        str(tmp_path / "figure.png"),
    ]
    assert main(command) == 1
    assert "none is left out. No face found" in capsys.readouterr().err
    assert images.read(tmp_path / "figure.png").width == 8 + 264 * 3
    (tmp_path / "in" / "face" / "guide.png").unlink()
    (tmp_path / "figure.png").unlink()
    assert main(command) == 1
    assert "nothing to draw" in capsys.readouterr().err
    assert not (tmp_path / "figure.png").exists()


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["variants", "bicubic", "--data", "DATA", "--pair", "p9/9.jpg"], 1, "no pair p9/9.jpg"),
        (["variants", "no-such", "--data", "DATA"], 1, "no-such"),
        (["warped", "bicubic", "--data", "DATA"], 1, "does not warp"),
        (["variants", "bicubic", "--data", "PHOTOS"], 1, "gfrnet data build"),
        (["real", "bicubic", "--photos", "DATA/none"], 1, "holds no folders"),
        (["variants", "--data", "DATA"], 2, "MODEL"),
        (["variants", "bicubic"], 2, "--data"),
        (["variants", "bicubic", "--photos", "PHOTOS"], 2, "--data"),
        (["real", "bicubic", "--data", "DATA"], 2, "--photos"),
        (["real", "bicubic", "--photos", "PHOTOS", "--scale", "4"], 2, "--scale"),
        (["variants", "bicubic", "--data", "DATA", "--pair", "p0/1.jpg", "--rows", "2"], 2, "--rows"),
        (["variants", "bicubic", "--data", "DATA", "--label", "a", "--label", "b"], 2, "--label"),
        (["other", "bicubic", "--data", "DATA"], 2, "other"),
    ],
)
def test_mistakes(
    words: list[str],
    code: int,
    message: str,
    dataset: Path,
    photos: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    places = {"DATA": str(dataset), "PHOTOS": str(photos), "DATA/none": str(dataset / "none")}
    file = tmp_path / "figure.png"
    assert main(["figures", *(places.get(word, word) for word in words), "-o", str(file)]) == code
    assert message in capsys.readouterr().err
    assert not file.exists()


def test_the_output_is_a_picture_and_no_input(
    dataset: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["figures", "variants", "bicubic", "--data", str(dataset), "-o", "figure.csv"]) == 1
    assert "no format that gfrnet writes" in capsys.readouterr().err
    for words, taken in (
        (["variants", "bicubic", "--data", str(dataset)], dataset / "crops" / "p0" / "0.png"),
        (["real", "bicubic", "--photos", str(photos)], photos / "face" / "guide.png"),
    ):
        before = taken.read_bytes()
        assert main(["figures", *words, "-o", str(taken), "--overwrite"]) == 1
        assert "is an input" in capsys.readouterr().err
        assert taken.read_bytes() == before


def test_an_existing_file_is_replaced_only_on_request(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "precious.png"
    file.write_text("precious")
    command = ["figures", "variants", "bicubic", "--data", str(dataset), "--rows", "1", "-o", str(file)]
    assert main(command) == 1
    assert "--overwrite" in capsys.readouterr().err
    assert file.read_text() == "precious"
    assert main([*command, "--overwrite"]) == 0
    assert images.read(file).width > 8


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a table with a few untrained rows."""
    folder = tmp_path_factory.mktemp("table")
    for name, network in {
        "unet": {"kind": "srcnn"},
        "minus_f": {"warpnet_width": 4, "recnet_width": 4},
        "full": {"warpnet_width": 4, "recnet_width": 4},
        "tdae": {"kind": "srcnn"},
        **{name: {"kind": "srcnn"} for name in ("mdncnn", "marcnn", "arcnn", "dncnn", "memnet", "vdsr")},
    }.items():
        save_safetensors(build_from(network), folder / "runs" / name / "model.safetensors")
    return folder


def test_a_figure_of_the_paper_has_the_rows_of_a_table_as_columns(
    table: Path, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["figures", "7", "--table", str(table), "--data", str(dataset), "--rows", "1"]
    assert main([*command, "-o", str(tmp_path / "7.png")]) == 0
    assert "the table lacks them: MDeblurGAN." in capsys.readouterr().err
    assert images.read(tmp_path / "7.png").width == 8 + 264 * 6  # input, guide, three rows, truth
    assert main([*command, "full", "-o", str(tmp_path / "full.png")]) == 0
    assert images.read(tmp_path / "full.png").width == 8 + 264 * 4


def test_a_figure_of_many_methods_is_broken_into_lines(table: Path, dataset: Path, tmp_path: Path) -> None:
    columns = figure_columns("6", table, ["arcnn", "marcnn", "dncnn", "mdncnn", "memnet", "tdae", "full"])
    assert columns.labels == ("DnCNN", "MemNet", "MDnCNN", "ARCNN", "MARCNN", "TDAE", "Ours (Full)")
    command = ["figures", "6", "--table", str(table), "--data", str(dataset), "--rows", "1"]
    rows = ["arcnn", "marcnn", "dncnn", "mdncnn", "memnet", "tdae", "full"]
    assert main([*command, *rows, "-o", str(tmp_path / "six.png")]) == 0
    assert images.read(tmp_path / "six.png").width == 8 + 264 * 5


def test_a_photo_is_restored_at_the_scale_that_a_method_has(
    table: Path, photos: Path, tmp_path: Path
) -> None:
    command = ["figures", "9", "tdae", "full", "--table", str(table), "--photos", str(photos)]
    assert main([*command, "-o", str(tmp_path / "9.png")]) == 0
    assert images.read(tmp_path / "9.png").width == 8 + 264 * 4


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["7"], "A number needs --table"),
        (["comparison"], "Name a model"),
        (["14", "--table", "."], "With --table give one of 1, 5"),
        (["7", "srcnn", "--table", "."], "Figure 7 has no column srcnn"),
        (["7", "--table", "none"], "holds no row of figure 7"),
        (["7", "--table", ".", "--label", "x"], "have titles"),
    ],
)
def test_wrong_figures_of_a_table_are_refused(
    words: list[str], message: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    more = ["--data", str(dataset), "-o", str(tmp_path / "x.png")]
    assert main(["figures", *words, *more]) in (1, 2)
    assert message in capsys.readouterr().err


def test_the_models_of_a_table_are_listed(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--table", str(table)]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = lines.index("MDnCNN, 4x and 8x, with a guide")
    assert lines[place + 1] == f"  --model {table / 'runs' / 'mdncnn'}"
    assert "TDAE, 8x, without a guide" in lines
    assert main(["models", "--table", str(table), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [model["title"] for model in listed["table"]][-2:] == ["Ours (Full)", "Ours (-F)"]
    assert listed["models"] == []
    assert main(["models", "--table", str(tmp_path)]) == 1
    assert "holds no run of table 1" in capsys.readouterr().err
