"""Read what a person says about an album from the command line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer
from typer.core import TyperCommand, TyperGroup

if TYPE_CHECKING:
    from gfrnet.album import Acts

SEVERAL: dict[str, str] = {
    "--merge": "A B",
    "--not": "FACE PERSON",
    "--is": "FACE PERSON",
    "--answer": "A B yes|no",
    "--split": "FACE...",
}
"""Options that take several words, and what these are."""

_JOIN = "\0"
"""Sign between the words of one option. No word of a command line can hold it."""


_MEANT: dict[str, str] = {
    "name": "people --name G12=Anna",
    "rename": "people --name Anna=Anne",
    "merge": "people --merge A B",
    "split": "people --split FACE",
    "undo": "people --undo",
    "questions": "people --questions 10",
    "answer": "people --answer A B yes",
    "born": "people --born Anna=1934",
    "list": "people",
    "faces": "people PERSON",
    "sheet": "people --sheet DIR",
    "sheets": "people --sheet DIR",
    "pin": "guides PERSON --pin FACE",
    "ban": "guides PERSON --ban FACE",
}
"""Words that are no commands, and what somebody means who gives them as such."""


class AlbumCommands(TyperGroup):
    """Point out the option that somebody means who gives its name as a command."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:  # noqa: ANN401 - typer exports no such type
        """Find the command of these words.

        Raises:
            typer.BadParameter: The first word is that of an option.
        """
        if args and args[0] in _MEANT:
            raise typer.BadParameter(
                f"There is no command {args[0]!r}. Give: gfrnet album {_MEANT[args[0]]}", ctx=ctx
            )
        return super().resolve_command(ctx, args)


class PeopleCommand(TyperCommand):
    """Take options of several words more than once, which Typer alone does not."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - typer exports no such type
        """Join the words of each option into one before they are parsed."""
        return super().parse_args(ctx, list(_joined(args)))


def _joined(words: Sequence[str]) -> Iterator[str]:
    """Yield words, with those of one option joined.

    Raises:
        typer.BadParameter: An option has too few words.
    """
    left = list(words)
    while left:
        option, _, first = left.pop(0).partition("=")
        if option not in SEVERAL:
            yield f"{option}={first}" if _ else option
            continue
        taken = [first] if first else []
        wanted = SEVERAL[option].split()
        while left and not left[0].startswith("--") and (option == "--split" or len(taken) < len(wanted)):
            taken.append(left.pop(0))
        if len(taken) < len(wanted):
            raise typer.BadParameter(f"Words are missing: {option} {SEVERAL[option]}", param_hint=option)
        yield from (option, _JOIN.join(taken))


@dataclass(frozen=True)
class Said:
    """Hold what a command line says about people, as its options give it.

    Attributes:
        name: ``PERSON=NAME`` each.
        confirm: Face and person each.
        deny: Face and person each.
        split: Faces each.
        merge: Two people each.
        answer: Two people and ``yes`` or ``no`` each.
        born: ``PERSON=YEAR`` each.
        no_face: Faces.
    """

    name: Sequence[str]
    confirm: Sequence[str]
    deny: Sequence[str]
    split: Sequence[str]
    merge: Sequence[str]
    answer: Sequence[str]
    born: Sequence[str]
    no_face: Sequence[str]

    def __bool__(self) -> bool:
        """Return whether anything is said."""
        return any(getattr(self, field) for field in self.__dataclass_fields__)

    def tell(self, acts: Acts) -> Iterator[str]:
        """Tell it all, names first, and yield a sentence for each.

        Raises:
            PlanError: It fits nothing in the album.
            typer.BadParameter: Words of an option are wrong.
        """
        for text in self.name:
            yield acts.name(*_pair(text, "--name", "G12=Anna"))
        for text in self.confirm:
            yield acts.confirm(*text.split(_JOIN))
        for text in self.deny:
            yield acts.deny(*text.split(_JOIN))
        for text in self.split:
            yield acts.split(text.split(_JOIN))
        for text in self.merge:
            yield acts.merge(*text.split(_JOIN))
        for text in self.answer:
            one, other, word = text.split(_JOIN)
            yield acts.answer(one, other, _is_yes(word))
        for text in self.born:
            person, year = _pair(text, "--born", "Anna=1934")
            yield acts.born(person, _year(year))
        for face in self.no_face:
            yield acts.no_face(face)


def _pair(text: str, option: str, example: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not (left.strip() and equals and right.strip()):
        raise typer.BadParameter(f"{text!r} is not of the form {example}.", param_hint=option)
    return left.strip(), right.strip()


def _year(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) == 4):
        raise typer.BadParameter(f"{text!r} is no year, such as 1934.", param_hint="--born")
    return int(text)


def _is_yes(word: str) -> bool:
    if word.lower() not in ("yes", "no"):
        raise typer.BadParameter(f"{word!r} is neither yes nor no.", param_hint="--answer")
    return word.lower() == "yes"
