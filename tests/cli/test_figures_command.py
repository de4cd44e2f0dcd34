"""``gfrnet figures`` as a user calls it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.cli import main
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
