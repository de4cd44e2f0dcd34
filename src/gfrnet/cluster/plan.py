"""Decide which photos a shard restores, and what their results are called."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import PurePosixPath

from gfrnet.cluster.shard import Shard
from gfrnet.cluster.storage import Entry, Folder, UnreadableError
from gfrnet.errors import Advice, PlanError
from gfrnet.images import READABLE_SUFFIXES, WRITABLE_SUFFIXES


@dataclass(frozen=True)
class Places:
    """Name the folders of a job: paths on this disk, or URLs such as ``s3://bucket/photos``.

    Attributes:
        source: Folder of the photos. Its subfolders are searched, too.
        output: Folder of the results, which keep the subfolders.
        report: Folder of the report.
        guides: Folders of good photos, of one person or of several, also one subfolder a person. Every face
            takes the guides that show it, as everywhere.
    """

    source: str
    output: str
    report: str
    guides: tuple[str, ...] = ()

    def check_apart(self) -> None:
        """Refuse folders of which one lies in another and would change what is read.

        Raises:
            PlanError: The results or the report lie among the photos or guides, or the other way round.
        """
        inputs = [(self.source, "the photos"), *((guide, "the guides") for guide in self.guides)]
        for given, what in inputs:
            for written, use, argument in (
                (self.output, "the results", "output"),
                (self.report, "the report", "report"),
            ):
                if _overlap(Folder(written), Folder(given)):
                    raise PlanError(
                        f"{written} would hold {use}, and overlaps with {given}, which holds {what}. "
                        "Choose another folder.",
                        argument,
                        advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
                    )


def _overlap(one: Folder, other: Folder) -> bool:
    (kind, first), (kind_of_other, second) = one.place(), other.place()
    least = min(len(first), len(second))
    return kind == kind_of_other and first[:least] == second[:least]


def list_pictures(folder: Folder, argument: str) -> list[Entry]:
    """Return the pictures of a folder and its subfolders, sorted by name.

    Args:
        folder: The folder.
        argument: Name of the parameter, for the error.

    Raises:
        PlanError: The folder is missing, holds no picture or cannot be read.
    """
    try:
        entries = folder.entries()
    except UnreadableError as error:
        raise PlanError(str(error), argument) from error
    found = [entry for entry in entries if _suffix(entry.name) in READABLE_SUFFIXES]
    if not found:
        raise PlanError(
            f"{folder} holds no picture to use (of {', '.join(READABLE_SUFFIXES)}). Give another folder.",
            argument,
        )
    return found


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def name_results(names: Sequence[str]) -> dict[str, str]:
    """Return the name of the result of each photo. It has the photo's own name where that can be written.

    Others become PNG. Where that name is taken, the format is told in it: a.gif gives a_gif.png beside
    a.png. Names depend on all photos of the job and never on what exists, so that shards agree.

    Args:
        names: Names of all photos of the job, sorted.
    """
    results = {name: name for name in names if _suffix(name) in WRITABLE_SUFFIXES}
    taken = set(results.values())
    for name in names:
        if name not in results:
            path = PurePosixPath(name)
            free = (str(path.with_name(f"{stem}.png")) for stem in _stems(path))
            results[name] = next(result for result in free if result not in taken)
            taken.add(results[name])
    return results


def _stems(path: PurePosixPath) -> Iterator[str]:
    """Yield the stem of a photo, and then others that tell of its format."""
    told = f"{path.stem}_{path.suffix[1:].lower()}"
    yield from (path.stem, told)
    yield from (f"{told}_{number}" for number in count(2))


def of_shard(entries: Sequence[Entry], shard: Shard) -> list[Entry]:
    """Return the photos of a shard."""
    return [entry for entry in entries if shard.holds(entry.name)]
