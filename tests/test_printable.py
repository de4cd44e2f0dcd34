from __future__ import annotations

import pytest

from gfrnet.printable import printable


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
