"""Say which faces have names: by decisions first, then by what the photos' own metadata state."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date

import numpy as np

from gfrnet.album.decisions import Named, checked_name, is_name
from gfrnet.album.index import Index
from gfrnet.album.resolve import Resolved
from gfrnet.album.table import FaceTable
from gfrnet.types import Box

_LEAST_OVERLAP = 0.1
"""Least intersection over union of a face and the region of another program that names it."""

REGIONS = """
SELECT id, regions FROM photos WHERE regions != '[]'
UNION ALL SELECT photo AS id, regions FROM paths WHERE regions != '[]'
"""
"""Query of the faces that files name. Sidecars come last, because they go before what is in the photo."""


def owners_of(resolved: Resolved, in_files: Mapping[int, str]) -> dict[int, str]:
    """Return the names of faces. What people decided comes before what files say.

    Args:
        resolved: What people decided.
        in_files: Names that the metadata of photos give to faces, by row.
    """
    owners = {
        row: name
        for row, name in in_files.items()
        if row not in resolved.no_face and name not in resolved.not_person.get(row, ())
    } | resolved.names
    for group in resolved.together:
        known = Counter(owners[row] for row in sorted(group) if row in owners)
        if known:
            owners |= dict.fromkeys(group, known.most_common(1)[0][0])
    # Decisions are free of contradictions. A name in a file may still be that of a face held apart.
    for sides in resolved.apart:
        for side, beside in (sides, sides[::-1]):
            others = {owners[row] for row in beside if row in owners}
            for row in side - set(resolved.names):
                if owners.get(row) in others:
                    del owners[row]
    return owners


def names_in_files(index: Index, table: FaceTable, resolved: Resolved) -> dict[int, str]:
    """Return the names that other programs gave to faces in the metadata of photos, by row.

    Args:
        index: The index.
        table: The faces.
        resolved: What people decided.
    """
    found = _named_regions(index, table, ours=False)
    return {row: resolved.renamed.get(name, name) for row, name in found.items()}


def written_names(index: Index, table: FaceTable) -> tuple[Named, ...]:
    """Return as decisions the names that an album wrote into sidecars, for an album that begins anew.

    Args:
        index: The index.
        table: The faces.
    """
    faces: dict[str, list[int]] = {}
    for row, name in _named_regions(index, table, ours=True).items():
        faces.setdefault(name, []).append(row)
    return tuple(Named(person=name, faces=table.keys(rows)) for name, rows in sorted(faces.items()))


def _named_regions(index: Index, table: FaceTable, ours: bool) -> dict[int, str]:
    """Return the names that metadata give to faces, by row: those that gfrnet wrote, or all others."""
    rows_of: dict[int, list[int]] = {}
    for row, photo in enumerate(table.photos):
        rows_of.setdefault(int(photo), []).append(row)
    found: dict[int, str] = {}
    with index.parsed():
        for record in index.rows(REGIONS):
            boxes = {row: Box(*map(float, table.boxes[row])) for row in rows_of.get(record["id"], ())}
            for region in json.loads(record["regions"]):
                face = _face_in(Box(*region["box"]), boxes)
                if face is not None and region["ours"] == ours and is_name(region["name"]):
                    found[face] = checked_name(region["name"])
    return found


def _face_in(region: Box, boxes: Mapping[int, Box]) -> int | None:
    """Return the face that a region of another program shows; their frames differ in size and place."""
    across, down = region.center
    inside = [
        (box.overlap(region), row)
        for row, box in boxes.items()
        if abs(box.center[0] - across) < max(box.width, region.width) / 2
        and abs(box.center[1] - down) < max(box.height, region.height) / 2
    ]
    best = max(inside, default=(0.0, -1))
    return best[1] if best[0] >= _LEAST_OVERLAP else None


def before_birth(table: FaceTable, year: int | None) -> Iterator[int]:
    """Yield the faces on photos that were probably taken before a person was born."""
    if year is not None:
        yield from np.flatnonzero(table.days[:, 1] < date(year, 1, 1).toordinal()).tolist()
