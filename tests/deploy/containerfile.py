"""Read a container file: its stages, and the steps of each."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"


@dataclass(frozen=True)
class Step:
    """Hold one instruction, such as ``RUN`` with its options and what follows them."""

    word: str
    options: dict[str, str]
    text: str

    @property
    def words(self) -> list[str]:
        """Return the words of an instruction: those of its JSON, or those between spaces."""
        return list(json.loads(self.text)) if self.text.startswith("[") else shlex.split(self.text)


@dataclass(frozen=True)
class Stage:
    """Hold a stage, by the image on which it stands and its name."""

    image: str
    name: str
    steps: list[Step] = field(default_factory=list)

    def only(self, word: str) -> Step:
        (found,) = (step for step in self.steps if step.word == word)
        return found

    @property
    def environment(self) -> dict[str, str]:
        given = (word.partition("=") for step in self.steps if step.word == "ENV" for word in step.words)
        return {name: value for name, _, value in given}


def stages(path: Path) -> list[Stage]:
    """Return the stages of a container file."""
    text = re.sub(r"^\s*#.*\n", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found: list[Stage] = []
    for line in re.sub(r"\\\n\s*", "", text).splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            image, _, name = rest.partition(" AS ")
            found.append(Stage(image, name))
        elif word and found:
            options, rest = _options(rest)
            found[-1].steps.append(Step(word, options, rest))
    return found


def _options(text: str) -> tuple[dict[str, str], str]:
    options = {}
    while match := re.match(r"--(\w[\w-]*)=(\S+)\s*", text):
        options[match[1]], text = match[2], text[match.end() :]
    return options, text


def health_command(stage: Stage) -> list[str]:
    """Return the command that tells whether a container is healthy."""
    kind, _, command = stage.only("HEALTHCHECK").text.partition(" ")
    assert kind == "CMD"
    return list(json.loads(command))
