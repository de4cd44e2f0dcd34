"""Find damage in an index before a scan builds on it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

from gfrnet.album.index import Index
from gfrnet.album.model import By
from gfrnet.album.naming import REGIONS
from gfrnet.album.queries import births
from gfrnet.album.scan import remember, remembered_roots
from gfrnet.album.table import load_table
from gfrnet.errors import DataError
from gfrnet.faces import VIEW_VALUES
from gfrnet.types import Box

_WORDS = ",".join("?" * len(get_args(By)))

_FAULTS = (
    ("a face has no portrait", "SELECT 1 FROM faces LEFT JOIN portraits ON face = id WHERE face IS NULL", ()),
    (
        "a portrait is cut off",
        "SELECT 1 FROM portraits WHERE length(embedding) != 512 OR length(trace) != 1024 "
        "OR length(view) != ?",
        (2 * VIEW_VALUES,),
    ),
    (
        "a photo has no hash",
        "SELECT 1 FROM photos WHERE typeof(content) != 'text' OR typeof(pixels) != 'text' "
        "OR length(content) != 32 OR length(pixels) != 32",
        (),
    ),
    (
        "a file has no path",
        "SELECT 1 FROM (SELECT path FROM paths UNION ALL SELECT path FROM failures) "
        "WHERE typeof(path) != 'blob'",
        (),
    ),
    (
        "a day is none",
        "SELECT 1 FROM photos WHERE date(likely_from) IS NOT likely_from OR date(likely_to) IS NOT likely_to",
        (),
    ),
    ("nobody says who a face is", f"SELECT 1 FROM belongs WHERE by NOT IN ({_WORDS})", get_args(By)),
)
"""What is wrong, and a query that finds it, with its values."""


def check(index: Index) -> None:
    """Read all of an index that later commands read.

    Raises:
        DamagedIndexError: It is damaged, or holds what this program has not written.
        DataError: It cannot be read now.
    """
    found = index.row("PRAGMA quick_check(1)")
    if found is None or found[0] != "ok":
        raise index.damaged(str(found[0]).splitlines()[-1] if found else "it cannot be checked")
    for what, query, values in _FAULTS:
        if index.row(f"{query} LIMIT 1", values) is not None:
            raise index.damaged(what)
    load_table(index)
    births(index)
    with index.parsed():
        _parse_regions(index)


def begin_again(index: Index, otherwise: Sequence[Path]) -> tuple[Path, ...]:
    """Put a damaged index aside and begin an empty one that knows the folders of all scans.

    Args:
        index: The index.
        otherwise: Folders of photos, where the index does not tell.

    Returns:
        Those folders that can be reached.
    """
    try:
        roots = remembered_roots(index)
    except DataError:
        roots = ()
    roots = roots or tuple(path.absolute() for path in otherwise)
    index.make_again()
    remember(index, roots)
    return tuple(root for root in roots if os.path.isdir(root))


def _parse_regions(index: Index) -> None:
    for row in index.rows(REGIONS):
        for region in json.loads(row["regions"]):
            Box(*region["box"])
            region["name"].strip()
            bool(region["ours"])
