from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gfrnet.errors import WriteError
from gfrnet.images import Photo, clear_parts, read, write
from gfrnet.types import AnyArray

Make = Callable[..., AnyArray]


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """Mount a small disk in memory; the test is skipped where the user may not mount one."""
    folder.mkdir()
    try:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        done = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        pytest.skip("mounting needs Linux and the superuser")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path, noise: Make) -> None:
    with mounted(tmp_path / "disk", "size=64k") as disk:
        write(Photo(noise(20, 20, 3)), disk / "p.png")
        before = (disk / "p.png").read_bytes()
        for name in ("p.png", "q.png"):
            with pytest.raises(WriteError, match=r"does not fit on the disk. Free some space"):
                write(Photo(noise(200, 200, 3)), disk / name)
        assert (disk / "p.png").read_bytes() == before
        assert [p.name for p in disk.iterdir()] == ["p.png"]


def test_a_read_only_folder(tmp_path: Path, smooth: Make) -> None:
    with mounted(tmp_path / "disk", "ro") as disk:
        for path in (disk / "p.png", disk / "new" / "p.png"):
            with pytest.raises(WriteError, match=r"may not be written to. Choose another folder"):
                write(Photo(smooth()), path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="permissions do not bind the superuser")
def test_a_folder_without_permission(tmp_path: Path, smooth: Make) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match="may not be written to"):
        write(Photo(smooth()), tmp_path / "p.png")


LIMITED = """
import resource, sys, numpy as np
from pathlib import Path
from gfrnet.errors import WriteError
from gfrnet.images import Photo, write
resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))
pixels = np.random.default_rng(0).integers(0, 256, (200, 200, 3)).astype(np.uint8)
try:
    write(Photo(pixels), Path(sys.argv[1]) / "p.png")
except WriteError as error:
    print(error)
"""


LOOP = """
import sys, numpy as np
from gfrnet.images import Photo, write
rng = np.random.default_rng(0)
photos = [Photo(rng.integers(0, 256, (150, 150, 3)).astype(np.uint8)) for _ in range(2)]
while True:
    for photo in photos:
        write(photo, sys.argv[1])
        print("written", flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_quota(tmp_path: Path) -> None:
    run = [sys.executable, "-c", LIMITED, str(tmp_path)]
    result = subprocess.run(run, capture_output=True, text=True, check=True)
    assert "does not fit on the disk" in result.stdout
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wait", [0.0, 0.003, 0.011])
def test_a_killed_run_leaves_the_target_whole(wait: float, tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    run = [sys.executable, "-c", LOOP, str(path)]
    with subprocess.Popen(run, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        time.sleep(wait)
        process.kill()
    assert read(path).pixels.shape == (150, 150, 3)
    assert len(list(tmp_path.iterdir())) <= 2


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGINT for one process")
def test_an_interrupted_run_leaves_nothing_but_the_target(tmp_path: Path) -> None:
    path = tmp_path / "p.png"
    run = [sys.executable, "-c", LOOP, str(path)]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
    assert read(path).pixels.shape == (150, 150, 3)
    assert [p.name for p in tmp_path.iterdir()] == ["p.png"]


def test_parts_of_a_killed_process_are_deleted_and_of_a_living_one_not(tmp_path: Path) -> None:
    """Kill a real process while it writes."""
    code = (
        "import os, sys, time; from pathlib import Path; from gfrnet.images import write_bytes\n"
        "os.fsync = lambda _: (print('writing', flush=True), time.sleep(60))\n"
        "write_bytes(b'result', Path(sys.argv[1]))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "r.png")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.3)
        clear_parts(tmp_path)
        assert len(list(tmp_path.iterdir())) == 1
        process.kill()
    clear_parts(tmp_path)
    assert not list(tmp_path.iterdir())


def test_clearing_a_missing_folder_does_nothing(tmp_path: Path) -> None:
    clear_parts(tmp_path / "missing")
