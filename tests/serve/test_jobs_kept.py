"""Test jobs and files as they lie on the disk, without a server."""

import hashlib
import os
import time
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import anyio
import pytest

from gfrnet.serve.database import Database
from gfrnet.serve.jobs import MOST_DEATHS, MOST_RESTARTS, Jobs
from gfrnet.serve.orders import PhotoOrder, PreviewOrder, RestoreOrder
from gfrnet.serve.problems import ProblemError
from gfrnet.serve.settings import Settings
from gfrnet.serve.store import FileStore


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "jobs.sqlite3")


@pytest.fixture
def store(tmp_path: Path, database: Database) -> FileStore:
    return FileStore(tmp_path / "files", database, Settings(data=tmp_path, file_bytes=1000, store_bytes=2500))


@pytest.fixture
def jobs(database: Database) -> Jobs:
    return Jobs(database, most_queued=3)


def order(sha256: str) -> RestoreOrder:
    return RestoreOrder(photos=(PhotoOrder(file=sha256, name="old.png"),))


def put(store: FileStore, content: bytes, name: str | None = None) -> bool:
    """Send a file, and return whether it is new."""

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 100):
            yield content[start : start + 100]

    return anyio.run(store.put, chunks(), name or hashlib.sha256(content).hexdigest(), len(content))[1]


def test_a_file_is_kept_once_and_whole(store: FileStore, tmp_path: Path) -> None:
    content = os.urandom(700)
    assert put(store, content)
    assert not put(store, content)
    sha256 = store.take(BytesIO(content))
    assert store.path(sha256).read_bytes() == content
    assert store.total() == store.size(sha256) == 700
    assert [path for path in (tmp_path / "files").rglob("*") if path.is_file()] == [store.path(sha256)]


@pytest.mark.parametrize("name", ["../" * 21 + "x", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_a_file_has_no_other_name(store: FileStore, name: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        store.path(name)


def test_a_file_of_another_hash_leaves_nothing(store: FileStore, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refused:
        put(store, b"content", "0" * 64)
    assert refused.value.problem.status == 422
    assert not [path for path in (tmp_path / "files").rglob("*") if path.is_file()]


def test_large_files_and_a_full_store_are_refused(store: FileStore) -> None:
    with pytest.raises(ProblemError) as refused:
        put(store, bytes(1001))
    assert refused.value.problem.status == 413
    for number in range(2):
        put(store, bytes([number]) * 1000)
    with pytest.raises(ProblemError) as refused:
        put(store, bytes([9]) * 1000)
    assert refused.value.problem.status == 507


def test_files_that_no_job_needs_are_deleted_in_time(store: FileStore, jobs: Jobs) -> None:
    needed, free = store.take(BytesIO(b"needed")), store.take(BytesIO(b"free"))
    job, _ = jobs.add(order(needed))
    assert store.sweep(time.time() - 3600) == 0
    assert store.sweep(time.time() + 3600) == 1
    assert (store.size(needed), store.size(free)) == (6, None)
    assert jobs.unused(time.time() + 3600) == []
    jobs.begin(quick=False)
    jobs.end(job.id, "done")
    assert jobs.unused(time.time() + 3600) == [job.id]
    assert jobs.remove(job.id) == (job.created, [needed])
    assert store.sweep(time.time() + 3600) == 1


def test_a_store_forgets_what_was_deleted_and_what_was_half_written(
    store: FileStore, database: Database, tmp_path: Path
) -> None:
    gone, there = store.take(BytesIO(b"gone")), store.take(BytesIO(b"there"))
    store.path(gone).unlink()
    (tmp_path / "files" / "0123.part").write_bytes(b"half")
    stray = store.path("f" * 64)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"not listed")
    again = FileStore(tmp_path / "files", database, Settings(data=tmp_path))
    assert (again.size(gone), again.size(there)) == (None, 5)
    assert [path.name for path in (tmp_path / "files").rglob("*") if path.is_file()] == [there]


def test_the_same_request_is_the_same_job(store: FileStore, jobs: Jobs) -> None:
    one, other = store.take(BytesIO(b"one")), store.take(BytesIO(b"other"))
    job, new = jobs.add(order(one), "key")
    again, newer = jobs.add(order(one), "key")
    assert (new, newer, job.id) == (True, False, again.id)
    with pytest.raises(ProblemError) as refused:
        jobs.add(order(other), "key")
    assert refused.value.problem.type.endswith(":key-reused")


def test_the_queue_is_bounded_for_each_kind(store: FileStore, jobs: Jobs) -> None:
    file = store.take(BytesIO(b"photo"))
    for _ in range(3):
        jobs.add(order(file))
    with pytest.raises(ProblemError) as refused:
        jobs.add(order(file))
    assert refused.value.problem.status == 429
    assert int(refused.value.headers["Retry-After"]) >= 1
    jobs.add(PreviewOrder(photo=PhotoOrder(file=file)))


def test_an_order_needs_its_files(jobs: Jobs) -> None:
    with pytest.raises(ProblemError) as refused:
        jobs.add(order("0" * 64))
    assert refused.value.problem.type.endswith(":file-missing")
    assert jobs.counts() == {}


def test_jobs_begin_in_their_order_and_by_kind(store: FileStore, jobs: Jobs) -> None:
    file = store.take(BytesIO(b"photo"))
    first, second = (jobs.add(order(file))[0].id for _ in range(2))
    quick = jobs.add(PreviewOrder(photo=PhotoOrder(file=file)))[0].id
    begun = [
        jobs.begin(quick=False),
        jobs.begin(quick=True),
        jobs.begin(quick=False),
        jobs.begin(quick=False),
    ]
    assert [job and job.id for job in begun] == [first, quick, second, None]


def test_stopping_a_job_ends_it_or_asks_for_its_end(store: FileStore, jobs: Jobs) -> None:
    file = store.take(BytesIO(b"photo"))
    running, waiting = (jobs.add(order(file))[0].id for _ in range(2))
    jobs.begin(quick=False)
    assert (jobs.stop(running).state, jobs.stop(waiting).state) == ("stopping", "cancelled")
    assert jobs.stopping(running)
    jobs.end(running, "cancelled")
    assert jobs.stop(running).state == "cancelled"


def test_jobs_of_a_killed_server_begin_anew(store: FileStore, jobs: Jobs) -> None:
    file = store.take(BytesIO(b"photo"))
    running, stopping, waiting = (jobs.add(order(file))[0].id for _ in range(3))
    for _ in range(2):
        jobs.begin(quick=False)
    jobs.stop(stopping)
    assert jobs.recover() == []
    assert [jobs.get(job).state for job in (running, stopping, waiting)] == ["queued", "cancelled", "queued"]
    for _ in range(MOST_RESTARTS):
        jobs.begin(quick=False)
        tired = jobs.recover()
    assert tired == [running]


def test_a_job_in_which_workers_die_is_tried_again_once(store: FileStore, jobs: Jobs) -> None:
    job = jobs.add(order(store.take(BytesIO(b"photo"))))[0].id
    again = []
    for _ in range(MOST_DEATHS):
        jobs.begin(quick=False)
        again.append(jobs.died(job))
    assert again == [True, False]


def test_events_are_numbered_from_one(store: FileStore, jobs: Jobs) -> None:
    heard: list[str] = []
    jobs.on_event = heard.append
    job = jobs.add(order(store.take(BytesIO(b"photo"))))[0].id
    jobs.tell(job, "face", {"face": 0})
    assert [(event.id, event.kind) for event in jobs.events(job)] == [(1, "state"), (2, "face")]
    assert [event.id for event in jobs.events(job, 1)] == [2]
    assert heard == [job, job]


def test_a_file_of_something_else_is_no_database(tmp_path: Path) -> None:
    from gfrnet.errors import DataError

    (tmp_path / "jobs.sqlite3").write_bytes(b"no database" * 100)
    with pytest.raises(DataError, match="Choose another folder"):
        Database(tmp_path / "jobs.sqlite3")


def test_a_file_that_somebody_sent_meanwhile_outlives_the_job(store: FileStore, jobs: Jobs) -> None:
    own, shared = store.take(BytesIO(b"own")), store.take(BytesIO(b"shared"))
    order = RestoreOrder(photos=(PhotoOrder(file=own), PhotoOrder(file=shared)))
    job, _ = jobs.add(order)
    store.take(BytesIO(b"shared"))
    jobs.begin(quick=False)
    jobs.end(job.id, "done")
    created, files = jobs.remove(job.id)
    assert [store.drop(file, created) for file in sorted(files, key=[own, shared].index)] == [True, False]
