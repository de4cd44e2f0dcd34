"""Keep worker processes: give them jobs, write down what they tell, and replace those that die."""

from __future__ import annotations

import json
import logging
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.synchronize import Event as Flag
from threading import Condition, Thread
from typing import Any

from gfrnet.errors import Advice
from gfrnet.serve.job_rows import Job
from gfrnet.serve.jobs import Jobs
from gfrnet.serve.problems import Problem, ProblemError
from gfrnet.serve.room import is_full, nothing_stored
from gfrnet.serve.worker import Bench, work

_LOG = logging.getLogger(__name__)

_TICK = 0.25
"""Seconds between two looks at whether a worker still gives signs of life."""

_IDLE_SECONDS = 5.0

_MOST_MESSAGE = 64 << 20
"""Longest message of a worker. Records of a photo of 500 faces take half a megabyte."""

_START_SECONDS = 120.0
_PAUSES = (0.0, 1.0, 5.0, 20.0)
"""Seconds before a worker is started anew, by the number that died before they were ready."""

_LEAVE_SECONDS = 3.0

_END_SECONDS = 20.0
"""Seconds that a job gets at the end of the server to reach a safe point."""


@dataclass
class Worker:
    """Hold a process, and the way to talk to it."""

    process: SpawnProcess
    pipe: Connection
    stop: Flag

    @classmethod
    def started(cls, bench: Bench) -> Worker:
        """Start a process."""
        context = get_context("spawn")
        ours, theirs = context.Pipe()
        stop = context.Event()
        # A daemon could start no processes, and a scan needs some. Workers end with the server by themselves.
        process = context.Process(target=work, args=(bench, theirs, stop))
        if hasattr(signal, "pthread_sigmask"):
            # The worker inherits it. Ctrl-C is for the server alone, also while a worker starts.
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        process.start()
        theirs.close()
        return cls(process, ours, stop)

    def give(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        self.pipe.send_bytes(json.dumps(message).encode())

    def hear(self, seconds: float) -> dict[str, Any] | None:
        """Return the next message; None where none comes in time.

        Raises:
            EOFError: The process died, or sends what is no message.
        """
        wait([self.pipe, self.process.sentinel], seconds)
        try:
            if self.pipe.poll():
                return dict(json.loads(self.pipe.recv_bytes(_MOST_MESSAGE)))
        except (OSError, ValueError, TypeError) as error:
            raise EOFError from error
        if not self.process.is_alive():
            raise EOFError
        return None

    def end(self) -> None:
        """Let an idle process end by itself; kill one that does not."""
        self.pipe.close()
        self.process.join(_LEAVE_SECONDS)
        self.kill()

    def kill(self) -> None:
        """End the process at once."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


class Crew:
    """Keep some workers for long jobs, and one for jobs on whose end somebody waits.

    Args:
        jobs: The jobs.
        bench: What workers work with.
        workers: Number of workers for long jobs.
        patience: Seconds without a message after which a worker counts as stuck.
        brief: Returns what a worker needs to know beside the order, or raises a `ProblemError`.
        is_over: Returns whether more is stored than may be, so that no job may go on.

    Attributes:
        ending: Whether the server ends.
        deaths: Number of workers that died in jobs.
        rung: Number of times that there were news.
        broken: Why no worker can begin; empty where nothing is amiss.
        full: Whether a job waits because nothing can be written to the disk.
    """

    def __init__(
        self,
        jobs: Jobs,
        bench: Bench,
        workers: int,
        patience: float,
        brief: Callable[[Job], Mapping[str, Any]],
        is_over: Callable[[], bool],
    ) -> None:
        self.jobs, self.bench, self.patience, self.brief = jobs, bench, patience, brief
        self.is_over = is_over
        self.ending = False
        self.deaths = 0
        self.rung = 0
        self.broken = ""
        self.full = False
        self._news = Condition()
        self._seats = [Seat(self, quick) for quick in (*[False] * workers, True)]

    def start(self) -> None:
        """Start all workers."""
        for seat in self._seats:
            seat.start()

    @property
    def ready(self) -> bool:
        """Return whether every kind of job has a worker that can begin it."""
        return all(any(seat.ready for seat in self._seats if seat.quick is quick) for quick in (True, False))

    def wake(self) -> None:
        """Let idle workers look for jobs."""
        with self._news:
            self.rung += 1
            self._news.notify_all()

    def rest(self, seconds: float, rung: int | None = None) -> None:
        """Wait for news, or for some seconds.

        Args:
            seconds: Longest time to wait.
            rung: Value of ``rung`` when there was nothing to do. News since then are not missed.
        """
        with self._news:
            if not self.ending and rung in (None, self.rung):
                self._news.wait(seconds)

    def stop_job(self, job: str) -> None:
        """Let the worker of a job end it at the next safe point."""
        for seat in self._seats:
            seat.stop_job(job)

    def end(self) -> None:
        """End all workers. Their jobs reach a safe point, and wait for the next start of the server."""
        self.ending = True
        for seat in self._seats:
            seat.stop_job(None)
        self.wake()
        until = time.monotonic() + _END_SECONDS
        for seat in self._seats:
            seat.join(max(0.1, until - time.monotonic()))
        for seat in self._seats:
            seat.kill()
            seat.join(1.0)


class Seat(Thread):
    """Keep one worker, and give it one job after the other.

    Args:
        crew: All seats.
        quick: Whether it takes the jobs on whose end somebody waits.
    """

    def __init__(self, crew: Crew, quick: bool) -> None:
        super().__init__(daemon=True, name=f"seat for {'quick' if quick else 'long'} jobs")
        self.quick, self.ready = quick, False
        self._crew, self._jobs = crew, crew.jobs
        self._worker: Worker | None = None
        self._job: str | None = None
        self._lost: str | None = None
        self._no_room = False

    def run(self) -> None:
        """Work until the server ends."""
        failures = 0
        while not self._crew.ending:
            self._crew.rest(_PAUSES[min(failures, len(_PAUSES) - 1)])
            failures = 0 if self._hired() else failures + 1
            while self.ready and not self._crew.ending:
                self._turn()
        worker, self._worker, self.ready = self._worker, None, False
        if worker is not None:
            worker.end()

    def stop_job(self, job: str | None) -> None:
        """Let the job at hand end at the next safe point, if it has this name; None means any."""
        worker = self._worker
        if worker is not None and self._job is not None and job in (None, self._job):
            worker.stop.set()

    def kill(self) -> None:
        """End the worker at once."""
        worker, self._worker, self.ready = self._worker, None, False
        if worker is not None:
            worker.kill()

    def _hired(self) -> bool:
        """Start a worker, and return whether it is ready."""
        worker = self._worker = Worker.started(self._crew.bench)
        until = time.monotonic() + _START_SECONDS
        try:
            while not self._crew.ending and time.monotonic() < until:
                message = worker.hear(_TICK)
                if message is not None:
                    self._crew.broken = str(message.get("broken", ""))
                    self.ready = not self._crew.broken
                    break
        except EOFError:
            if not self._crew.ending:
                _LOG.error("A worker died before it was ready.")
        if not self.ready:
            self.kill()
        return self.ready

    def _turn(self) -> None:
        """Do a job, or wait for one."""
        worker = self._worker
        assert worker is not None, "it is ready"
        if not worker.process.is_alive():
            self.kill()
            return
        try:
            if self._lost is not None:
                self._jobs.requeue(self._lost)
                self._lost = None
            rung = self._crew.rung
            job = self._jobs.begin(self.quick)
            if job is None:
                self._crew.rest(_IDLE_SECONDS, rung)
                return
            self._lost, self._crew.full = job.id, False
            self._do(job, worker)
            self._lost = None
        except Exception as error:
            # The job begins anew once it can be written down.
            if is_full(error):
                _LOG.error("The disk is full, so a job waits. Make room on it.")
                self._crew.full = True
                if self._lost is not None:
                    self._jobs.on_event(self._lost)
            else:
                _LOG.exception("A job cannot be written down")
            self.kill()
            self._crew.rest(_IDLE_SECONDS)

    def _do(self, job: Job, worker: Worker) -> None:
        try:
            brief = self._crew.brief(job)
        except ProblemError as error:
            self._jobs.end(job.id, "failed", problem=error.problem)
            return
        worker.stop.clear()
        self._job, self._no_room = job.id, False
        try:
            if self._crew.ending or self._jobs.stopping(job.id):
                worker.stop.set()
            earlier = [(event.kind, dict(event.data)) for event in self._jobs.events(job.id)]
            order = job.order.model_dump(mode="json")
            worker.give({"job": job.id, "order": order, "earlier": earlier, **brief})
            self._end(job, self._followed(job, worker))
        except (EOFError, OSError):
            self._bury(job, worker)
        finally:
            self._job = None

    def _followed(self, job: Job, worker: Worker) -> dict[str, Any]:
        """Write down what a worker tells of a job; return how the job ended.

        Raises:
            EOFError: The worker died or is stuck.
        """
        heard = time.monotonic()
        while True:
            message = worker.hear(_TICK)
            if message is None:
                if time.monotonic() - heard > self._crew.patience:
                    raise EOFError
                continue
            heard = time.monotonic()
            if "end" in message:
                return dict(message["end"])
            size = int(message.get("size", 0))
            self._jobs.tell(job.id, str(message["event"]), message["data"], size)
            if size and self._crew.is_over():
                self._no_room = True
                worker.stop.set()

    def _end(self, job: Job, end: Mapping[str, Any]) -> None:
        state, size = end["state"], int(end["size"])
        # A job that only the end of the server stopped goes on when it starts again.
        if state == "cancelled" and self._crew.ending and self._jobs.requeue(job.id):
            return
        if state == "cancelled" and self._no_room and not self._jobs.stopping(job.id):
            self._jobs.end(job.id, "failed", problem=nothing_stored(), size=size)
            return
        problem = end.get("problem")
        self._jobs.end(
            job.id,
            state if state in ("done", "failed") else "cancelled",
            problem=None if problem is None else Problem.model_validate(problem),
            result=end.get("result"),
            size=size,
        )

    def _bury(self, job: Job, worker: Worker) -> None:
        """Replace a worker that died or is stuck, and try its job once more."""
        pid = worker.process.pid
        self.kill()
        if self._crew.ending:
            self._jobs.requeue(job.id)
            return
        self._crew.deaths += 1
        _LOG.error("Worker %s died in job %s.", pid, job.id)
        if self._jobs.died(job.id):
            return
        if self._jobs.stopping(job.id):
            self._jobs.end(job.id, "cancelled")
            return
        problem = Problem(
            type="urn:gfrnet:problem:worker-died",
            title="Worker died",
            status=500,
            detail="The process that did this died twice, perhaps for lack of memory. Give a smaller "
            "picture, or enlarge it less.",
            advice=(Advice.SCALE_LESS,),
        )
        self._jobs.end(job.id, "failed", problem=problem)


def threads_each(workers: int) -> int:
    """Return the number of threads for the network of each worker."""
    return max(1, (os.cpu_count() or 1) // workers)
