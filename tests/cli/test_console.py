from __future__ import annotations

import io

import pytest
from rich.console import Console

from gfrnet.cli import console
from gfrnet.cli.console import say


def test_a_terminal_that_knows_few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    narrow = Console(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    monkeypatch.setattr(console, "_OUT", narrow)
    say("Zoë :smile: [b]")
    assert raw.getvalue() == b"Zo\\xeb :smile: [b]\n"
