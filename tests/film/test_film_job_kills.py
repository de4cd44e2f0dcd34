"""A killed job goes on, and ends as one that was never interrupted; a full disk harms nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from filmjobs import draw, write_film, write_portrait
from gfrnet.film.folder import WorkFolder
from gfrnet.types import UInt8Image

JOB = """
import sys
from gfrnet.film import Existing, Film, FilmOptions
film, portrait, out, limit, workers = sys.argv[1:]
if int(limit):
    import resource, signal
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
options = FilmOptions(codec="ffv1", existing=Existing.KEEP, workers=int(workers))
if __name__ == "__main__":
    Film.open(film).restore(out, {"ada": [portrait]}, options)
"""


def start(folder: Path, out: Path, limit: int = 0, workers: int = 1) -> subprocess.Popen[str]:
    values = (folder / "film.mkv", folder / "ada.png", out, limit, workers)
    words = [sys.executable, "-c", JOB, *map(str, values)]
    return subprocess.Popen(words, stderr=subprocess.PIPE, text=True)


def killed(job: subprocess.Popen[str], out: Path, sight: str) -> None:
    """Kill a job as soon as it has written a file."""
    end = time.monotonic() + 120
    while not (WorkFolder.beside(out).path / sight).exists():
        assert time.monotonic() < end
        assert job.poll() in (None, 0)
        time.sleep(0.002)
    job.kill()
    job.wait()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, portrait: UInt8Image) -> Path:
    made = tmp_path_factory.mktemp("kills")
    write_film(made / "film.mkv", draw(portrait))
    write_portrait(made / "ada.png", portrait)
    assert start(made, made / "whole.mkv").wait(120) == 0
    return made


@pytest.mark.parametrize("sight", ["scan.npz", "segments/000000.mkv", "records/000001.json", "written.json"])
def test_a_killed_job_goes_on_and_ends_the_same(folder: Path, sight: str, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    killed(start(folder, out), out, sight)
    assert start(folder, out).wait(120) == 0
    assert out.read_bytes() == (folder / "whole.mkv").read_bytes()
    assert not list(WorkFolder.beside(out).path.rglob("*.part"))


@pytest.mark.parametrize("sight", ["settings.json", "segments/000000.mkv"])
def test_killed_processes_of_several_shots_go_on_and_end_the_same(
    folder: Path, sight: str, tmp_path: Path
) -> None:
    out = tmp_path / "out.mkv"
    killed(start(folder, out, workers=2), out, sight)
    again = start(folder, out, workers=2)
    assert again.wait(120) == 0, again.communicate()[1]
    assert out.read_bytes() == (folder / "whole.mkv").read_bytes()
    assert not list(WorkFolder.beside(out).path.rglob("*.part"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows limits no file sizes")
def test_a_full_disk_is_told_and_nothing_is_lost(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    work = WorkFolder.beside(folder / "whole.mkv").path
    limit = max(path.stat().st_size for path in (*work.glob("guides/*"), *work.glob("*.npz"))) + 1000
    assert limit < (folder / "whole.mkv").stat().st_size
    job = start(folder, out, limit)
    _, words = job.communicate(timeout=120)
    assert job.returncode == 1
    assert "FilmWriteError" in words
    assert "Make room" in words
    assert not out.exists()
    assert not list(tmp_path.rglob("*.part"))
    assert start(folder, out).wait(120) == 0
    assert out.read_bytes() == (folder / "whole.mkv").read_bytes()
