from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from gfrnet.cli import console, main
from gfrnet.cli.console import say


def test_a_terminal_that_knows_few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    narrow = Console(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    monkeypatch.setattr(console, "_OUT", narrow)
    say("Zoë :smile: [b]")
    assert raw.getvalue() == b"Zo\\xeb :smile: [b]\n"


def test_names_cannot_steer_the_terminal(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A short name stays on one line of the message.
    monkeypatch.chdir(tmp_path)
    name = "red\x1b[31m\x07.png"
    Path("bad.png").touch()
    for words in ((name, "-g", "bad.png"), ("bad.png", "-g", name)):
        assert main(["restore", *words]) != 0
        out, err = capfd.readouterr()
        assert "\x1b" not in out + err
        assert "red\\x1b" in err
