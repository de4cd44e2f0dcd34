"""Find out what all decisions together say about the faces that are known now.

Decisions are taken one after the other, and the latest word on a face counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from gfrnet.album.decisions import (
    Apart,
    AsGuide,
    Born,
    Decided,
    FaceKey,
    Named,
    NoFace,
    NotPerson,
    Renamed,
    Same,
)

Find: TypeAlias = Callable[[FaceKey], int | None]
"""Function that returns the row of a face; None where it is not known now."""


@dataclass
class Resolved:
    """Hold what people decided, by the rows of faces.

    Attributes:
        names: Name of a face's person.
        not_person: Names that a face never gets.
        together: Sets of faces of one person each, which have no face in common.
        apart: Pairs of sets. No face of one shows the person of any face of the other.
        no_face: What is no face.
        guides: ``pinned`` or ``banned``.
        born: Year of birth by name.
        renamed: New name by each former one, which files may still hold.
        waiting: Faces of decisions that are not known now, because their photo is not there.
    """

    names: dict[int, str] = field(default_factory=dict)
    not_person: dict[int, set[str]] = field(default_factory=dict)
    together: list[set[int]] = field(default_factory=list)
    apart: list[tuple[set[int], set[int]]] = field(default_factory=list)
    no_face: set[int] = field(default_factory=set)
    guides: dict[int, str] = field(default_factory=dict)
    born: dict[str, int] = field(default_factory=dict)
    renamed: dict[str, str] = field(default_factory=dict)
    waiting: int = 0

    def named(self, name: str, faces: Iterable[int]) -> None:
        """Give faces a name, and those that are surely the same person.

        It overrules that the faces are not this person, or are no faces. A face leaves others that are not
        this person.
        """
        faces = set(faces)
        self.no_face -= faces
        for face in faces:
            others = self._group(face) - faces
            if any(self._contradicts(other, name) for other in others):
                self._leave({face})
            self.not_person.get(face, set()).discard(name)
        for face in set().union(faces, *(self._group(face) for face in faces)):
            self.names[face] = name
        self._rejoin(self._with_name(name))

    def same(self, faces: set[int]) -> None:
        """Put faces together, and all that are surely the same person. They get the name that most have.

        It overrules that they are no faces.
        """
        merged = set().union(faces, *(self._group(face) for face in faces))
        self.no_face -= merged
        if len(merged) < 2:
            return
        self.together = [group for group in self.together if not group & merged]
        self.together.append(merged)
        known = Counter(self.names[face] for face in sorted(merged) if face in self.names)
        name = known.most_common(1)[0][0] if known else None
        refused = set().union(*(self.not_person.get(face, set()) for face in merged)) - {name}
        for face in merged:
            self.not_person[face] = set(refused)
            if name is not None:
                self.names[face] = name
        self._rejoin(merged if name is None else self._with_name(name))

    def part(self, left: set[int], right: set[int]) -> None:
        """Hold faces apart from others. Where both had one name, or were together, the first ones leave."""
        left = left - right
        if not left or not right:
            return
        beside = set().union(right, *(self._group(face) for face in right))
        self._leave({face for face in left if self._group(face) & beside})
        owners = {self.names[face] for face in beside if face in self.names}
        for face in left:
            if self.names.get(face) in owners:
                del self.names[face]
            self.not_person.setdefault(face, set()).update(owners)
        self.apart.append((left, right))

    def deny(self, name: str, faces: Iterable[int]) -> None:
        """Say that faces are not this person, and neither are those that are surely the same person."""
        faces = set(faces)
        self._leave({face for face in faces if self.names.get(face) == name})
        for face in set().union(faces, *(self._group(face) for face in faces)):
            if self.names.get(face) == name:
                del self.names[face]
            self.not_person.setdefault(face, set()).add(name)

    def rename(self, name: str, to: str) -> None:
        """Give a person another name, with all that was said of the person."""
        for names in self.not_person.values():
            if name in names:
                names.discard(name)
                names.add(to)
        for face, owner in self.names.items():
            if owner == name:
                self.names[face] = to
                self.not_person.get(face, set()).discard(to)
        self.renamed = {old: to if new == name else new for old, new in self.renamed.items()} | {name: to}
        self.renamed.pop(to, None)
        self._rejoin(self._with_name(to))
        year = self.born.pop(name, None)
        if year is not None:
            self.born.setdefault(to, year)

    def _group(self, face: int) -> set[int]:
        """Return the faces that are surely the same person as a face, and itself."""
        return next((group for group in self.together if face in group), {face})

    def _leave(self, faces: set[int]) -> None:
        """Take faces out of their groups. Those that were in one group stay together."""
        for group in list(self.together):
            leaving = group & faces
            if leaving:
                self.together.remove(group)
                self.together += [part for part in (group - leaving, leaving) if len(part) > 1]

    def _contradicts(self, face: int, name: str) -> bool:
        """Return whether a face is somebody else than the person of a name."""
        return name in self.not_person.get(face, ()) or self.names.get(face, name) != name

    def _with_name(self, name: str) -> set[int]:
        return {face for face, owner in self.names.items() if owner == name}

    def _rejoin(self, faces: set[int]) -> None:
        """Forget that some of these faces were apart, because they are one person now."""
        kept = []
        for left, right in self.apart:
            if left & faces and right & faces:
                left, right = left - faces, right - faces
            if left and right:
                kept.append((left, right))
        self.apart = kept


def resolve(decided: Sequence[Decided], find: Find) -> Resolved:
    """Take all decisions together.

    Args:
        decided: The decisions that hold, in their order.
        find: Finds the row of a face.
    """
    found = Resolved()
    for each in decided:
        _take(found, each, find)
    return found


def _take(found: Resolved, decided: Decided, find: Find) -> None:
    decision = decided.decision

    def rows(keys: Sequence[FaceKey]) -> set[int]:
        known = [find(key) for key in keys]
        found.waiting += known.count(None)
        return {row for row in known if row is not None}

    match decision:
        case Named():
            found.named(decision.person, rows(decision.faces))
        case Same():
            found.same(rows(decision.faces))
        case Apart():
            found.part(rows(decision.faces), rows(decision.others))
        case NotPerson():
            found.deny(decision.person, rows(decision.faces))
        case Renamed():
            found.rename(decision.person, decision.to)
        case NoFace():
            faces = rows(decision.faces)
            found.no_face |= faces
            found._leave(faces)
            for face in faces:
                found.names.pop(face, None)
        case AsGuide():
            _use(found.guides, rows(decision.faces), decision.use)
        case Born():
            found.born[decision.person] = decision.year


def _use(guides: dict[int, str], faces: Iterable[int], use: str) -> None:
    for face in faces:
        if use == "free":
            guides.pop(face, None)
        else:
            guides[face] = use


def faces_spoken_of(decided: Sequence[Decided]) -> Mapping[str, list[FaceKey]]:
    """Return the faces that people took for faces, by the hashes of their photos."""
    spoken: dict[str, list[FaceKey]] = {}
    for each in decided:
        if isinstance(each.decision, (Named, Same, AsGuide)):
            for key in each.decision.faces:
                for photo in {key.photo, key.pixels} - {""}:
                    spoken.setdefault(photo, []).append(key)
    return spoken
