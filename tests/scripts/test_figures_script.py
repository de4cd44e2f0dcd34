from __future__ import annotations

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from gfrnet.errors import DataError
from gfrnet.evaluate.report.summary import Summary, read_summary

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "figures.py"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def summary() -> Summary:
    """Make up figures of two contenders in PSNR and identity."""
    figures = {
        ("M", "", 4, ""): {"psnr": (26.921, 26.2, 27.55), "identity": (0.3515, 0.332, 0.3718)},
        ("M", "", 8, ""): {"psnr": (24.206, 23.59, 24.79), "identity": (0.4892, 0.4632, 0.5125)},
        ("bicubic", "", 4, ""): {"psnr": (24.96, 24.51, 25.39)},
        ("bicubic", "", 8, ""): {"psnr": (22.21, 21.88, 22.55)},
        ("M", "M:no-guide", 4, ""): {"psnr": (0.0945, 0.06, 0.15), "identity": (-0.0292, -0.0367, -0.0242)},
        ("M", "M:no-guide", 8, ""): {"psnr": (0.19, 0.15, 0.25), "identity": (-0.069, -0.086, -0.057)},
        ("M", "M:no-guide", 4, "below 10°"): {"psnr": (0.2, 0.1, 0.3)},
        ("M", "M:no-guide", 4, "london"): {"psnr": (1.43, 1.1, 1.82)},
    }
    lines = [
        {
            "table": "guide gap" if minus else "means",
            "scale": scale,
            "contender": contender.replace("M", "gfrnet-slim-int8"),
            "minus": minus.replace("M", "gfrnet-slim-int8"),
            "data": part if part == "london" else "",
            "pose_gap": "" if part == "london" else part,
            "pairs": 466,
            "of": 466,
            "figures": [
                {
                    "metric": name,
                    "mean": mean,
                    "low": low,
                    "high": high,
                    "p": 0.02 if minus else None,
                    "pairs": 466,
                }
                for name, (mean, low, high) in values.items()
            ],
        }
        for (contender, minus, scale, part), values in figures.items()
    ]
    return Summary.model_validate_json(
        json.dumps(
            {
                "schema_version": 1,
                "gfrnet": "9.9",
                "date": "2026-11-28",
                "machine": {"processor": "Abacus", "cores": 2},
                "protocol": "blind",
                "scales": [4, 8],
                "seed": 0,
                "people": 19,
                "pairs": 466,
                "data": [{"name": "london", "people": 9, "pairs": 9}],
                "models": [],
                "failures": [],
                "lines": lines,
            }
        )
    )


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("M, psnr, 4x", "26.92"),
        ("M, psnr, 4x / 8x", "26.92 / 24.21"),
        ("M, identity, 4x and 8x, digits 3", "0.351 and 0.489"),
        ("M, psnr, 8x, interval", "24.21 [23.59, 24.79]"),
        ("M minus M:no-guide, psnr, 4x / 8x", "+0.09 / +0.19"),
        (
            "M minus M:no-guide, identity, 4x, digits 3, interval",
            "\N{MINUS SIGN}0.029 [\N{MINUS SIGN}0.037, \N{MINUS SIGN}0.024]",
        ),
        ("M minus M:no-guide, identity, 4x, digits 3, size, interval", "0.029 [0.024, 0.037]"),
        ("M minus M:no-guide, identity, 4x, digits 3, size, low", "0.024"),
        ("M minus M:no-guide, identity, 4x, digits 3, high", "\N{MINUS SIGN}0.024"),
        ("M minus M:no-guide, psnr, 4x, p", "p = 0.020"),
        ("M minus M:no-guide, psnr, 4x, pose below 10°", "+0.20"),
        ("M minus M:no-guide, psnr, 4x, in london", "+1.43"),
        ("M minus bicubic, psnr, 4x / 8x", "+1.96 / +2.00"),
        ("pairs", "466"),
        ("people in london", "9"),
        ("date", "2026-11-28"),
        ("processor", "Abacus"),
    ],
)
def test_a_question_gives_its_figures(
    question: str, answer: str, script: dict[str, Any], summary: Summary
) -> None:
    assert script["answer"](question, summary) == answer


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("M, sharpness, 4x", "sharpness is no metric"),
        ("M, psnr", "is no scale"),
        ("M, psnr, 4x, bold", "bold is no option"),
        ("M, psnr, 2x", "no such value"),
        ("M:album, psnr, 4x", "no such value"),
        ("M minus bicubic, psnr, 4x, interval", "no such value"),
        ("weather", "weather is nothing to ask for"),
    ],
)
def test_a_question_without_an_answer_is_refused(
    question: str, message: str, script: dict[str, Any], summary: Summary
) -> None:
    with pytest.raises(DataError, match=message):
        script["answer"](question, summary)


def test_a_text_is_filled_in_at_its_marks_alone(script: dict[str, Any], summary: Summary) -> None:
    tables = {
        "gain": {"head": ["", "PSNR", "more"], "columns": [", psnr, 4x", " minus bicubic, psnr, 4x"]}
        | {"rows": [["small", "bicubic"], ["ours", "M"], ["absent", "M:0"]]}
    }
    text = (
        "It was 3.00 and is <!-- figure: M, psnr, 4x -->old<!-- end --> dB.\n\n"
        "<!-- figures: gain -->\nold\n<!-- end -->\n\nThe end.\n"
    )
    filled = script["fill"](text, summary, tables, Path("page.md"))
    assert filled == (
        "It was 3.00 and is <!-- figure: M, psnr, 4x -->26.92<!-- end --> dB.\n\n"
        "<!-- figures: gain -->\n\n"
        "|  | PSNR | more |\n|---|---|---|\n| small | 24.96 |  |\n"
        "| ours | 26.92 | +1.96 |\n| absent | \N{EN DASH} | \N{EN DASH} |\n\n"
        "<!-- end -->\n\nThe end.\n"
    )
    assert script["fill"](filled, summary, tables, Path("page.md")) == filled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("<!-- figure: M, psnr, 4x -->1", "page.md: <!-- figure: M, psnr, 4x --> has no end"),
        ("<!-- figure: M, psnr, 4x -->1 <!-- figure: pairs -->2<!-- end -->", "4x --> has no end"),
        ("<!-- figures: all the rest --><!-- end -->", "There is no table all the rest"),
        (
            "<!-- figure: M, psnr, 9x --><!-- end -->",
            "page.md: <!-- figure: M, psnr, 9x --> cannot be filled in",
        ),
    ],
)
def test_a_wrong_mark_is_named(text: str, message: str, script: dict[str, Any], summary: Summary) -> None:
    with pytest.raises(DataError, match=message):
        script["fill"](text, summary, {}, Path("page.md"))


def test_every_document_and_the_catalogue_have_the_figures_of_the_evaluation() -> None:
    done = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_figure_is_noticed_and_filled_in(
    script: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (script["SOURCE"], script["TEMPLATES"], script["CATALOGUE"]):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    page = tmp_path / "README.md"
    page.write_text("<!-- figure: M, psnr, 4x -->99.99<!-- end -->\n", encoding="utf-8")
    assert script["main"](["--check"], tmp_path) == 1
    assert "README.md differs from docs/results/gfrnet-slim.json" in capsys.readouterr().err
    assert "99.99" in page.read_text(encoding="utf-8")
    assert script["main"]([], tmp_path) == 0
    assert "99.99" not in page.read_text(encoding="utf-8")
    assert script["main"](["--check"], tmp_path) == 0


def test_the_summary_of_the_release_is_that_of_the_models_in_the_package() -> None:
    from gfrnet.weights import MODELS

    measured = {
        model.name: model.sha256 for model in read_summary(ROOT / "docs/results/gfrnet-slim.json").models
    }
    for model in MODELS:
        assert measured[model.name] == model.sha256
