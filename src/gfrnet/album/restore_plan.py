"""Plan the restoring of an album: which faces are bad, which of them have guides, and where results go."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gfrnet.album.decisions import is_group_name
from gfrnet.album.guides import GuideFinder
from gfrnet.album.index import Index
from gfrnet.album.model import SURE, AlbumFace, worn
from gfrnet.album.outputs import check_apart, check_output, result_names
from gfrnet.album.queries import person_id, person_label
from gfrnet.album.store import failures
from gfrnet.batch import Task
from gfrnet.errors import ConfigError, PlanError
from gfrnet.images import Inputs
from gfrnet.types import is_finite

WORSE_THAN = 0.3
"""How bad a face must be, 0..1 (`model.worn`), to be restored where nobody says otherwise.

Of training photos that are degraded 4 times, 95 % are worse than this, and all that are degraded 8 times. Of
those as they are, 95 % are better than 0.1. Restoring helps all degraded faces, from 0.2 on for certain.
``benchmarks/album_restore.py --worn`` measures it. Faces that are better than this can guide others.
"""

_FACES = """
SELECT faces.id, faces.photo, pixels, sharpness, by, people.name, people.number
FROM belongs JOIN faces ON faces.id = belongs.face JOIN photos ON photos.id = faces.photo
LEFT JOIN people ON people.id = belongs.person
WHERE by != 'no face' AND EXISTS (SELECT 1 FROM paths WHERE paths.photo = faces.photo)
ORDER BY belongs.person, faces.id
"""


@dataclass(frozen=True)
class WhichFaces:
    """Say which faces of an album are restored.

    Attributes:
        people: Labels of people; none for all.
        worse_than: How bad a face must be, 0..1 (`model.worn`). 0 takes all faces.
        unconfirmed: Whether to restore also faces of whom it is only probable whom they show.

    Raises:
        ConfigError: A value is of another type or out of its range.
    """

    people: tuple[str, ...] = ()
    worse_than: float = WORSE_THAN
    unconfirmed: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.people, str):
            raise ConfigError("people must be a series of names. Give a list, also of one name.")
        object.__setattr__(self, "people", tuple(self.people))
        value = self.worse_than
        if isinstance(value, bool) or not (is_finite(value) and 0 <= float(value) <= 1):
            raise ConfigError(f"worse_than must be a number between 0 and 1, got {value!r}.")

    def wants(self, face: AlbumFace) -> bool:
        """Return whether it is known well enough whom a face shows, and somebody asked for this person."""
        known = face.by in SURE or (self.unconfirmed and face.by == "suggested")
        return known and face.person != "" and (not self.people or face.person in self.people)


@dataclass(frozen=True)
class PersonPlan:
    """Count the bad faces of a person.

    Attributes:
        person: Label of the person.
        restorable: Faces that can be restored.
        no_guide: Faces without a good photo of the person.
        unsure: Faces that probably show the person; somebody must confirm it first.
    """

    person: str
    restorable: int
    no_guide: int
    unsure: int


@dataclass(frozen=True, eq=False)
class RestorePlan:
    """Hold which photos of an album are restored, and why other faces stay as they are.

    Attributes:
        output: Folder of the results.
        which: Which faces were asked for.
        tasks: Photos to restore and files of the results, by name of the photo. The faces and their guides
            are added when the turn of a photo has come.
        faces: Numbers in the index of the faces to restore, by photo.
        people: Counts of each person with a bad face: by name, and then by number.
        nobody: Bad faces of whom nobody is known.
        good: Faces that are good enough.
        inputs: All photos of the album, also those that could not be read. No file ever replaces them.
    """

    output: Path
    which: WhichFaces
    tasks: tuple[Task, ...] = field(repr=False)
    faces: Mapping[Path, tuple[int, ...]] = field(repr=False)
    people: tuple[PersonPlan, ...]
    nobody: int
    good: int
    inputs: Inputs = field(repr=False)

    @property
    def restorable(self) -> int:
        """Return the number of faces that can be restored."""
        return sum(person.restorable for person in self.people)

    @property
    def no_guide(self) -> int:
        """Return the number of bad faces without a good photo of their person."""
        return sum(person.no_guide for person in self.people)

    @property
    def unsure(self) -> int:
        """Return the number of bad faces that somebody must confirm first."""
        return sum(person.unsure for person in self.people)


@dataclass
class _Sorted:
    """Sort the faces of an album by what can be done about them."""

    chosen: dict[int, list[int]] = field(default_factory=dict)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: dict[str, None] = field(default_factory=dict)


def plan_restoring(index: Index, roots: Sequence[Path], output: Path, which: WhichFaces) -> RestorePlan:
    """Plan the restoring of an album.

    Args:
        index: The index.
        roots: Folders that were scanned.
        output: Folder of the results.
        which: Which faces to restore.

    Raises:
        DataError: The index cannot be read.
        PlanError: There is no such person, or the folder of the results holds photos or belongs to the album.
    """
    for label in which.people:
        person_id(index, label)
    photos = [Path(os.fsdecode(row["path"])) for row in index.rows("SELECT path FROM paths ORDER BY path")]
    if not photos:
        raise PlanError("The album holds no photo. Scan a folder of photos first.")
    inputs = [*photos, *(file for file, _ in failures(index))]
    check_output(output, roots, inputs, "output")
    check_apart(output, index.path.parent, "output")
    found = _sorted(index, which)
    files = dict(_files(index, found.chosen))
    names = result_names(list(files.values()), photos, roots, output)
    faces = {file: tuple(found.chosen[photo]) for photo, file in files.items()}
    tasks = tuple(Task(photo, names[photo]) for photo in sorted(faces, key=os.fsencode))
    return RestorePlan(
        output=output,
        which=which,
        tasks=tasks,
        faces=faces,
        people=tuple(_person_plan(found.counts, label) for label in sorted(found.people, key=_place)),
        nobody=found.counts["", "nobody"],
        good=sum(count for (_, what), count in found.counts.items() if what == "good"),
        inputs=Inputs(inputs),
    )


def _sorted(index: Index, which: WhichFaces) -> _Sorted:
    finder, found = GuideFinder(index), _Sorted()
    for row in index.rows(_FACES):
        label = person_label(row["name"], row["number"])
        if which.people and label not in which.people:
            continue
        if worn(row["sharpness"]) < which.worse_than:
            what = "good"
        elif not label:
            what = "nobody"
        elif row["by"] == "suggested" and not which.unconfirmed:
            what = "unsure"
        elif not finder.has_guide(label, row["pixels"]):
            what = "no guide"
        else:
            what = "restorable"
            found.chosen.setdefault(row["photo"], []).append(row["id"])
        found.counts[label, what] += 1
        if label and what != "good":
            found.people[label] = None
    return found


def _place(label: str) -> tuple[bool, int, str]:
    """Return the place of a person in a list: names come first, and numbers follow in their order."""
    number = int(label[1:]) if is_group_name(label) else 0
    return number > 0, number, label.casefold()


def _person_plan(counts: Counter[tuple[str, str]], label: str) -> PersonPlan:
    return PersonPlan(label, *(counts[label, what] for what in ("restorable", "no guide", "unsure")))


def _files(index: Index, photos: Mapping[int, object]) -> Iterator[tuple[int, Path]]:
    """Yield the file of each photo: the first by name that is there, or else the first."""
    known: dict[int, Path] = {}
    for row in index.rows("SELECT photo, path FROM paths ORDER BY path"):
        if row["photo"] in photos:
            path, before = Path(os.fsdecode(row["path"])), known.get(row["photo"])
            if before is None or not os.path.isfile(before):
                known[row["photo"]] = path if before is None or os.path.isfile(path) else before
    yield from known.items()
