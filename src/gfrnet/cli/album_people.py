"""Run ``gfrnet album people``: show who is on the photos, and take what a person says about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.album_document import Seen, document
from gfrnet.cli.album_open import AlbumFolder, open_album, warn_of_damage, where
from gfrnet.cli.album_words import SEVERAL, Said
from gfrnet.cli.console import event_bar, remark, say
from gfrnet.cli.document import Json, show

if TYPE_CHECKING:
    from gfrnet.album import Album, AlbumFace, Person, Question, Regrouped


_LOOK, _SAY, _ASK, _BACK = "Look", "Say who is who", "Let the program ask", "Take back"
"""Headings of options in the help."""


def people(
    persons: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PERSON...",
            help="People by name or number: list their faces. None: list all people.",
            show_default=False,
        ),
    ] = None,
    album: AlbumFolder = None,
    everybody: Annotated[
        bool, typer.Option("--all", help="List people of whom there is one face, too.", rich_help_panel=_LOOK)
    ] = False,
    nobody: Annotated[
        bool,
        typer.Option(
            "--nobody",
            help="List the faces that belong to nobody, and what is no face.",
            rich_help_panel=_LOOK,
        ),
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="Write pictures of people, faces and questions into this folder.",
            rich_help_panel=_LOOK,
        ),
    ] = None,
    questions: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1000,
            metavar="N",
            help="Ask whether two groups are one person, N times.",
            rich_help_panel=_ASK,
        ),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(
            metavar="G12=Anna",
            help="Name a group or a face, or rename a person; repeatable.",
            rich_help_panel=_SAY,
        ),
    ] = None,
    merge: Annotated[
        list[str] | None,
        typer.Option(
            metavar=SEVERAL["--merge"], help="Two people are one; repeatable.", rich_help_panel=_SAY
        ),
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(
            metavar=SEVERAL["--split"],
            help="Faces that are one other person; repeatable.",
            rich_help_panel=_SAY,
        ),
    ] = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option(
            "--is", metavar=SEVERAL["--is"], help="The face is this person; repeatable.", rich_help_panel=_SAY
        ),
    ] = None,
    deny: Annotated[
        list[str] | None,
        typer.Option(
            "--not", metavar=SEVERAL["--not"], help="It is not, for ever; repeatable.", rich_help_panel=_SAY
        ),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(
            metavar=SEVERAL["--answer"], help="Answer a question; repeatable.", rich_help_panel=_ASK
        ),
    ] = None,
    born: Annotated[
        list[str] | None,
        typer.Option(
            metavar="Anna=1934",
            help="Year of birth: older photos show others; repeatable.",
            rich_help_panel=_SAY,
        ),
    ] = None,
    no_face: Annotated[
        list[str] | None,
        typer.Option(
            "--not-a-face", metavar="FACE", help="This is no face; repeatable.", rich_help_panel=_SAY
        ),
    ] = None,
    undo: Annotated[
        bool, typer.Option("--undo", help="Take back what the last command decided.", rich_help_panel=_BACK)
    ] = False,
    json: Json = False,
) -> None:
    """List the people on the photos, or say who is who. All that one command says is one step.

    A group without a name has a number, such as G12. A face has a label, such as 9f2c4a1b07-2: --sheet
    shows both. What you say holds for ever, whatever a later scan finds, until --undo takes it back.
    """
    said = Said(
        *(each or () for each in (name, confirm, deny, split, merge, answer, born, no_face)),
    )
    if undo and said:
        raise typer.BadParameter("Give it alone: it takes back the last command.", param_hint="--undo")
    wanted = _Wanted(tuple(persons or ()), everybody, nobody, sheet, questions)
    from gfrnet.album import base_of

    with open_album(album) as opened, wrong_use():
        warn_of_damage(opened)
        if opened.unread_decisions:
            remark(opened.unread_decisions)
        done = _decide(opened, said, album)
        taken_back = _undo(opened) if undo else ()
        seen = wanted.look(opened) if wanted or not (said or undo) else Seen()
        if json:
            show(document(opened, done, taken_back, seen))
            return
        _say_done(done, taken_back, undo, album)
        _Listing(seen, base_of(opened.roots), album).say(wanted)


@dataclass(frozen=True)
class _Wanted:
    """Hold what is to be listed."""

    persons: tuple[str, ...]
    everybody: bool
    nobody: bool
    sheet: Path | None
    questions: int | None

    def __bool__(self) -> bool:
        return bool(self.persons or self.everybody or self.nobody or self.sheet or self.questions)

    def look(self, album: Album) -> Seen:
        """Ask the album for what is to be listed, and write the sheets."""
        from gfrnet.album import Acts

        acts = Acts(album)
        people = tuple(map(acts.person, self.persons)) if self.persons else album.people()
        asked = album.questions(self.questions) if self.questions else ()
        faces = [face for person in people for face in album.faces(person.label)] if self.persons else []
        if self.nobody:
            faces += album.faces(by=("alone", "no face"))
        return Seen(
            None if self.nobody and not self.persons else people,
            tuple(faces),
            asked,
            self._sheets(album, people, asked) if self.sheet else (),
            album.counts()["alone"],
        )

    def _sheets(self, album: Album, people: Sequence[Person], asked: Sequence[Question]) -> tuple[Path, ...]:
        from gfrnet.album import write_sheets

        assert self.sheet is not None
        with event_bar("sheets") as on_event:
            return write_sheets(album, self.sheet, people if self.persons else None, asked, on_event=on_event)


@dataclass(frozen=True)
class _Listing:
    """Print what is listed.

    Attributes:
        seen: What is listed.
        base: Folder at which the paths of photos begin.
        album: The folder that ``--album`` named.
    """

    seen: Seen
    base: Path | None
    album: Path | None

    def say(self, wanted: _Wanted) -> None:
        """Print it."""
        seen = self.seen
        if seen.sheets:
            say(f"{len(seen.sheets)} pictures. Begin with {seen.sheets[0]}")
        elif wanted.sheet:
            say("No photo of this album shows a face, so there is nothing to draw.")
        if wanted.persons or wanted.nobody:
            self._say_faces(wanted.nobody)
        elif seen.people is not None and not (wanted.sheet or wanted.questions):
            self._say_people(wanted.everybody)
        for question in seen.questions:
            self._say_question(question)
        if wanted.questions and not seen.questions:
            say("There is nothing to ask.")

    def _say_people(self, everybody: bool) -> None:
        people = self.seen.people or ()
        shown = [each for each in people if everybody or each.name or each.faces + each.suggested > 1]
        width = max((len(person.label) for person in shown), default=0)
        for person in shown:
            say(f"{person.label:<{width}}  {_about(person)}")
        if len(shown) < len(people):
            say(f"And {len(people) - len(shown)} of whom there is one face: --all lists them.")
        if self.seen.alone:
            say(f"Faces that belong to nobody: {self.seen.alone}. --nobody lists them.")
        if not people and not self.seen.alone:
            say("No photo of this album shows a face.")

    def _say_faces(self, nobody: bool) -> None:
        for person in self.seen.people or ():
            say(f"{person.label}: {_about(person)}")
            for face in self.seen.faces:
                if face.person == person.label:
                    say(f"  {self._face_line(face)}")
        others = [face for face in self.seen.faces if not face.person]
        for face in others:
            say(self._face_line(face))
        if nobody and not others:
            say("There is no face that belongs to nobody.")

    def _face_line(self, face: AlbumFace) -> str:
        from gfrnet.album import below, how_known

        place = below(face.photo, self.base)
        return f"{face.label:<13} worn {face.worn:.2f}  {how_known(face):<20} {place}"

    def _say_question(self, question: Question) -> None:
        from gfrnet.album import below, in_question

        say(f"Is {question.one} the same person as {question.other}? {in_question(question.probability)}.")
        for label, face in zip((question.one, question.other), question.faces, strict=True):
            say(f"  {label}: {below(face.photo, self.base)}, face {face.label}")
        pair = f"{quote(question.one)} {quote(question.other)}"
        for word in ("yes", "no"):
            say(f"  {word + ':':<4} gfrnet album people{where(self.album)} --answer {pair} {word}")


def counts(album: Album) -> tuple[int, int, int]:
    """Return the numbers of people with names, of groups without, and of faces."""
    everybody = album.people()
    named = sum(person.name is not None for person in everybody)
    return named, len(everybody) - named, sum(album.counts().values())


def _decide(album: Album, said: Said, given: Path | None) -> tuple[str, ...]:
    from gfrnet.album import Acts

    acts = Acts(album)
    done, doubtful = list(said.tell(acts)), acts.doubtful
    for moved in acts.decide():
        done.append(_now(moved))
        if moved.now and not moved.named:
            remark(f"Name it with: gfrnet album people{where(given)} --name {moved.now}=NAME")
    for name in doubtful:
        remark(f"Look at those with: gfrnet album people{where(given)} {quote(name)}")
    return tuple(done)


def _now(moved: Regrouped) -> str:
    """Return a sentence on whom faces show after a step."""
    faces, verb = ("1 face", "is") if moved.faces == 1 else (f"{moved.faces} faces", "are")
    now = moved.now or "nobody known"
    return f"{faces} left {moved.left} and {verb} {now} now." if moved.left else f"{faces} {verb} {now} now."


def _undo(album: Album) -> tuple[str, ...]:
    from gfrnet.album import taken_back

    return tuple(taken_back(album, decision) for decision in reversed(album.undo()))


def _say_done(done: Sequence[str], taken_back: Sequence[str], undo: bool, album: Path | None) -> None:
    for sentence in done:
        say(sentence)
    if done:
        remark(f"Take it back with: gfrnet album people{where(album)} --undo")
    for sentence in taken_back:
        say(f"Taken back: {sentence}")
    if undo and not taken_back:
        say("There is nothing to take back.")


def _about(person: Person) -> str:
    parts = [f"born {person.born}"] if person.born is not None else []
    parts.append("1 face" if person.faces == 1 else f"{person.faces} faces")
    parts += [f"{person.suggested} perhaps"] if person.suggested else []
    return ", ".join(parts)
