from __future__ import annotations

import pytest

from gfrnet.printable import printable, without_controls


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


def test_a_terminal_gets_no_control_characters_of_names() -> None:
    assert without_controls("a\x1b[31m\x07\r\x9b.png\tb\n") == r"a\x1b[31m\x07\x0d\x9b.png" + "\tb\n"
    assert without_controls("Zoë 家族.png") == "Zoë 家族.png"
