from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gfrnet import images
from gfrnet.cli import main
from gfrnet.degradation import Recipe, degrade
from gfrnet.images import Photo
from gfrnet.types import UInt8Image


@pytest.fixture
def photo(tmp_path: Path, portrait: UInt8Image) -> Path:
    return images.write(Photo(portrait[:200, 100:300], icc=None), tmp_path / "good.png")


def run(photo: Path, name: str, *options: str) -> UInt8Image:
    output = photo.with_name(name)
    assert main(["degrade", str(photo), "-o", str(output), *options]) == 0
    return images.read(output).rgb8


def test_the_options_are_the_recipe(photo: Path) -> None:
    pixels = run(
        photo, "a.png", "--blur", "1.5", "--scale", "4", "--noise", "3", "--jpeg", "30", "--seed", "7"
    )
    recipe = Recipe(blur=1.5, scale=4, noise=3, jpeg=30, seed=7)
    np.testing.assert_array_equal(pixels, degrade(images.read(photo).rgb8, recipe))


def test_a_drawn_recipe_is_printed_and_repeats(photo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run(photo, "a.png", "--seed", "5")
    printed = capsys.readouterr().out.split(": ")[1].split()
    assert (run(photo, "b.png", *printed) == first).all()
    assert (run(photo, "c.png", "--seed", "6") != first).any()


def test_small_is_not_enlarged(photo: Path) -> None:
    assert run(photo, "a.png", "--scale", "4", "--small").shape == (50, 50, 3)


def test_grey_stays_grey(tmp_path: Path, portrait: UInt8Image) -> None:
    grey = np.repeat(portrait[:100, :100, :1], 3, axis=2)
    path = images.write(Photo(grey, grey=True), tmp_path / "grey.png")
    run(path, "a.png", "--noise", "7")
    assert images.read(tmp_path / "a.png").grey


def test_wrong_use(photo: Path) -> None:
    assert main(["degrade", str(photo), "-o", "x.png", "--scale", "0.5"]) == 2
    assert main(["degrade", str(photo), "-o", "x.png", "--blur", "1", "--seed", str(2**63)]) == 2


def test_files_are_not_replaced(photo: Path) -> None:
    before = photo.read_bytes()
    assert main(["degrade", str(photo), "-o", str(photo), "--overwrite"]) == 1
    assert photo.read_bytes() == before
    run(photo, "a.png", "--scale", "2")
    assert main(["degrade", str(photo), "-o", str(photo.with_name("a.png"))]) == 1
    assert run(photo, "a.png", "--scale", "4", "--overwrite").shape == (200, 200, 3)
