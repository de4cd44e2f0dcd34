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
    assert without_controls("a\x1b[31m\x07\x9b.png\tb") == r"a\x1b[31m\x07\x9b.png" + "\tb"
    assert without_controls("Zoë 家族.png") == "Zoë 家族.png"


@pytest.mark.parametrize("sign", ["\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028", "\u2029"])
def test_a_name_never_takes_a_second_line(sign: str) -> None:
    shown = without_controls(f"a{sign}Error: forged.png")
    assert len(shown.splitlines()) == 1
    assert shown.startswith("a\\")


@pytest.mark.parametrize("sign", "\u061c\u200e\u200f\u202a\u202e\u2066\u2069")
def test_a_name_cannot_turn_the_direction_of_writing(sign: str) -> None:
    assert without_controls(f"a{sign}gpj.png") == f"a\\u{ord(sign):04x}gpj.png"
