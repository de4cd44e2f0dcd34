"""Cut guides out of the original photos, each once for all faces that it guides."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from gfrnet import images
from gfrnet.album.index import Index
from gfrnet.errors import DataError, GfrnetError
from gfrnet.images import MAX_MEGABYTES
from gfrnet.restore import Guide, GuideSet, Place, content_hash, guide_faces
from gfrnet.types import Box

REMEMBERED = 192
"""Number of guides that stay cut. One takes 0.2 to 0.5 MB."""

_FACE = """
SELECT faces.photo, content, left, top, right, bottom, turn
FROM faces JOIN photos ON photos.id = faces.photo WHERE faces.id = ?
"""


@dataclass
class GuideCutter:
    """Cut guides, and remember those that were used last.

    Attributes:
        index: The index of the album.
        max_megabytes: Largest decoded size of a photo (`images.read`).
    """

    index: Index
    max_megabytes: float = MAX_MEGABYTES
    _cut: OrderedDict[int, Guide | None] = field(default_factory=OrderedDict)

    def guide_set(self, faces: Iterable[int], most: int) -> GuideSet:
        """Return the first guides that can be cut.

        Args:
            faces: Numbers of faces in the index, the fittest first. No more are asked for than are needed.
            most: Largest number of guides.

        Raises:
            DataError: None can be cut, because photos are gone, changed or damaged.
        """
        guides: list[Guide] = []
        for face in faces:
            guide = self._guide(face)
            if guide is not None:
                guides.append(replace(guide, index=len(guides)))
            if len(guides) == most:
                break
        if not guides:
            raise DataError("No photo that could guide it is as it was. Scan the album again.")
        return GuideSet(tuple(guides), files=tuple(dict.fromkeys(Path(guide.name) for guide in guides)))

    def _guide(self, face: int) -> Guide | None:
        if face not in self._cut:
            self._cut[face] = self._cut_out(face)
            while len(self._cut) > REMEMBERED:
                self._cut.popitem(last=False)
        self._cut.move_to_end(face)
        return self._cut[face]

    def _cut_out(self, face: int) -> Guide | None:
        row = self.index.row(_FACE, (face,))
        if row is None:
            return None
        path = unchanged(files_of(self.index, row["photo"]), row["content"])
        if path is None:
            return None
        box = Box(row["left"], row["top"], row["right"], row["bottom"])
        try:
            photo = images.read(path, self.max_megabytes)
            (cut,) = guide_faces(photo, [Place(box, row["turn"])])
        except GfrnetError:
            return None
        return Guide(0, str(path), row["content"], cut)


def files_of(index: Index, photo: int) -> list[Path]:
    """Return the files of a photo by its number in the index, by name."""
    rows = index.rows("SELECT path FROM paths WHERE photo = ? ORDER BY path", (photo,))
    return [Path(os.fsdecode(row["path"])) for row in rows]


def unchanged(paths: Iterable[Path], content: str) -> Path | None:
    """Return the first file that still has its content; None where all are gone or changed.

    Args:
        paths: Files that had the content when they were scanned.
        content: The hash of the content.
    """
    for path in paths:
        try:
            if content_hash(path) == content:
                return path
        except GfrnetError:
            continue
    return None
