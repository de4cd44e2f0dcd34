from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "prose.py"
WORDS = "one two three four five six seven eight nine ten " * 2


@pytest.fixture(scope="module")
def prose() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def found(prose: dict[str, Any], source: str, folder: Path) -> list[str]:
    path = folder / "code.py"
    path.write_text(source, encoding="utf-8")
    return [f"{line}: {message}" for line, message in prose["findings"](path)]


@pytest.mark.parametrize(
    "docstring", ["Return a value.", "Train, then export.", "Hold\n    what is known.", "Name the person."]
)
def test_a_docstring_that_begins_with_a_verb_passes(
    docstring: str, prose: dict[str, Any], tmp_path: Path
) -> None:
    source = f'"""Do it."""\n\ndef f():\n    """{docstring}"""\n\nclass C:\n    """{docstring}"""\n'
    assert found(prose, source, tmp_path) == []


@pytest.mark.parametrize(
    "docstring", ["The value.", "Returns a value.", "(N, 3) points.", "Name of a person."]
)
def test_any_other_first_word_is_found(docstring: str, prose: dict[str, Any], tmp_path: Path) -> None:
    text = f'"""{docstring}"""'
    source = f"{text}\n\nclass C:\n    {text}\n\n    def _f(self):\n        {text}\n"
    assert [line.split(":")[0] for line in found(prose, source, tmp_path)] == ["1", "4", "7"]


def test_constants_may_be_described_by_nouns_but_not_at_length(prose: dict[str, Any], tmp_path: Path) -> None:
    assert found(prose, '"""Do it."""\nA = 1\n"""Side in pixels."""\n', tmp_path) == []
    assert "21 words" in found(prose, f'"""Do it."""\nA = 1\n"""{WORDS}more."""\n', tmp_path)[0]


@pytest.mark.parametrize(
    "text",
    [
        f"Do this. A{WORDS.strip()}.",
        "Do this.\n\n    Args:\n        a: {0}.\n        b: {0}.".format(WORDS.strip()),
        "Do this.\n\n    - {0}\n    - {0}".format(WORDS.strip()),
        f"Do ``{WORDS}`` and ``{WORDS}``.",
        f"Do this.\n\n    >>> {WORDS}{WORDS}",
        f"Do this:\n\n        {WORDS}{WORDS}\n\n    so that it works.",
        f"Do this.\n\n    ```\n    {WORDS}{WORDS}\n    ```",
    ],
)
def test_short_sentences_entries_code_and_formulas_pass(
    text: str, prose: dict[str, Any], tmp_path: Path
) -> None:
    assert found(prose, f'"""Do it."""\n\ndef f():\n    """{text}"""\n', tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        f"Do {WORDS}.",
        f"Do this.\n\n    {WORDS}\n    more.",
        f"Do this, e.g. {WORDS}.",
        f"Do this.\n\n    Args:\n        a: {WORDS}\n            more.",
        f"Do this.\n\n    Returns:\n        {WORDS}\n        more.",
        f"Do this.\n\n    - {WORDS}\n      more.",
    ],
)
def test_a_long_sentence_is_found_wherever_it_stands(
    text: str, prose: dict[str, Any], tmp_path: Path
) -> None:
    assert len(found(prose, f'"""Do it."""\n\ndef f():\n    """{text}"""\n', tmp_path)) == 1


def test_comments_of_several_lines_are_one_text(prose: dict[str, Any], tmp_path: Path) -> None:
    half = "a b c d e f g h i j k"
    assert len(found(prose, f'"""Do it."""\n# {half}\n# {half}\nA = 1\n', tmp_path)) == 1
    assert found(prose, f'"""Do it."""\n# {half}.\n# And {half}\nA = 1  # {half}\n', tmp_path) == []


def test_the_exit_code_says_whether_anything_was_found(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text('"""Do it."""\n')
    (tmp_path / "bad.py").write_text('"""Something."""\n')
    runs = [
        subprocess.run([sys.executable, SCRIPT, tmp_path / name], capture_output=True, check=False, text=True)
        for name in ("good.py", "")
    ]
    assert [run.returncode for run in runs] == [0, 1]
    assert "bad.py:1: module" in runs[1].stdout
