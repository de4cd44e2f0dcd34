"""Run ``gfrnet album people``: show who is on the photos, and take what a person says about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gfrnet.cli.advice import wrong_use
from gfrnet.cli.album_open import AlbumFolder, open_album, warn_of_damage
from gfrnet.cli.album_words import SEVERAL, Said
from gfrnet.cli.console import event_bar, remark, say
from gfrnet.cli.document import Json, show

if TYPE_CHECKING:
    from gfrnet.album import Album, AlbumFace, Person, Question
    from gfrnet.cli.documents import AlbumFaceLine, AlbumPeople


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
        bool, typer.Option("--all", help="List people of whom there is one face, too.")
    ] = False,
    nobody: Annotated[
        bool, typer.Option("--nobody", help="List the faces that belong to nobody, and what is no face.")
    ] = False,
    sheet: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write pictures of people, faces and questions into this folder."),
    ] = None,
    questions: Annotated[
        int | None,
        typer.Option(min=1, max=1000, metavar="N", help="Ask whether two groups are one person, N times."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="G12=Anna", help="Name a group or a face, or rename a person; repeatable."),
    ] = None,
    merge: Annotated[
        list[str] | None, typer.Option(metavar=SEVERAL["--merge"], help="Two people are one; repeatable.")
    ] = None,
    split: Annotated[
        list[str] | None,
        typer.Option(metavar=SEVERAL["--split"], help="Faces that are one other person; repeatable."),
    ] = None,
    confirm: Annotated[
        list[str] | None,
        typer.Option("--is", metavar=SEVERAL["--is"], help="The face is this person; repeatable."),
    ] = None,
    deny: Annotated[
        list[str] | None,
        typer.Option("--not", metavar=SEVERAL["--not"], help="It is not, for ever; repeatable."),
    ] = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(metavar=SEVERAL["--answer"], help="Answer a question; repeatable."),
    ] = None,
    born: Annotated[
        list[str] | None,
        typer.Option(metavar="Anna=1934", help="Year of birth: older photos show others; repeatable."),
    ] = None,
    no_face: Annotated[
        list[str] | None,
        typer.Option("--not-a-face", metavar="FACE", help="This is no face; repeatable."),
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back what the last command decided.")] = False,
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
    with open_album(album) as opened, wrong_use():
        warn_of_damage(opened)
        if opened.unread_decisions:
            remark(opened.unread_decisions)
        done = _decide(opened, said)
        taken_back = _undo(opened) if undo else ()
        seen = wanted.look(opened) if wanted or not (said or undo) else _Seen()
        if json:
            show(_document(opened, done, taken_back, seen))
            return
        _say_done(done, taken_back, undo)
        seen.say(wanted)


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

    def look(self, album: Album) -> _Seen:
        """Ask the album for what is to be listed, and write the sheets."""
        from gfrnet.album import Acts

        acts = Acts(album)
        people = tuple(map(acts.person, self.persons)) if self.persons else album.people()
        asked = album.questions(self.questions) if self.questions else ()
        faces = [face for person in people for face in album.faces(person.label)] if self.persons else []
        if self.nobody:
            faces += album.faces(by=("alone", "no face"))
        return _Seen(
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
class _Seen:
    """Hold what is listed.

    Attributes:
        people: People; None where nobody asked for them.
        faces: Faces of the people who were asked for, or of nobody.
        questions: Questions.
        sheets: Files that were written.
        alone: Number of faces that belong to nobody.
    """

    people: tuple[Person, ...] | None = None
    faces: tuple[AlbumFace, ...] = ()
    questions: tuple[Question, ...] = ()
    sheets: tuple[Path, ...] = ()
    alone: int = 0

    def say(self, wanted: _Wanted) -> None:
        """Print it."""
        if self.sheets:
            say(f"{len(self.sheets)} pictures. Begin with {self.sheets[0]}")
        if wanted.persons or wanted.nobody:
            self._say_faces()
        elif self.people is not None and not (wanted.sheet or wanted.questions):
            self._say_people(wanted.everybody)
        for question in self.questions:
            _say_question(question)
        if wanted.questions and not self.questions:
            say("There is nothing to ask.")

    def _say_people(self, everybody: bool) -> None:
        people = self.people or ()
        shown = [each for each in people if everybody or each.name or each.faces + each.suggested > 1]
        width = max((len(person.label) for person in shown), default=0)
        for person in shown:
            say(f"{person.label:<{width}}  {_about(person)}")
        if len(shown) < len(people):
            say(f"And {len(people) - len(shown)} of whom there is one face: --all lists them.")
        if self.alone:
            say(f"Faces that belong to nobody: {self.alone}. --nobody lists them.")
        if not people and not self.alone:
            say("No photo of this album shows a face.")

    def _say_faces(self) -> None:
        for person in self.people or ():
            say(f"{person.label}: {_about(person)}")
            for face in self.faces:
                if face.person == person.label:
                    say(f"  {_face_line(face)}")
        for face in self.faces:
            if not face.person:
                say(_face_line(face))


def counts(album: Album) -> tuple[int, int, int]:
    """Return the numbers of people with names, of groups without, and of faces."""
    everybody = album.people()
    named = sum(person.name is not None for person in everybody)
    return named, len(everybody) - named, sum(album.counts().values())


def _decide(album: Album, said: Said) -> tuple[str, ...]:
    from gfrnet.album import Acts

    acts = Acts(album)
    done = tuple(said.tell(acts))
    acts.decide()
    return done


def _undo(album: Album) -> tuple[str, ...]:
    from gfrnet.album import told

    return tuple(map(told, album.undo()))


def _say_done(done: Sequence[str], taken_back: Sequence[str], undo: bool) -> None:
    for sentence in done:
        say(sentence)
    if done:
        remark("Take it back with: gfrnet album people --undo")
    for sentence in taken_back:
        say(f"Taken back: {sentence}")
    if undo and not taken_back:
        say("There is nothing to take back.")


def _about(person: Person) -> str:
    parts = [f"born {person.born}"] if person.born is not None else []
    parts.append("1 face" if person.faces == 1 else f"{person.faces} faces")
    parts += [f"{person.suggested} perhaps"] if person.suggested else []
    return ", ".join(parts)


def _face_line(face: AlbumFace) -> str:
    from gfrnet.album import how_known

    return f"{face.label:<13} worn {face.worn:.2f}  {how_known(face):<20} {face.photo}"


def _say_question(question: Question) -> None:
    one, other = question.faces
    say(f"Is {question.one} the same person as {question.other}? Perhaps ({question.probability:.0%}).")
    say(f"  {one.photo}, face {one.label}; {other.photo}, face {other.label}")
    say(f'  Answer: gfrnet album people --answer "{question.one}" "{question.other}" yes (or no)')


def _document(album: Album, done: Sequence[str], taken_back: Sequence[str], seen: _Seen) -> AlbumPeople:
    from gfrnet.cli.documents import AlbumPeople, AlbumPerson, AlbumQuestion

    return AlbumPeople(
        album=album.folder,
        done=tuple(done),
        taken_back=tuple(taken_back),
        people=None if seen.people is None else tuple(map(AlbumPerson.model_validate, seen.people)),
        faces=tuple(_face_lines(seen.faces)),
        questions=tuple(
            AlbumQuestion(
                one=asked.one,
                other=asked.other,
                probability=asked.probability,
                faces=tuple(_face_lines(asked.faces)),
            )
            for asked in seen.questions
        ),
        sheets=seen.sheets,
    )


def _face_lines(faces: Sequence[AlbumFace]) -> Iterator[AlbumFaceLine]:
    from gfrnet.cli.documents import AlbumFaceLine

    for face in faces:
        yield AlbumFaceLine(
            label=face.label,
            photo=face.photo,
            box=face.box.as_tuple(),
            turn=face.turn,
            size=face.size,
            sharpness=face.sharpness,
            worn=face.worn,
            taken=None if face.taken is None else tuple(map(str, face.taken)),
            person=face.person,
            by=face.by,
            probability=face.probability,
            guide=face.guide,
        )
