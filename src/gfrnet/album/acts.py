"""Make decisions of what a person says about an album: names, merges, splits, answers."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gfrnet.album.album import Album
from gfrnet.album.decisions import (
    FIRST_YEAR,
    LAST_YEAR,
    Apart,
    Born,
    Decision,
    FaceKey,
    Named,
    NoFace,
    NotPerson,
    Renamed,
    Same,
    checked_name,
)
from gfrnet.album.model import SURE, AlbumFace, Person
from gfrnet.album.unknown import near_names, unknown_person
from gfrnet.album.words import count
from gfrnet.errors import PlanError

MOST_OTHERS = 100
"""Most faces that a face without a name is held apart from: the sharpest, which hold their group together."""

_FACE = re.compile(r"[0-9a-f]{2,32}-[0-9]{1,9}|.+:[0-9]{1,9}")
"""Form of the label of a face, or of a photo with the place of a face."""


@dataclass(eq=False)
class _Who:
    """Hold a person as the acts so far make them.

    Attributes:
        name: The name; None for a group without one.
        faces: Faces that surely show the person.
        suggested: Number of other faces that probably do.
    """

    name: str | None
    faces: list[AlbumFace]
    suggested: int = 0

    def firm(self) -> list[AlbumFace]:
        """Return the faces that are no guess of the program about a bad face."""
        return [face for face in self.faces if face.by != "likeness"] or self.faces

    def guesses(self) -> int:
        """Return the number of faces that are."""
        return len(self.faces) - len(self.firm()) + self.suggested

    def sharpest(self) -> list[AlbumFace]:
        return sorted(self.faces, key=lambda face: -face.sharpness)[:MOST_OTHERS]


@dataclass(frozen=True)
class Regrouped:
    """Say whom the program takes faces for after a step.

    Attributes:
        faces: Number of faces.
        left: Label of the person whom they left; empty where they were put together.
        now: Label of the person whom they show now; empty where nobody is known.
        named: Whether this person has a name.
    """

    faces: int
    left: str
    now: str
    named: bool


class Acts:
    """Gather what a person says about an album, and decide it as one step, which is taken back as one.

    Every method checks its words and returns a sentence on what it will do. Nothing holds before `decide`.
    A name that one act gives can be used by the next ones.

    >>> from gfrnet.album import Acts, Album
    >>> album = Album.open("photos")  # doctest: +SKIP
    >>> acts = Acts(album)  # doctest: +SKIP
    >>> acts.name("G12", "Anna")  # doctest: +SKIP
    'G12 is Anna now: 14 faces.'
    >>> acts.decide()  # doctest: +SKIP

    All methods raise a `PlanError` for words that fit nothing in the album. It says what would fit.

    Args:
        album: The album.
    """

    def __init__(self, album: Album) -> None:
        self._album = album
        self._known: dict[str, _Who] = {}
        self._decisions: list[Decision] = []
        self._moved: list[tuple[str, tuple[FaceKey, ...]]] = []
        self._doubtful: dict[str, None] = {}

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """Return what `decide` will write down."""
        return tuple(self._decisions)

    @property
    def doubtful(self) -> tuple[str, ...]:
        """Return the names under which faces come that only probably show the person."""
        return tuple(self._doubtful)

    def decide(self) -> tuple[Regrouped, ...]:
        """Write all down as one step. When this returns it is on the disk.

        Returns:
            Whom faces show now that left a person, or that were put together without a name.

        Raises:
            DataError: It cannot be written.
        """
        moved = tuple(self._moved)
        if self._decisions:
            self._album.decide(*self._decisions)
        for kept in (self._decisions, self._known, self._moved, self._doubtful):
            kept.clear()
        return tuple(found for left, keys in moved for found in self._regrouped(left, keys))

    def _regrouped(self, left: str, keys: Sequence[FaceKey]) -> Iterator[Regrouped]:
        """Yield whom faces show now."""
        now = Counter(face.person for face in self._album.faces_of(keys))
        for label, number in now.items():
            if label != left:
                named = label != "" and self._album.person(label).name is not None
                yield Regrouped(number, left, label, named)

    def person(self, label: str) -> Person:
        """Return a person of the album.

        Args:
            label: A name, or the number of a group such as ``G12``.
        """
        label = unicodedata.normalize("NFC", label.strip())
        try:
            return self._album.person(label)
        except PlanError as error:
            raise unknown_person(label, self._labels()) from error

    def name(self, label: str, name: str) -> str:
        """Give a person or a face a name. A group that gets the name of a person becomes part of that person.

        Args:
            label: A name, the number of a group such as ``G12``, or a face (`Album.face`).
            name: The name.
        """
        name = _checked(name)
        if self._find(label) is None and (_FACE.fullmatch(label) or os.path.isfile(label)):
            return self._name_face(label, name)
        who, other = self._person(label), self._find(name)
        if who.name == name:
            return f"{name} has this name already."
        near = "" if other else self._near_note(name, label)
        if who.name is None:
            self._decisions.append(Named(person=name, faces=self._keys(who.firm())))
        elif other is None:
            self._decisions.append(Renamed(person=who.name, to=name))
        else:
            raise PlanError(
                f"{name} is the name of another person. Merge the two if they are one, or choose another "
                "name."
            )
        number, guesses = len(who.firm()), self._guesses(who, name)
        self._join(other or _Who(name, []), who, name)
        if other:
            return f"{label} and {name} are one person now{guesses}."
        return f"{label} is {name} now: {count(number, 'face')}{guesses}.{near}"

    def merge(self, one: str, other: str) -> str:
        """Say that two people are one. If both have names, the first one is kept.

        Args:
            one: Label of a person.
            other: Label of the other.
        """
        first, second = self._two(one, other)
        if first.name is None and second.name is None:
            firm = [*first.firm(), *second.firm()]
            self._decisions.append(Same(faces=self._keys(firm)))
            self._moved.append(("", self._keys(firm)))
        elif first.name is not None and second.name is not None:
            self._decisions.append(Renamed(person=second.name, to=first.name))
        else:
            named, group = (first, second) if first.name is not None else (second, first)
            self._decisions.append(Named(person=str(named.name), faces=self._keys(group.firm())))
        name = first.name or second.name
        guesses = "" if name is None else self._guesses(second if first.name else first, name)
        self._join(first, second, other)
        first.name = name
        self._known[name or one] = first
        what = name or count(len(first.firm()), "face")
        return f"{one} and {other} are one person now: {what}{guesses}."

    def split(self, labels: Sequence[str]) -> str:
        """Say that faces show one person, who is not the one that they are taken for.

        Args:
            labels: Faces (`Album.face`).
        """
        faces = list({face.id: face for face in map(self._face, labels)}.values())
        ids = {face.id for face in faces}
        for label in dict.fromkeys(face.person for face in faces if face.person):
            who, mine = self._person(label), [face for face in faces if face.person == label]
            who.faces = [face for face in who.faces if face.id not in ids]
            if not who.faces:
                raise PlanError(f"These are all faces of {label}. Name those that show somebody else.")
            self._decisions.append(Apart(faces=self._keys(mine), others=self._keys(who.sharpest())))
            self._moved.append((label, self._keys(mine)))
        if len(faces) > 1:
            self._decisions.append(Same(faces=self._keys(faces)))
        whom = ", ".join(dict.fromkeys(face.person for face in faces if face.person)) or "anybody known"
        return (
            f"{count(len(faces), 'face')} {'shows' if len(faces) == 1 else 'show'} somebody else than {whom}."
        )

    def deny(self, face: str, label: str) -> str:
        """Say that a face does not show a person, for ever.

        Args:
            face: The face (`Album.face`).
            label: Label of the person.
        """
        shown, who = self._face(face), self._person(label)
        who.faces = [each for each in who.faces if each.id != shown.id]
        if who.name is not None:
            self._decisions.append(NotPerson(person=who.name, faces=self._keys([shown])))
        elif who.faces:
            self._decisions.append(Apart(faces=self._keys([shown]), others=self._keys(who.sharpest())))
        else:
            raise PlanError(f"{face} is the only face of {label}, so there is nobody else whom it shows.")
        if shown.person == label:
            self._moved.append((label, self._keys([shown])))
        return f"{face} does not show {label}."

    def confirm(self, face: str, label: str) -> str:
        """Say that a face shows a person.

        Args:
            face: The face (`Album.face`), such as one that is only suggested.
            label: Label of the person.
        """
        shown, who = self._face(face), self._person(label)
        if who.name is not None:
            self._decisions.append(Named(person=who.name, faces=self._keys([shown])))
        else:
            others = [each for each in who.faces if each.id != shown.id][:1]
            self._decisions.append(Same(faces=self._keys([shown, *others])))
        who.faces.append(shown)
        return f"{face} shows {label}."

    def born(self, label: str, year: int) -> str:
        """Say when a person was born. Older photos then do not show them.

        Args:
            label: Name of the person.
            year: The year, `FIRST_YEAR` to `LAST_YEAR`.
        """
        who = self._person(label)
        if who.name is None:
            raise PlanError(f"{label} has no name yet. Give a name first: the year of birth belongs to it.")
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise PlanError(f"{year} is no year of birth. Give one between {FIRST_YEAR} and {LAST_YEAR}.")
        self._decisions.append(Born(person=who.name, year=year))
        return f"{who.name} was born in {year}."

    def no_face(self, label: str) -> str:
        """Say that what was found is no face.

        Args:
            label: The face (`Album.face`).
        """
        self._decisions.append(NoFace(faces=self._keys([self._face(label)])))
        return f"{label} is no face."

    def answer(self, one: str, other: str, same: bool) -> str:
        """Answer whether two groups show one person.

        Args:
            one: Label of the one.
            other: Label of the other.
            same: Whether they do.
        """
        if same:
            return self.merge(one, other)
        left, right = self._two(one, other)
        if right.name is None:
            left, right = right, left
        keys = [self._keys(who.sharpest()) for who in (left, right)]
        self._decisions.append(Apart(faces=keys[0], others=keys[1]))
        return f"{one} and {other} are two people."

    def _name_face(self, label: str, name: str) -> str:
        face, near = self._face(label), self._near_note(name, label)
        self._decisions.append(Named(person=name, faces=self._keys([face])))
        who = self._find(name) or _Who(name, [])
        who.faces.append(face)
        self._known[name] = who
        return f"{label} shows {name}.{near}"

    def _join(self, into: _Who, who: _Who, label: str) -> None:
        """Let all labels of a person lead to another one, and one more."""
        into.faces += who.faces
        into.suggested += who.suggested
        for each in [each for each, known in self._known.items() if known is who]:
            self._known[each] = into
        self._known[label] = into

    def _guesses(self, who: _Who, name: str) -> str:
        """Return words on faces that come under a name as guesses; empty without any."""
        guesses = who.guesses()
        if guesses:
            self._doubtful[name] = None
        return f", and {guesses} probably" if guesses else ""

    def _two(self, one: str, other: str) -> tuple[_Who, _Who]:
        first, second = self._person(one), self._person(other)
        if first is second:
            raise PlanError(f"{one} and {other} are one person already. Name two people.")
        return first, second

    def _find(self, label: str) -> _Who | None:
        if label not in self._known:
            try:
                person = self._album.person(label)
            except PlanError:
                return None
            faces = list(self._album.faces(label, SURE))
            self._known[label] = _Who(person.name, faces, person.suggested)
        return self._known[label]

    def _person(self, label: str) -> _Who:
        label = unicodedata.normalize("NFC", label.strip())
        found = self._find(label)
        if found is None:
            raise unknown_person(label, self._labels())
        return found

    def _face(self, label: str) -> AlbumFace:
        if self._find(label) is not None and not os.path.isfile(label):
            raise PlanError(f"{label} is a person. Name a face: list those of {label}, and take its label.")
        return self._album.face(label)

    def _labels(self) -> list[str]:
        return [*(person.label for person in self._album.people()), *self._known]

    def _near_note(self, name: str, label: str) -> str:
        """Return a sentence on a name that differs little, which may be a slip."""
        near = [other for other in near_names(name, self._labels()) if other not in (name, label)]
        return f" Somebody else is called {near[0]}: merge the two if they are one." if near else ""

    def _keys(self, faces: Sequence[AlbumFace]) -> tuple[FaceKey, ...]:
        if not faces:
            raise PlanError("No face of this person is left. List the people, and begin anew.")
        return self._album.keys(faces)


def _checked(name: str) -> str:
    try:
        return checked_name(name)
    except ValueError as error:
        raise PlanError(str(error)) from error
