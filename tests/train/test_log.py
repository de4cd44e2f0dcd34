import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from gfrnet import images
from gfrnet.errors import Advice, DataError, WriteError
from gfrnet.train.log import Progress, RunLog, read_log

resource = pytest.importorskip("resource", reason="only POSIX can limit the size of files")
# TensorBoard's own thread meets the full disk too.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")

NAMES = ("l2", "tv", "discriminator_local")
FIRST = Progress(400, 0.25, 72.1, 5.5, 0.011, 2e-4, 3.25, {"tv": 0.5})
LATER = Progress(800, 0.5, 144.2, 5.6, 0.012, 2e-4, 2.5, {"l2": 2.0, "tv": 0.25, "discriminator_local": 0.7})
HEADER = "samples,epoch,seconds,samples_per_second,data_wait,learning_rate,gradient,l2,tv,discriminator_local"


def scalars(folder: Path, tag: str) -> list[tuple[int, float]]:
    events = EventAccumulator(str(folder / "tensorboard")).Reload()
    return [(event.step, round(event.value, 4)) for event in events.Scalars(tag)]


@contextmanager
def full_disk(path: Path) -> Iterator[None]:
    """Let no file grow beyond the present size of this one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_rows_are_on_the_disk_at_once_with_a_column_for_every_part(tmp_path: Path) -> None:
    log = RunLog(tmp_path / "run", 0, NAMES)
    log.progress(FIRST)
    log.progress(LATER)
    lines = (tmp_path / "run" / "log.csv").read_text().splitlines()
    assert lines == [
        HEADER,
        "400,0.25,72.1,5.5,0.011,0.0002,3.25,,0.5,",
        "800,0.5,144.2,5.6,0.012,0.0002,2.5,2,0.25,0.7",
    ]
    assert scalars(tmp_path / "run", "loss/tv") == [(400, 0.5), (800, 0.25)]
    assert scalars(tmp_path / "run", "run/gradient") == [(400, 3.25), (800, 2.5)]
    log.close()


def test_resuming_drops_what_was_logged_after_the_checkpoint(tmp_path: Path) -> None:
    killed = RunLog(tmp_path, 0, NAMES)
    killed.progress(FIRST)
    killed.progress(LATER)
    with (tmp_path / "log.csv").open("a") as file:
        file.write("12")
    time.sleep(1)  # TensorBoard reads its files in the order of the second in which they were begun
    resumed = RunLog(tmp_path, 400, NAMES)
    assert [row["samples"] for row in read_log(tmp_path / "log.csv")] == ["400"]
    resumed.progress(replace(LATER, losses={"l2": 1.0}))
    resumed.close()
    assert [row["l2"] for row in read_log(tmp_path / "log.csv")] == ["", "1"]
    assert scalars(tmp_path, "loss/tv") == [(400, 0.5)]
    assert scalars(tmp_path, "loss/l2") == [(800, 1.0)]


def test_columns_of_an_older_log_stay(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("samples,seconds,old\n100,7,0.5\n")
    log = RunLog(tmp_path, 100, NAMES)
    log.progress(LATER)
    log.close()
    before, after = read_log(tmp_path / "log.csv")
    assert (before["old"], before["l2"], after["old"], after["l2"]) == ("0.5", "", "", "2")


def test_pictures_are_files_and_in_tensorboard(tmp_path: Path) -> None:
    sheet = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    log = RunLog(tmp_path, 0, NAMES)
    log.pictures(4000, sheet)
    log.close()
    assert (images.read(tmp_path / "pictures" / "000004000.png").pixels == sheet).all()
    (event,) = EventAccumulator(str(tmp_path / "tensorboard")).Reload().Images("pictures")
    assert (event.step, event.width, event.height) == (4000, 30, 20)


@pytest.mark.parametrize("full", ["log.csv", "tensorboard/events*"])
def test_a_full_disk_is_an_error_that_says_what_to_do(full: str, tmp_path: Path) -> None:
    log = RunLog(tmp_path, 0, NAMES)
    log.progress(FIRST)
    (path,) = tmp_path.glob(full)
    with full_disk(path), pytest.raises(WriteError, match=f"{path.parts[-2]}.*Free some space") as caught:
        log.progress(LATER)
    assert caught.value.advice == (Advice.RESUME,)
    resumed = RunLog(tmp_path, 400, NAMES)
    resumed.progress(LATER)
    assert [row["samples"] for row in read_log(tmp_path / "log.csv")] == ["400", "800"]
    resumed.close()


def test_a_folder_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("")
    with pytest.raises(WriteError, match="run"):
        RunLog(tmp_path / "run", 0, NAMES)


def test_the_objective_leaves_the_discriminators_out() -> None:
    assert LATER.loss == 2.25


def test_a_missing_log_names_the_folder_to_give(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="output folder"):
        read_log(tmp_path / "log.csv")
