import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import pytest

from gfrnet.errors import Advice, WorkerDiedError, WrongPersonError
from gfrnet.work import run


def squared(number: int) -> int:
    return number * number


def settings(_: int) -> tuple[int, bool]:
    return cv2.getNumThreads(), signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def dies_at_three(number: int) -> int:
    if number == 3:
        os._exit(1)
    return number


def refuses(number: int) -> int:
    if number == 2:
        raise WrongPersonError("Nobody looks like that.", 0.2, 0.6, advice=(Advice.FORCE,))
    return number


def writes_its_id_and_sleeps(path: Path) -> None:
    path.write_text(str(os.getpid()))
    time.sleep(60)


def until(condition: object, seconds: float = 20) -> bool:
    """Wait for a condition; say whether it came."""
    assert callable(condition)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def lives(process: int) -> bool:
    """Say whether a process runs; one that only waits for its parent to notice its end does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("workers", [1, 2])
def test_every_result_comes_with_its_task(workers: int) -> None:
    assert sorted(run(squared, range(7), workers)) == [(number, number * number) for number in range(7)]


def test_no_tasks_give_no_results() -> None:
    assert list(run(squared, (), 2)) == []


def test_tasks_are_taken_as_processes_become_free() -> None:
    taken: list[int] = []

    def tasks() -> Iterator[int]:
        for number in range(20):
            taken.append(number)
            yield number

    results = run(squared, tasks(), 1, ahead=2)
    next(results)
    assert len(taken) == 3
    results.close()
    assert len(taken) == 3


def test_a_stop_finishes_the_tasks_at_hand_and_begins_no_others() -> None:
    done: list[int] = []
    for task, _ in run(squared, range(100), 1, ahead=1, stopped=lambda: len(done) >= 2):
        done.append(task)
    assert 2 <= len(done) <= 4
    assert done == list(range(len(done)))


def test_workers_have_one_thread_and_leave_the_interrupt_to_the_parent() -> None:
    assert [result for _, result in run(settings, range(2), 1)] == [(1, True)] * 2


def test_a_dead_worker_is_an_error_with_advice() -> None:
    done: list[int] = []
    with pytest.raises(WorkerDiedError, match=r"Do the same again.*One process alone") as caught:
        done.extend(task for task, _ in run(dies_at_three, range(6), 1))
    assert caught.value.advice == (Advice.ONE_WORKER,)
    assert done == [0, 1, 2]


def test_an_error_of_the_function_comes_through_whole() -> None:
    with pytest.raises(WrongPersonError, match="Nobody looks like that") as caught:
        list(run(refuses, range(6), 2))
    assert (caught.value.similarity, caught.value.advice) == (0.2, (Advice.FORCE,))


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_workers_end_with_their_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys\nfrom pathlib import Path\nfrom gfrnet.work import run\n"
        "from test_work import writes_its_id_and_sleeps\n"
        "if __name__ == '__main__':\n"
        "    list(run(writes_its_id_and_sleeps, [Path(sys.argv[1])], 1))\n"
    )
    place, path = tmp_path / "id", os.pathsep.join([*sys.path, str(Path(__file__).parent)])
    with subprocess.Popen(
        [sys.executable, str(script), str(place)], env=os.environ | {"PYTHONPATH": path}
    ) as parent:
        try:
            assert until(lambda: place.exists() and place.read_text())
            worker = int(place.read_text())
            assert lives(worker)
        finally:
            parent.kill()
    assert until(lambda: not lives(worker))


_prepared: list[int] = []


def remember(number: int) -> None:
    _prepared.append(number)


def remembered(number: int) -> tuple[int, list[int]]:
    time.sleep(0.6)
    return number, _prepared


def test_processes_are_prepared_once_and_the_caller_is_told_meanwhile() -> None:
    told: list[int] = []
    found = list(run(remembered, range(3), 1, prepare=partial(remember, 7), meanwhile=lambda: told.append(1)))
    assert [result for _, result in found] == [(number, [7]) for number in range(3)]
    assert len(told) > 3
    assert _prepared == []
