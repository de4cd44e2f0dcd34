from __future__ import annotations

import io

import pytest
from rich.console import Console

from gfrnet.cli import console
from gfrnet.cli.console import printable, say


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Zoë 家族.png", "Zoë 家族.png"),
        ("caf\udce9.png", r"caf\xe9.png"),
        ("half \ud83d", r"half \ud83d"),
        ("", ""),
    ],
)
def test_every_text_can_be_printed(text: str, expected: str) -> None:
    assert printable(text) == expected


def test_a_terminal_that_knows_few_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    narrow = Console(file=io.TextIOWrapper(raw, encoding="ascii", write_through=True))
    monkeypatch.setattr(console, "_OUT", narrow)
    say("Zoë :smile: [b]")
    assert raw.getvalue() == b"Zo\\xeb :smile: [b]\n"
