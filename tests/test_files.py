"""Test that no file that a caller names makes the program wait for ever or fills its memory."""

from __future__ import annotations

import csv
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gfrnet import files, images
from gfrnet.batch import read_report
from gfrnet.data import read_card
from gfrnet.data.manifest.tables import read_table
from gfrnet.data.shards.storage import fetch
from gfrnet.errors import GfrnetError
from gfrnet.restore import GuideSet

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """Fail a test that waits for the writer of a pipe."""
    signal.alarm(300)
    yield
    signal.alarm(0)


def read_evaluation(path: Path) -> object:
    return pytest.importorskip("gfrnet.evaluate.report.summary").read_summary(path)


def read_log(path: Path) -> object:
    return pytest.importorskip("gfrnet.train.log").read_log(path)


def read_config(path: Path) -> object:
    return pytest.importorskip("gfrnet.train").load_config(path)


def read_weights(path: Path) -> object:
    return pytest.importorskip("gfrnet.nets").load_safetensors(path)


def read_checkpoint(path: Path) -> object:
    return pytest.importorskip("gfrnet.train").load_checkpoint(path)


def read_network(path: Path) -> object:
    return pytest.importorskip("gfrnet.runtime.pytorch").load_network(path)


def read_onnx(path: Path) -> object:
    return pytest.importorskip("gfrnet.train").network_from_onnx(path)


def read_recogniser(path: Path) -> object:
    path.with_suffix(".bin").touch()
    return pytest.importorskip("gfrnet.losses").load_recogniser(path)


def read_rows(path: Path) -> object:
    return list(read_table(path, "csv"))


def read_index(path: Path) -> object:
    return fetch(str(path))


READERS: list[tuple[Callable[[Path], object], str]] = [
    (images.read, "photo.jpg"),
    (GuideSet.load, "guides.npz"),
    (read_rows, "manifest.csv"),
    (read_index, "shards.json"),
    (read_evaluation, "results.json"),
    (read_log, "log.csv"),
    (read_config, "config.yaml"),
    (read_weights, "model.safetensors"),
    (read_checkpoint, "checkpoint-1.pt"),
    (read_network, "checkpoint-1.pt"),
    (read_onnx, "model.onnx"),
    (read_recogniser, "faceres.json"),
]


@pytest.mark.parametrize(("read", "name"), READERS, ids=lambda value: getattr(value, "__name__", value))
def test_a_pipe_a_device_and_a_file_of_holes_are_refused(
    tmp_path: Path, read: Callable[[Path], object], name: str
) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(GfrnetError, match=name):
        read(tmp_path / name)
    (tmp_path / name).unlink()
    (tmp_path / name).symlink_to("/dev/zero")
    with pytest.raises(GfrnetError, match=name):
        read(tmp_path / name)
    (tmp_path / name).unlink()
    with (tmp_path / name).open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(GfrnetError, match=name):
        read(tmp_path / name)


def test_a_pipe_is_no_report_and_no_card(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "report.json")
    assert read_report(tmp_path / "report.json") is None
    (tmp_path / "dataset.json").symlink_to("/dev/zero")
    with pytest.raises(GfrnetError, match="is missing"):
        read_card(tmp_path)


def test_a_pipe_among_the_parts_of_killed_writers_stays(tmp_path: Path) -> None:
    part = tmp_path / ".gfrnet-0.part"
    os.mkfifo(part)
    os.utime(part, (0, 0))
    images.clear_parts(tmp_path)
    assert part.exists()


def test_the_reason_says_what_is_wrong(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="it is a device or a pipe"):
        files.read_bytes(tmp_path / "pipe")
    with pytest.raises(IsADirectoryError):
        files.read_bytes(tmp_path)
    (tmp_path / "large").write_bytes(bytes(11))
    with pytest.raises(OSError, match=r"it has 0\.0 GB, and at most 0\.0 GB are read"):
        files.read_bytes(tmp_path / "large", 10)
    assert files.read_bytes(tmp_path / "large", 11) == bytes(11)


def test_refused_files_are_closed(tmp_path: Path) -> None:
    for _ in range(5000):
        with pytest.raises(IsADirectoryError):
            files.read_bytes(tmp_path)


def test_lines_are_whole_and_keep_their_ends(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_bytes('a,b\r\n"1\n2",é\n'.encode())
    with files.opened_lines(tmp_path / "t.csv") as lines:
        assert list(csv.reader(lines)) == [["a", "b"], ["1\n2", "é"]]
