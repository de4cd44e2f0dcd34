"""Restore all photos of a folder, or of a shard of it: begin, run, finish."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from gfrnet.cluster import local, on_ray
from gfrnet.cluster.crew import Crew
from gfrnet.cluster.guides import packed, prepare_guides
from gfrnet.cluster.plan import Places, list_pictures, name_results, of_shard
from gfrnet.cluster.report import ReportFolder, clear_parts
from gfrnet.cluster.rows import Row, Summary, add_up
from gfrnet.cluster.shard import Shard
from gfrnet.cluster.storage import Entry, Folder, UnreadableError
from gfrnet.cluster.work_order import How, Item, Unit, WorkOrder
from gfrnet.cluster.worker import spelled
from gfrnet.errors import Advice, WriteError
from gfrnet.restore import GuideSkipped, Restorer
from gfrnet.version import __version__
from gfrnet.work import Advanced, Noted, Stopped, never, unheard

UNIT = 16
"""Largest number of photos of a unit: a few seconds of work, which a death costs."""

UNITS_EACH = 8
"""Least number of units for each worker, where there are photos enough: so none waits long at the end."""

Listener: TypeAlias = Callable[[Advanced | Noted | GuideSkipped], None]


@dataclass
class ClusterJob:
    """Restore photos in bulk. `begin` makes it, `run` does the work, `finish` writes the report.

    Attributes:
        places: The folders.
        shard: The part of the photos.
        order: What every process knows.
        guides: The packed guides.
        items: Photos to restore.
        rows: Rows that are known, by name: those of kept results first, and then those of this run.
    """

    places: Places
    shard: Shard
    order: WorkOrder
    guides: bytes = field(repr=False)
    items: tuple[Item, ...] = field(repr=False)
    rows: dict[str, Row] = field(repr=False)
    _earlier: dict[str, Row] = field(repr=False, default_factory=dict)
    _reached: int = 0

    @classmethod
    def begin(
        cls,
        places: Places,
        how: How | None = None,
        *,
        shard: Shard | None = None,
        resume: bool = False,
        on_event: Listener = unheard,
    ) -> ClusterJob:
        """List the photos, prepare the guides, and check that all can be written.

        Args:
            places: The folders.
            how: How to restore; None for the defaults.
            shard: The part of the photos; None for all.
            resume: Whether to go on with a report. A result is kept if its row has the hashes of the photo
                and of the settings. Others are written anew.
            on_event: Hears of guides that cannot be used.

        Raises:
            PlanError: A folder is missing, empty, or overlaps with another. No guide is given.
            GfrnetError: The model cannot be loaded, or no guide can be used.
            WriteError: The report or results cannot be written. A report is there, and ``resume`` is false.
                Results exist that the report does not know.
        """
        how, shard = how or How(), shard or Shard()
        places.check_apart()
        entries = list_pictures(Folder(places.source), "source")
        results = name_results([entry.name for entry in entries])
        mine = of_shard(entries, shard)
        restorer = Restorer.load(how.model)
        guides = prepare_guides(places.guides, restorer, how.options, on_event)
        settings = how.settings([guide.content for guide in guides.guides] if guides else [])
        report, output = Folder(places.report), Folder(places.output)
        report.check_writable()
        output.check_writable()
        there, book = _existing(output), ReportFolder(report, shard)
        begun = book.is_begun(places, resume)
        # Without a report of ours, files of these names are not ours either.
        if not begun:
            _check_free(output, [results[entry.name] for entry in mine], there)
        known = book.known() if begun else {}
        book.begin(places, how.model)
        order = WorkOrder(Folder(places.source), output, report, book.parts, how, settings, None)
        job = cls(places, shard, order, packed(guides), (), {}, known)
        job.items = tuple(job._items(mine, results, there))
        return job

    def _items(self, entries: Sequence[Entry], results: dict[str, str], there: set[str]) -> Iterator[Item]:
        """Yield the photos that processes must look at; note the rows of those that are surely done."""
        for entry in entries:
            result = results[entry.name]
            row = self._earlier.get(spelled(entry.name))
            done = row is not None and row.settings == self.order.settings and result in there
            if row is None or not done or row.status not in ("restored", "kept"):
                yield Item(entry.name, result, entry.stamp)
            elif entry.stamp and entry.stamp == row.stamp:
                self.rows[row.name] = row.model_copy(update={"status": "kept"})
            else:
                yield Item(entry.name, result, entry.stamp, row.content)

    @property
    def photos(self) -> int:
        """Return the number of photos of this shard."""
        return len(self.items) + len(self.rows) - self._reached

    def run(
        self, crew: Crew | None = None, *, on_event: Listener = unheard, stopped: Stopped = never
    ) -> Iterator[Row]:
        """Restore the photos, and yield the row of each, in the order in which they are done.

        Args:
            crew: Who does the work; None for one process on each core here.
            on_event: Hears how far the work is.
            stopped: Asked between units. If true, the iteration ends.

        Raises:
            WorkerDiedError: Processes die again and again.
            GfrnetError: The report cannot be written, or there is no cluster at the address.
        """
        crew, total = crew or Crew(), self.photos
        workers, threads = crew.resolved()
        units = self._units(workers)
        order = replace(self.order, threads=threads)
        if crew.engine == "ray":
            found = on_ray.run(order, self.guides, units, crew, stopped)
        else:
            found = local.run(order, self.guides, units, workers, stopped)
        yield from list(self.rows.values())
        for rows in found:
            for row in rows:
                known = self._earlier.get(row.name) if row.status == "kept" else None
                full = known.model_copy(update={"status": "kept", "stamp": row.stamp}) if known else row
                self._reached += 1
                self.rows[row.name] = full
                yield full
            on_event(Advanced("photos", len(self.rows), total))

    def _units(self, workers: int) -> list[Unit]:
        size = max(1, min(UNIT, len(self.items) // (workers * UNITS_EACH)))
        # Another run has other labels, so that its marks mean nothing here.
        run = secrets.token_hex(4)
        starts = range(0, len(self.items), size)
        return [Unit(f"{run}-{start}", self.items[start : start + size]) for start in starts]

    def finish(self) -> Summary:
        """Write the report, if every photo was reached, and return the sums.

        An interrupted job leaves the rows in files of its own. The same job goes on with them.

        Raises:
            WriteError: The report cannot be written.
        """
        book = ReportFolder(self.order.report, self.shard)
        names = [spelled(item.name) for item in self.items]
        missing = [name for name in names if name not in self.rows]
        rows = sorted(self.rows.values(), key=lambda row: row.name)
        summary = Summary(
            gfrnet=__version__,
            model=self.order.how.model,
            source=self.places.source,
            output=self.places.output,
            report=self.places.report,
            files=(book.lines,) if not missing else (),
            shards=self.shard.count,
            not_reached=len(missing),
        )
        summary = add_up(summary, rows).model_copy(update={"photos": len(rows) + len(missing)})
        clear_parts(self.order.output, (item.result for item in self.items))
        if not missing:
            book.finish(rows, summary)
        return summary


def _existing(output: Folder) -> set[str]:
    """Return the names of the files that the folder of results holds; none where there is no folder."""
    try:
        return {entry.name for entry in output.entries()}
    except UnreadableError:
        return set()


def _check_free(output: Folder, names: Sequence[str], there: set[str]) -> None:
    """Refuse to write over files that may not be ours.

    Raises:
        WriteError: A result has the name of such a file.
    """
    taken = [name for name in names if name in there]
    if taken:
        more = f", and so do {len(taken) - 1} more results" if taken[1:] else ""
        raise WriteError(
            f"{output.path(taken[0])} exists already{more}, but the folder of the report tells of no such "
            "job. Choose another folder for the results, or give the report with which they were written.",
            advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
        )
