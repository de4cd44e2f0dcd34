"""Decide for one person after the other, and count what comes of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from gfrnet.data.build.people import one_person_twice, split_of
from gfrnet.data.build.portray import Seen
from gfrnet.data.build.select import finish_person
from gfrnet.data.build.settings import BuildSettings
from gfrnet.data.manifest import USED, Portrait, kind_of_reason
from gfrnet.types import FloatArray


@dataclass(frozen=True)
class Built:
    """Sum up a finished build.

    Attributes:
        manifest: File of the manifest.
        photos: Number of photos found.
        people: Number of people with a photo in use.
        roles: Number of photos by role.
        dropped: Number of photos by the kind of reason.
        notes: Things that somebody should look at.
    """

    manifest: Path
    photos: int
    people: int
    roles: dict[str, int]
    dropped: dict[str, int]
    notes: tuple[str, ...]

    @property
    def used(self) -> int:
        """Return the number of photos in use."""
        return sum(self.roles.get(role, 0) for role in USED)


class Tally:
    """Decide for one person after the other, and count.

    Attributes:
        crops: Paths of the crops of all rows.
    """

    def __init__(self, settings: BuildSettings) -> None:
        self.crops: set[str] = set()
        self._settings = settings
        self._people = 0
        self._means: dict[str, FloatArray] = {}
        self._roles: Counter[str] = Counter()
        self._dropped: Counter[str] = Counter()
        self._notes: list[str] = []

    def counted(self, people: Iterator[list[tuple[Seen, ...]]]) -> Iterator[Portrait]:
        """Yield every row of the manifest, person by person.

        Args:
            people: The photos of each person, and of each photo the faces that may be the person.
        """
        wanted = self._settings
        for photos in people:
            finished = finish_person(photos, wanted.per_person, wanted.keep_single, wanted.detail)
            self._notes += finished.notes
            self._people += any(portrait.role in USED for portrait in finished.portraits)
            if finished.mean is not None:
                self._means[finished.portraits[0].person] = finished.mean
            self.crops.update(str(portrait.crop) for portrait in finished.portraits if portrait.crop)
            for portrait in finished.portraits:
                self._roles[portrait.role] += 1
                self._dropped[kind_of_reason(portrait.dropped)] += 1
                split = split_of(portrait.person, wanted.val) if portrait.role else ""
                yield replace(portrait, split=split)

    def built(self, manifest: Path, photos: int) -> Built:
        """Return the sum of all people counted so far.

        Args:
            manifest: File of the manifest.
            photos: Number of photos found.
        """
        notes = (*self._notes, *one_person_twice(self._means))
        roles = {role: count for role, count in self._roles.items() if role}
        dropped = {reason: count for reason, count in self._dropped.most_common() if reason}
        return Built(manifest, photos, self._people, roles, dropped, notes)
