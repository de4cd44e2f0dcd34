"""Say which person every face shows: decisions first, then names in files, then likeness."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from gfrnet.album.attaching import Accepted, attach
from gfrnet.album.decisions import Decided
from gfrnet.album.grouping import Bonds, group_faces
from gfrnet.album.index import Index
from gfrnet.album.model import By
from gfrnet.album.queries import BORN
from gfrnet.album.resolve import Resolved, resolve
from gfrnet.album.table import FaceTable, Finder, load_table
from gfrnet.types import AnyArray, BoolArray, FloatArray


@dataclass(frozen=True, eq=False)
class Shown:
    """Say whom N faces show.

    Attributes:
        people: (N,) number of the person of each face, from 0; -1 where nobody is known.
        by: Who says so.
        probability: (N,) probability of it, 0..1.
        names: Name of each person; None for a group without one.
    """

    people: AnyArray
    by: tuple[By, ...]
    probability: FloatArray
    names: tuple[str | None, ...]


def regroup(index: Index, decided: Sequence[Decided], made_from: tuple[str, str]) -> None:
    """Say anew which person every face shows, and write it into the index.

    Args:
        index: The index.
        decided: All decisions that hold.
        made_from: A fact to write with it, which tells what it was made from.

    Raises:
        DataError: The index cannot be read or written.
    """
    table = load_table(index)
    resolved = resolve(decided, Finder(table))
    shown = show(table, resolved, names_in_files(index, table))
    _write(index, table, shown, resolved, made_from)
