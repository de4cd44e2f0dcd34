from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import typer
from typer.main import get_command

from gfrnet import images
from gfrnet.cli import app, main
from gfrnet.cli.advice import (
    COMMANDS,
    LEFT_OUT,
    OPTIONS,
    WORDLESS,
    explain,
    options_of,
    with_options,
    wrong_use,
)
from gfrnet.errors import Advice, GfrnetError, PlanError


def test_options_follow_the_message() -> None:
    error = GfrnetError("No face found.", advice=(Advice.GIVE_BOX, Advice.SEARCH_THOROUGHLY))
    assert explain(error) == "No face found. Options: --box left,top,width,height; --thorough."
    assert with_options("It exists.", (Advice.OVERWRITE,)) == "It exists. Option: --overwrite."


def test_commands_follow_the_options() -> None:
    advice = (Advice.BUILD_DATA, Advice.OVERWRITE)
    expected = "It is missing. Option: --overwrite. Command: gfrnet data build PHOTOS -o DST."
    assert with_options("It is missing.", advice) == expected
    words = [command.split()[1:3] for command in COMMANDS.values()]
    assert all(options_of(app, each) != options_of(app, []) for each in words)


def test_a_remedy_without_an_option_adds_nothing() -> None:
    assert with_options("Another person.", (Advice.CHOOSE_ANOTHER_GUIDE,)) == "Another person."
    assert with_options("All is well.", ()) == "All is well."


def test_a_remedy_may_be_an_option_to_leave_out() -> None:
    assert with_options("Not square.", (Advice.DETECT_FACES,)) == "Not square. Option: leave out --cropped."


def test_only_options_of_the_command_are_named() -> None:
    known = options_of(app, ["--debug", "data", "build", "src", "-o", "dst"])
    assert "--workers" in known
    assert "--box" not in known
    advice = (Advice.GIVE_BOX, Advice.ONE_WORKER)
    assert with_options("A process died.", advice, known) == "A process died. Option: --workers 1."
    assert "--box" in options_of(app, ["restore", "a.jpg", "-g", "b.jpg"])


def test_every_option_is_one_of_some_command() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    every = {
        option
        for command in (
            *commands.values(),
            *commands["album"].commands.values(),
            *commands["data"].commands.values(),
        )
        for parameter in command.params
        for option in parameter.opts
    }
    assert {text.split()[0] for text in OPTIONS.values()} | set(LEFT_OUT.values()) <= every


def test_every_advice_has_an_option_or_deliberately_none() -> None:
    kinds = [*OPTIONS, *LEFT_OUT, *COMMANDS, *WORDLESS]
    assert sorted(kinds) == sorted(Advice)


def test_a_plan_that_does_not_fit_together_is_wrong_use() -> None:
    with pytest.raises(typer.BadParameter, match="no such guide") as caught, wrong_use():
        raise PlanError("no such guide", "guides")
    assert caught.value.param_hint == "--guide"


def test_the_demo_names_no_option_that_it_has_not(
    tmp_path: Path, tiny_model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wall = images.write(images.Photo(np.full((300, 300, 3), 90, np.uint8)), tmp_path / "wall.png")
    monkeypatch.setattr("gfrnet.demo.pictures.PORTRAIT", wall)
    assert main(["demo", "-o", str(tmp_path / "demo"), "--model", str(tiny_model)]) == 1
    assert "No face found" in (err := capsys.readouterr().err)
    assert "Option" not in err
