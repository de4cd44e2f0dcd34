"""Bring the parts of a server together, without any HTTP: store, jobs, workers, albums."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from gfrnet import weights
from gfrnet.errors import Advice, DataError
from gfrnet.lock import locked
from gfrnet.runtime import is_algorithm
from gfrnet.serve.bell import Bell
from gfrnet.serve.crew import Crew, threads_each
from gfrnet.serve.database import NAME, Database
from gfrnet.serve.film_desk import check_extra
from gfrnet.serve.film_orders import FilmOrder, FilmScanOrder, PlacedFile
from gfrnet.serve.folders import Folders, kept_secret
from gfrnet.serve.job_rows import Job, file_missing
from gfrnet.serve.jobs import Jobs
from gfrnet.serve.measures import Measures
from gfrnet.serve.orders import AlbumRestoreOrder, BlendOrder, Order, RestoreOrder, ScanOrder
from gfrnet.serve.problems import Problem, ProblemError
from gfrnet.serve.settings import Settings
from gfrnet.serve.store import FileStore
from gfrnet.serve.worker import Bench

_LOG = logging.getLogger(__name__)

_LONGEST_PAUSE = 60.0
"""Seconds between two looks for what has been kept for long enough."""


class Service:
    """Hold the parts of a server. Only one server at a time uses a folder.

    Args:
        settings: How the server is set up.

    Raises:
        DataError: The folder cannot be used, or another server uses it.
        ModelError: There is no such model.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        if not is_algorithm(settings.model):
            weights.find(settings.model)
        self._held = ExitStack()
        self._prepare(settings.data)
        self.database = Database(settings.data / NAME)
        self.store = FileStore(settings.data / "files", self.database, settings)
        self.jobs = Jobs(self.database, settings.most_queued)
        self.folders = Folders(self.database, settings.roots, kept_secret(settings.data / "secret"))
        self.bell = Bell()
        bench = Bench(
            settings.model,
            threads_each(settings.workers),
            settings.data / "files",
            settings.data / "jobs",
            settings.roots,
            settings.max_megabytes,
        )
        self.crew = Crew(
            self.jobs, bench, settings.workers, settings.patience, self.brief, self.store.room.is_over
        )
        self.measures = Measures(self.jobs.counts, self.store.total, lambda: self.crew.deaths)
        self.jobs.on_event = self.bell.ring
        self._ended = Event()
        self._sweeper = Thread(target=self._sweep_often, daemon=True, name="sweeper")

    def _prepare(self, data: Path) -> None:
        try:
            for folder in (data, data / "jobs", data / "tmp"):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._held.enter_context(locked(data / "lock", wait=False))
        except BlockingIOError as error:
            raise DataError(
                f"Another server uses {data}. Stop it, or name another folder.",
                advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
            ) from error
        except OSError as error:
            raise DataError(
                f"{data} cannot be written to ({error.strerror}). Allow writing there, or name another "
                "folder.",
                advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
            ) from error

    def start(self) -> None:
        """Start the workers, and go on with the jobs of a server that was killed."""
        for job in self.jobs.recover():
            problem = Problem.fault("this job was begun too often, because the server ended within it")
            self.jobs.end(job, "failed", problem=problem)
        known = self.jobs.known()
        for folder in self.job_folder("").iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
        self.store.room.keep_spare()
        self.crew.start()
        self._sweeper.start()

    def end(self) -> None:
        """End the workers at a safe point, and give the folder free."""
        self._ended.set()
        self.crew.end()
        self.database.close()
        self._held.close()

    def job_folder(self, job: str) -> Path:
        """Return the folder of a job."""
        return self.settings.data / "jobs" / job

    def out(self, job: str) -> Path:
        """Return the folder of the results of a job."""
        return self.job_folder(job) / "out"

    def order(self, order: Order, key: str | None = None) -> tuple[Job, bool]:
        """Take in an order; return its job, and whether it is new.

        Raises:
            ProblemError: It cannot be done, or the queue is full.
        """
        known = self.jobs.known_by(order, key)
        if known is not None:
            return known, False
        self.check(order)
        self.store.room.check()
        job, new = self.jobs.add(order, key, self._held_by(order))
        self.crew.wake()
        return job, new

    def check(self, order: Order) -> None:
        """Refuse an order that names a folder or a job that is not there.

        Raises:
            ProblemError: As it says.
        """
        if isinstance(order, ScanOrder):
            self.folders.path(order.album)
        elif isinstance(order, AlbumRestoreOrder):
            self.folders.album(order.album)
        elif isinstance(order, BlendOrder):
            self._source(order)
        elif isinstance(order, FilmOrder):
            check_extra()
            self._reel(order)
        for picture in order.pictures():
            if self.store.size(picture.file) is None:
                raise file_missing(picture.file)

    def brief(self, job: Job) -> dict[str, Any]:
        """Return what a worker must know beside the order.

        Raises:
            ProblemError: A folder or another job that it needs is gone.
        """
        if isinstance(job.order, (ScanOrder, AlbumRestoreOrder)):
            return {"folder": str(self.folders.path(job.order.album))}
        if isinstance(job.order, BlendOrder):
            return {"source": self._source(job.order)}
        if isinstance(job.order, FilmOrder):
            return self._reel(job.order)
        return {}

    def stop(self, job: str) -> Job:
        """Ask for the end of a job."""
        self.store.room.use_spare()
        found = self.jobs.stop(job)
        self.crew.stop_job(job)
        return found

    def remove(self, job: str) -> None:
        """Delete an ended job with its results.

        Its files go too, where no other job needs them, and nobody has sent them since it was ordered.

        Raises:
            ProblemError: There is no such job, or another one that has not ended needs it.
        """
        if not self.jobs.get(job).ended:
            return
        if self.jobs.is_needed(job):
            raise ProblemError(
                409,
                "Another job needs its results. Stop that one, or wait for its end.",
                name="job-needed",
            )
        # The results go first: on a full disk nothing can be noted before that.
        shutil.rmtree(self.job_folder(job), ignore_errors=True)
        self.store.room.use_spare()
        created, files = self.jobs.remove(job)
        for file in files:
            self.store.drop(file, created)

    def sweep(self, before: float) -> None:
        """Delete what was last used before a time, and no running job needs."""
        for job in self.jobs.unused(before):
            with suppress(ProblemError):  # somebody needs it, or has deleted it
                self.remove(job)
        self.store.sweep(before)

    def without_paths(self, text: str) -> str:
        """Return a message without the folders of the server."""
        for folder in (self.settings.data, *self.settings.roots):
            for spelling in {str(folder), str(folder.resolve())}:
                text = text.replace(f"{spelling}/", "").replace(spelling, folder.name)
        return text

    def _held_by(self, order: Order) -> tuple[str, ...]:
        """Return the files that stay as long as the job: those of the order, and the photo that it blends."""
        files = tuple(picture.file for picture in order.pictures())
        if isinstance(order, FilmOrder):
            return (*files, *(picture.file for picture in self._film_order(order).pictures()))
        if isinstance(order, BlendOrder):
            return (*files, self._source(order)["photos"][order.photo]["file"])
        return files

    def _source(self, order: BlendOrder) -> Mapping[str, Any]:
        source = self.jobs.get(order.job)
        if not isinstance(source.order, RestoreOrder) or order.photo >= len(source.order.photos):
            raise ProblemError(422, "This job restored no such photo. Name a job and a photo of it.")
        return source.order.model_dump(mode="json")

    def _reel(self, order: FilmOrder) -> dict[str, Any]:
        """Return what a worker must know of a film: the order that names it, and where files lie."""
        scan = self._film_order(order)
        placed = [file for file in (*scan.files(), *order.files()) if isinstance(file, PlacedFile)]
        paths = {
            f"{file.folder}/{file.name}": str(self.folders.file(file.folder, file.name)) for file in placed
        }
        return {"scan": scan.model_dump(mode="json"), "paths": paths, "model": self.settings.model}

    def _film_order(self, order: FilmOrder) -> FilmScanOrder:
        """Return the order that names the film of an order.

        Raises:
            ProblemError: The job that it names found no film.
        """
        if isinstance(order, FilmScanOrder):
            return order
        source = self.jobs.get(order.scan)
        if not isinstance(source.order, FilmScanOrder) or source.state != "done":
            raise ProblemError(
                422, "This job has scanned no film. Scan the film first, and wait for its end."
            )
        return source.order

    def _sweep_often(self) -> None:
        while not self._ended.wait(min(_LONGEST_PAUSE, self.settings.keep / 4)):
            try:
                self.sweep(time.time() - self.settings.keep)
                self.store.room.keep_spare()
            except Exception:
                _LOG.exception("What is old cannot be deleted")
