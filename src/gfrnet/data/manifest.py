"""The manifest: one row a photo, in a CSV file that a spreadsheet opens, or in Parquet.

`COLUMNS` says what stands in it. ``dataset.json`` beside it repeats that for readers without gfrnet, and
tells the version of the format, the size of the crops and how the data set was made.
"""

from __future__ import annotations

import base64
import csv
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from gfrnet import images
from gfrnet.errors import INSTALL_EXTRA, DataError, MissingExtraError
from gfrnet.types import BoolArray, FloatArray, UInt8Image
from gfrnet.version import __version__

VERSION = 2
"""Of the manifest's format; other versions are refused."""

CARD = "dataset.json"

Role: TypeAlias = Literal["guide", "target", "single", "spare", ""]
"""What a photo is for.

guide: the person's guide image (section 4.1); target: another photo of the person; single: the only photo of
its person, for self-guided samples; spare: good, but more than was asked for; empty: dropped.
"""

Format: TypeAlias = Literal["csv", "parquet"]

USED = ("guide", "target", "single")
"""Roles of the photos that are trained and measured with."""

_BATCH = 4096
"""Rows of a Parquet file that are held in memory at a time."""


@dataclass(frozen=True)
class Column:
    """A column of the manifest.

    Attributes:
        name: Its name.
        kind: "points" are x y pairs, "vector" is base64 of little-endian float16 in CSV; both are lists of
            float32 in Parquet.
        meaning: For people.
    """

    name: str
    kind: Literal["text", "int", "float", "flag", "points", "vector"]
    meaning: str


COLUMNS = (
    Column("person", "text", "name of the person"),
    Column("source", "text", "path of the photo below the source folder"),
    Column("crop", "text", "path of the crop below the data set; empty where no face was found"),
    Column("left", "int", "first column of the crop that is photo and not padding"),
    Column("top", "int", "first such row"),
    Column("right", "int", "the column after the last such one"),
    Column("bottom", "int", "the row after the last such one"),
    Column("landmarks", "points", "68 pairs x y in crop pixels; the centre of the pixel in column i is i"),
    Column("role", "text", "guide, target, single (only photo of its person), spare; empty if dropped"),
    Column("split", "text", "train or val; empty if no split was asked for"),
    Column("yaw", "float", "degrees, positive towards the right of the picture"),
    Column("pitch", "float", "degrees, positive downwards"),
    Column("roll", "float", "degrees, clockwise as seen"),
    Column("eyes_open", "float", "height over width of the less open eye; about 0.3 open, below 0.15 closed"),
    Column("sharpness", "float", "fine over coarse detail; 0.42 is a sharp photo"),
    Column("resolution", "float", "side in pixels that would hold the crop's real detail"),
    Column("occlusion", "float", "share of the face that is covered or cut off, 0..1"),
    Column("brightness", "float", "mean brightness of the face, 0..1"),
    Column("contrast", "float", "standard deviation of the face's brightness, 0..1"),
    Column("side_light", "float", "right half of the face brighter than the left: positive, -1..1"),
    Column("grey", "flag", "black and white, or toned in one colour"),
    Column("embedding", "vector", "128 numbers: who it is; photos of one person lie within about 0.6"),
    Column("dropped", "text", "why the photo is not used; empty for a used one"),
)


@dataclass(frozen=True, slots=True)
class Portrait:
    """One photo of one person; measures are those of `COLUMNS`, 0 where no face was found.

    Attributes:
        person: Name of the person.
        source: Path of the photo below the source folder.
        crop: The crop; None where no face was found.
        real: (left, top, right, bottom) of the part of the crop that is photo and not padding, crop pixels.
        landmarks: (68, 2) x, y in crop pixels, pixel centres; None where no face was found.
        role: What the photo is for.
        dropped: Why the photo is not used; empty for a used one.
        split: "train", "val", or empty.
        size: Side of the crop, pixels.
        yaw: Degrees.
        pitch: Degrees.
        roll: Degrees.
        eyes_open: Opening of the less open eye.
        sharpness: Fine over coarse detail.
        resolution: Side in pixels that would hold the crop's real detail.
        occlusion: Share of the face that is covered or cut off, 0..1.
        brightness: 0..1.
        contrast: 0..1.
        side_light: -1..1.
        grey: Black and white, or toned.
        embedding: (128,); None where no face was found.
    """

    person: str
    source: str
    crop: Path | None
    real: tuple[int, int, int, int]
    landmarks: FloatArray | None
    role: Role = ""
    dropped: str = ""
    split: str = ""
    size: int = 256
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    eyes_open: float = 0.0
    sharpness: float = 0.0
    resolution: float = 0.0
    occlusion: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    side_light: float = 0.0
    grey: bool = False
    embedding: FloatArray | None = field(default=None, repr=False)

    @property
    def guide(self) -> bool:
        """Whether this is the person's guide image (section 4.1)."""
        return self.role == "guide"

    def pixels(self) -> UInt8Image:
        """The (size, size, 3) crop, RGB 0..255."""
        if self.crop is None:
            raise DataError(f"{self.source} was dropped ({self.dropped}); it has no crop.")
        return images.read(self.crop).rgb8

    def points(self) -> FloatArray:
        """(68, 2) landmarks in crop pixels."""
        if self.landmarks is None:
            raise DataError(f"{self.source} was dropped ({self.dropped}); it has no landmarks.")
        return self.landmarks

    def mask(self) -> BoolArray:
        """(size, size), true in the real part."""
        left, top, right, bottom = self.real
        mask = np.zeros((self.size, self.size), dtype=np.bool_)
        mask[top:bottom, left:right] = True
        return mask


@dataclass(frozen=True)
class Card:
    """What ``dataset.json`` tells of a data set as a whole.

    Attributes:
        manifest: Format of the manifest.
        size: Side of the crops, pixels.
        settings: How it was built.
        notes: What somebody should look at, such as two folders that show one person.
    """

    manifest: Format = "csv"
    size: int = 256
    settings: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def write_manifest(root: Path, portraits: Iterable[Portrait], card: Card | None = None) -> Path:
    """Write manifest and card in the data set's folder, the card last.

    Args:
        root: The data set.
        portraits: All rows; they are written as they come.
        card: A plain one with the portraits' size if None.

    Returns:
        The manifest.

    Raises:
        DataError: It cannot be written.
    """
    if card is None:
        portraits = tuple(portraits)
        card = Card(size=portraits[0].size if portraits else 256)
    path = write_rows(root, portraits, card.manifest)
    write_card(root, card)
    return path


def write_rows(root: Path, portraits: Iterable[Portrait], manifest: Format) -> Path:
    """Write the manifest alone, whole or not at all, and remove one of the other format."""
    path = root / f"manifest.{manifest}"
    with _whole(path) as part:
        (_write_csv if manifest == "csv" else _write_parquet)(part, root, portraits)
    other = root / f"manifest.{'parquet' if manifest == 'csv' else 'csv'}"
    other.unlink(missing_ok=True)
    return path


def write_card(root: Path, card: Card) -> Path:
    """Write ``dataset.json``."""
    text = {
        "version": VERSION,
        "gfrnet": __version__,
        "manifest": card.manifest,
        "crop": {"size": card.size, "format": card.settings.get("image_format", "png")},
        "settings": dict(card.settings),
        "notes": list(card.notes),
        "columns": {column.name: f"{column.kind}: {column.meaning}" for column in COLUMNS},
    }
    return images.write_text(json.dumps(text, indent=1, ensure_ascii=False) + "\n", root / CARD)


def read_card(root: Path) -> Card:
    """Read ``dataset.json``.

    Raises:
        DataError: It is missing, broken or of another version.
    """
    path = root / CARD
    if not path.is_file():
        raise DataError(f"{path} is missing. Build the data set first: gfrnet data build PHOTOS -o {root}")
    try:
        text = json.loads(path.read_text(encoding="utf-8"))
        version = text["version"]
        card = Card(text["manifest"], text["crop"]["size"], text["settings"], tuple(text["notes"]))
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} is broken ({error!r}). Build the data set again.") from error
    if version != VERSION:
        raise DataError(
            f"{path} is of version {version}, and this gfrnet reads {VERSION}. Build the data set again."
        )
    return card


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
        raise DataError(f"{path} is missing. Build the data set first: gfrnet data build PHOTOS -o {root}")
    rows = (_read_csv if card.manifest == "csv" else _read_parquet)(path)
    if not embeddings:
        rows = (row | {"embedding": ()} for row in rows)
    return tuple(_portrait(path, root, card.size, row) for row in rows)


def read_manifest(root: Path, split: str | None = None) -> tuple[Portrait, ...]:
    """Read the used photos of a data set.

    Args:
        root: The data set.
        split: Only photos of this split, and those of data sets without splits; all if None.

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
    """Note in ``homes`` that these people are in ``source``.

    Raises:
        DataError: One of them is in another data set already.
    """
    for person in people:
        if homes.setdefault(person, source) != source:
            raise DataError(
                f"{person} is in {homes[person]} and in {source}. Two people must not share a "
                "name: rename the folder of one of them and build that data set again."
            )


def by_person(portraits: Iterable[Portrait]) -> dict[str, tuple[Portrait, ...]]:
    """Portraits grouped by person, in the manifest's order."""
    people: dict[str, list[Portrait]] = {}
    for portrait in portraits:
        people.setdefault(portrait.person, []).append(portrait)
    return {person: tuple(group) for person, group in people.items()}


def kind_of_reason(dropped: str) -> str:
    """Why a photo was dropped, without what is particular to it."""
    return dropped.split(":")[0].split(" of ")[0].split(";")[0]


def to_text(portrait: Portrait, root: Path) -> dict[str, str]:
    """A portrait as a row of CSV."""
    values = _values(portrait, root)
    return {column.name: _as_text(column, values[column.name]) for column in COLUMNS}


def from_text(row: Mapping[str, str], root: Path, size: int) -> Portrait:
    """The portrait of a row of CSV.

    Raises:
        KeyError: A column is missing.
        ValueError: A value is broken, or the crop lies outside the data set.
    """
    return _from_values({column.name: _from_text(column, row[column.name]) for column in COLUMNS}, root, size)


def _values(portrait: Portrait, root: Path) -> dict[str, Any]:
    values = {c.name: getattr(portrait, c.name) for c in COLUMNS if hasattr(portrait, c.name)}
    left, top, right, bottom = portrait.real
    crop = "" if portrait.crop is None else portrait.crop.relative_to(root).as_posix()
    return values | {"crop": crop, "left": left, "top": top, "right": right, "bottom": bottom}


def _from_values(values: dict[str, Any], root: Path, size: int) -> Portrait:
    real = tuple(values.pop(name) for name in ("left", "top", "right", "bottom"))
    crop, landmarks, embedding = (values.pop(name) for name in ("crop", "landmarks", "embedding"))
    return Portrait(
        **values,
        size=size,
        real=real,
        crop=_inside(root, crop) if crop else None,
        landmarks=np.asarray(landmarks, np.float32).reshape(68, 2) if len(landmarks) else None,
        embedding=np.asarray(embedding, np.float32).reshape(128) if len(embedding) else None,
    )


def _inside(root: Path, crop: str) -> Path:
    """Where a crop lies; a manifest of unknown origin must not lead to files elsewhere."""
    place = Path(os.path.normpath(crop))
    if place.anchor or place.parts[:1] == ("..",):
        raise ValueError(f"its crop {crop} lies outside the data set")
    return root / crop


def _as_text(column: Column, value: Any) -> str:  # noqa: ANN401 - the kind says which type it is
    match column.kind:
        case "points":
            return "" if value is None else " ".join(f"{number:.2f}" for number in value.ravel())
        case "vector":
            return "" if value is None else base64.b64encode(value.astype("<f2").tobytes()).decode()
        case "float":
            return f"{value:.5g}"
        case _:
            return str(int(value) if column.kind == "flag" else value)


def _from_text(column: Column, text: str) -> Any:  # noqa: ANN401
    match column.kind:
        case "points":
            return np.array(text.split(), dtype=np.float32)
        case "vector":
            return np.frombuffer(base64.b64decode(text), "<f2")
        case "text":
            return text
        case "flag":
            return text == "1"
        case kind:
            return (int if kind == "int" else float)(text)


def _portrait(path: Path, root: Path, size: int, row: Mapping[str, Any]) -> Portrait:
    try:
        return _from_values(dict(row), root, size)
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(
            f"{path}: the row of {row.get('source')} is broken ({error}). Build again."
        ) from error


def _write_csv(path: Path, root: Path, portraits: Iterable[Portrait]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in COLUMNS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(to_text(portrait, root) for portrait in portraits)


def _read_csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        _check_columns(path, reader.fieldnames or ())
        for row in reader:
            try:
                yield {column.name: _from_text(column, row[column.name]) for column in COLUMNS}
            except (ValueError, TypeError, AttributeError) as error:
                raise DataError(
                    f"{path}: the row of {row['source']} is broken ({error}). Build again."
                ) from error


def _write_parquet(path: Path, root: Path, portraits: Iterable[Portrait]) -> None:
    pyarrow, parquet = _pyarrow()
    types = {
        "text": pyarrow.string(),
        "int": pyarrow.int32(),
        "float": pyarrow.float32(),
        "flag": pyarrow.bool_(),
        "points": pyarrow.list_(pyarrow.float32()),
        "vector": pyarrow.list_(pyarrow.float32()),
    }
    schema = pyarrow.schema([(column.name, types[column.kind]) for column in COLUMNS])
    rows = iter(portraits)
    with parquet.ParquetWriter(path, schema) as writer:
        while batch := [_listed(_values(portrait, root)) for portrait in islice(rows, _BATCH)]:
            writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    lists = {name: values[name].ravel() for name in ("landmarks", "embedding") if values[name] is not None}
    return values | {"landmarks": [], "embedding": []} | lists


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    _, parquet = _pyarrow()
    try:
        file = parquet.ParquetFile(path)
    except (OSError, ValueError) as error:
        raise DataError(f"{path} is damaged ({error}). Build the data set again.") from error
    with file:
        _check_columns(path, file.schema_arrow.names)
        for batch in file.iter_batches(_BATCH):
            yield from batch.to_pylist()


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"Parquet needs pyarrow, which is not installed. Use CSV, or: {INSTALL_EXTRA.format('train')}"
        ) from error
    return pyarrow, parquet


def _check_columns(path: Path, found: Iterable[str]) -> None:
    wanted = [column.name for column in COLUMNS]
    if list(found) != wanted:
        raise DataError(f"{path} has other columns than {', '.join(wanted)}. Build the data set again.")


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file to write to, which gets its name only when all is written."""
    part = path.parent / f".gfrnet-{secrets.token_hex(8)}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        part.replace(path)
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error}). Free some space or choose another folder."
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)
