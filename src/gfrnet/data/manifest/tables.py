"""Write and read the rows of a manifest, as CSV that a spreadsheet opens, or as Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from math import inf
from pathlib import Path
from typing import Any

from gfrnet import images
from gfrnet.data.manifest.card import Format
from gfrnet.data.manifest.columns import COLUMNS, from_values, parsed, to_text, to_values
from gfrnet.data.manifest.portrait import Portrait
from gfrnet.errors import INSTALL_EXTRA, DataError, MissingExtraError
from gfrnet.files import check_regular, opened_lines

_BATCH = 4096
"""Rows of a Parquet file that are held in memory at a time."""


def write_table(path: Path, root: Path, portraits: Iterable[Portrait], manifest: Format) -> None:
    """Write the rows of a data set into a file, whole or not at all.

    Args:
        path: The file.
        root: The data set.
        portraits: The rows; each is written as it comes.
        manifest: Format of the file.

    Raises:
        DataError: It cannot be written.
        MissingExtraError: Parquet is asked for, and pyarrow is not installed.
    """
    with _whole(path) as part:
        (_write_csv if manifest == "csv" else _write_parquet)(part, root, portraits)


def read_table(path: Path, manifest: Format) -> Iterator[dict[str, Any]]:
    """Read the values of every row by column.

    Raises:
        DataError: The file is damaged, a value is broken, or there are other columns.
        MissingExtraError: The file is Parquet, and pyarrow is not installed.
    """
    try:
        yield from (_read_csv if manifest == "csv" else _read_parquet)(path)
    # What csv, pyarrow and decoding raise for damage; arrays of absurd length take no memory there is.
    except (ValueError, OSError, csv.Error, KeyError, TypeError, MemoryError) as error:
        raise DataError(f"{path} is damaged ({error}). Build the data set again.") from error


def portrait_of(path: Path, root: Path, size: int, row: Mapping[str, Any]) -> Portrait:
    """Convert a row of `read_table` to a portrait.

    Raises:
        DataError: A value is broken.
    """
    try:
        return from_values(row, root, size)
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise _broken(path, row.get("source"), error) from error


def _broken(path: Path, source: object, error: Exception) -> DataError:
    return DataError(f"{path}: the row of {source} is broken ({error}). Build again.")


def _write_csv(path: Path, root: Path, portraits: Iterable[Portrait]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [column.name for column in COLUMNS], lineterminator="\n")
        writer.writeheader()
        writer.writerows(to_text(portrait, root) for portrait in portraits)


def _read_csv(path: Path) -> Iterator[dict[str, Any]]:
    with opened_lines(path) as lines:
        reader = csv.DictReader(lines)
        _check_columns(path, reader.fieldnames or ())
        for row in reader:
            try:
                yield parsed(row)
            # A row with too few cells holds None, and base64 refuses it with a TypeError.
            except (ValueError, TypeError, AttributeError, OverflowError) as error:
                raise _broken(path, row["source"], error) from error


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
        while batch := [_listed(to_values(portrait, root)) for portrait in islice(rows, _BATCH)]:
            writer.write_table(pyarrow.Table.from_pylist(batch, schema))


def _listed(values: dict[str, Any]) -> dict[str, Any]:
    lists = {name: values[name].ravel() for name in ("landmarks", "embedding") if values[name] is not None}
    return values | {"landmarks": [], "embedding": []} | lists


def _read_parquet(path: Path) -> Iterator[dict[str, Any]]:
    _, parquet = _pyarrow()
    check_regular(path, inf)
    with parquet.ParquetFile(path) as file:
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
    """Give a file to write to, which gets its name only when all is written."""
    try:
        with images.whole(path) as part:
            yield part
    except OSError as error:
        raise DataError(
            f"{path} cannot be written ({error}). Free some space or choose another folder."
        ) from error
