"""Restore the photos of a unit, and keep their rows, so that any process may die at any time."""

from __future__ import annotations

import secrets
from time import perf_counter

from gfrnet import images
from gfrnet.batch import PhotoRecord
from gfrnet.batch.records import failed_record, restored_record
from gfrnet.cluster.guides import unpacked
from gfrnet.cluster.rows import Row, lines_of, rows_of
from gfrnet.cluster.storage import Folder
from gfrnet.cluster.work_order import Item, Unit, WorkOrder
from gfrnet.printable import printable
from gfrnet.restore import RestoredPhoto, Restorer
from gfrnet.restore.sources import bytes_hash

DEATHS = 3
"""Number of processes that may die with one photo, before the photo counts as failed.

Of random kills (``benchmarks/cluster_scale.py``), none hit one photo three times.
"""

TRYING = "trying"
"""Folder of marks of begun work, in the folder of unfinished reports."""


class Worker:
    """Restore units, with model and guides loaded once.

    Args:
        order: What every process of the job knows.
        guides: The prepared guides, as `guides.packed` gives them.
    """

    def __init__(self, order: WorkOrder, guides: bytes) -> None:
        self._order = order
        self._restorer = Restorer.load(order.how.model, threads=order.threads)
        self._guides = unpacked(guides)

    def restore(self, unit: Unit) -> tuple[Row, ...]:
        """Restore the photos of a unit, write their rows as a file, and return them.

        A mark tells that the unit is begun. Where one is left, a process died with it. Then each photo has a
        mark and a file of its own, so that only one is done again. A photo that kills every process becomes a
        failed one.

        Raises:
            WriteError: The report cannot be written.
            UnreadableError: The report cannot be read.
        """
        report, marks = self._order.report, f"{self._order.parts}/{TRYING}/{unit.label}"
        left = _names(report, marks)
        mark = f"{marks}/{secrets.token_hex(8)}"
        report.write(mark, b"")
        rows = self._carefully(unit, left) if left else tuple(self._photo(item) for item in unit.items)
        if not left:
            self._keep(unit, rows)
        report.delete([mark, *left, *_names(report, marks)] if left else [mark])
        return rows

    def _carefully(self, unit: Unit, left: list[str]) -> tuple[Row, ...]:
        """Restore photos one by one, where a process died with this unit."""
        report = self._order.report
        parts = _names(report, self._order.parts, f"{unit.label}-")
        done = {row.name: row for part in report.read_all(parts) for row in rows_of(part)}
        rows = list[Row]()
        for index, item in enumerate(unit.items):
            begun = f"{self._order.parts}/{TRYING}/{unit.label}/{index}-"
            row = done.get(spelled(item.name))
            if row is None and sum(name.startswith(begun) for name in left) >= DEATHS:
                row = self._deadly(item)
                self._keep(unit, (row,))
            elif row is None:
                report.write(f"{begun}{secrets.token_hex(8)}", b"")
                row = self._photo(item)
                self._keep(unit, (row,))
            rows.append(row)
        return tuple(rows)

    def _keep(self, unit: Unit, rows: tuple[Row, ...]) -> None:
        """Write rows to a file that nobody else writes."""
        name = f"{self._order.parts}/{unit.label}-{secrets.token_hex(8)}.jsonl"
        self._order.report.write(name, lines_of(rows))

    def _photo(self, item: Item) -> Row:
        """Restore a photo, or tell why it cannot be restored. Whatever goes wrong is told in the row."""
        start, order = perf_counter(), self._order
        source, output = order.source.path(item.name), order.output.path(item.result)
        content, result = "", None
        try:
            data = order.source.read(item.name)
            content = bytes_hash(data)
            if content == item.known:
                return self._row(item, PhotoRecord(photo=source, status="kept", output=output), content)
            result = self._restored(data, source, content)
            written = images.as_file(result.photo, output, order.how.quality)
            order.output.write(item.result, written, [source] if order.source.local else [])
        except Exception as error:
            record = failed_record(source, error, perf_counter() - start, result)
            return self._row(item, record, content)
        record = restored_record(source, output, perf_counter() - start, result)
        return self._row(item, record, content, bytes_hash(written))

    def _restored(self, data: bytes, source: str, content: str) -> RestoredPhoto:
        options = self._order.how.options
        photo = images.decode(data, source, options.max_megabytes)
        # The photo may lie among the guides, under another name as well.
        guides = self._guides.without_content(content) if self._guides is not None else ()
        result = self._restorer.restore(photo, guides, options)
        result.check()
        return result

    def _row(self, item: Item, record: PhotoRecord, content: str = "", written: str = "") -> Row:
        return Row(
            **{name: getattr(record, name) for name in PhotoRecord.model_fields},
            name=item.name,
            content=content,
            stamp=item.stamp,
            settings=self._order.settings,
            written=written,
        )

    def _deadly(self, item: Item) -> Row:
        reason = (
            f"{DEATHS} processes died with this photo, perhaps for lack of memory. Restore it alone, on a "
            "machine with more memory."
        )
        photo = self._order.source.path(item.name)
        return self._row(item, PhotoRecord(photo=photo, status="failed", reason=reason))


def spelled(name: str) -> str:
    """Return the name of a photo as rows spell it: bytes that are no UTF-8 are written out."""
    return printable(name)


def _names(folder: Folder, below: str, beginning: str = "") -> list[str]:
    """Return the files of a subfolder, or none where it is missing."""
    return [f"{below}/{name}" for name in folder.names(below) if name.startswith(beginning)]
