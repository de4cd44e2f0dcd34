"""Write and read the manifest of a data set: one row a photo, and the card beside it.

`COLUMNS` explains the columns. ``dataset.json`` repeats that for readers without gfrnet, and holds the
version of the format, the size of the crops and the settings of the build.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from gfrnet.data.manifest.card import Card, Format, missing, read_card, write_card
from gfrnet.data.manifest.portrait import USED, Portrait, by_person
from gfrnet.data.manifest.tables import portrait_of, read_table, write_table
from gfrnet.errors import DataError
from gfrnet.types import CROP_SIZE


def write_manifest(root: Path, portraits: Iterable[Portrait], card: Card | None = None) -> Path:
    """Write manifest and card in the data set's folder, the card last.

    Args:
        root: The data set.
        portraits: All rows; each is written as it comes.
        card: The card; None for a plain one with the size of the portraits.

    Returns:
        The manifest.

    Raises:
        DataError: The manifest cannot be written.
        WriteError: The card cannot be written.
    """
    if card is None:
        portraits = tuple(portraits)
        card = Card(size=portraits[0].size if portraits else CROP_SIZE)
    path = write_rows(root, portraits, card.manifest)
    write_card(root, card)
    return path


def write_rows(root: Path, portraits: Iterable[Portrait], manifest: Format) -> Path:
    """Write the manifest alone, whole or not at all, and remove one of the other format.

    Raises:
        DataError: It cannot be written.
    """
    path = root / f"manifest.{manifest}"
    write_table(path, root, portraits, manifest)
    other = root / f"manifest.{'parquet' if manifest == 'csv' else 'csv'}"
    other.unlink(missing_ok=True)
    return path


def read_rows(root: Path, embeddings: bool = True) -> tuple[Portrait, ...]:
    """Read every row of a data set, dropped and spare photos too.

    Args:
        root: The data set.
        embeddings: Whether to hold the embeddings, a third of the memory.

    Raises:
        DataError: There is no data set, it has another version or other columns, or a row is broken.
    """
    card = read_card(root)
    path = root / f"manifest.{card.manifest}"
    if not path.is_file():
        raise missing(path)
    rows = read_table(path, card.manifest)
    if not embeddings:
        rows = (row | {"embedding": ()} for row in rows)
    return tuple(portrait_of(path, root, card.size, row) for row in rows)


def read_manifest(root: Path, split: str | None = None) -> tuple[Portrait, ...]:
    """Read the used photos of a data set.

    Args:
        root: The data set.
        split: The wanted split, None for all. A data set without splits belongs to every split.

    Raises:
        DataError: As `read_rows`, or no photo is used.
    """
    rows = read_rows(root)
    portraits = tuple(p for p in rows if p.role in USED and (split is None or p.split in ("", split)))
    if not portraits:
        part = f" in the split {split}" if split else ""
        raise DataError(f"{root} has no usable photo{part}. The column dropped of its manifest says why.")
    return portraits


def read_manifests(roots: Iterable[Path], split: str | None = None) -> tuple[Portrait, ...]:
    """Read several data sets as one.

    Raises:
        DataError: One of them cannot be read or is given twice, or two of them have a person of the same
            name.
    """
    homes: dict[str, str] = {}
    seen: set[Path] = set()
    portraits: list[Portrait] = []
    for root in roots:
        if root.resolve() in seen:
            raise DataError(f"{root} is given twice. Give every data set once.")
        seen.add(root.resolve())
        found = read_manifest(root, split)
        settle(homes, by_person(found), str(root))
        portraits += found
    return tuple(portraits)


def settle(homes: dict[str, str], people: Iterable[str], source: str) -> None:
    """Enter people into ``homes``, which holds the data set of each.

    Args:
        homes: Data set by person; changed in place.
        people: Names of the people of one data set.
        source: That data set.

    Raises:
        DataError: One of them is in another data set already.
    """
    for person in people:
        if homes.setdefault(person, source) != source:
            raise DataError(
                f"{person} is in {homes[person]} and in {source}. Two people must not share a "
                "name: rename the folder of one of them and build that data set again."
            )
