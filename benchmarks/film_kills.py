"""Kill the restoring of a film at random moments, and check that it ends as if nothing had happened.

    python benchmarks/film_kills.py FOLDER [--kills 100] [--shots 12] [--seed 0] [--page docs/results/film.md]

FOLDER gets a film of the demo's portrait, with shots of a face and shots without. The job is started and
killed (SIGKILL) after a random time, again and again. When a film is finished, the next one is begun. After
each kill no half film may lie there. Each finished film must equal one that was never interrupted, byte by
byte.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from section import machine, write_section

from gfrnet import images
from gfrnet.demo import PORTRAIT
from gfrnet.files import sha256
from gfrnet.types import UInt8Image

SIZE = (320, 200)

JOB = """
import sys
from gfrnet.film import Existing, Film, FilmOptions
film, portrait, out, codec = sys.argv[1:]
options = FilmOptions(codec=codec, existing=Existing.KEEP)
Film.open(film).restore(out, {"ada": [portrait]}, options, model="gfrnet-slim-int8")
"""


def main() -> None:
    """Read the command line, kill, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder for the films; it is made")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--shots", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--codec", default="x264")
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    film = make_film(options.folder / "film.mkv", options.shots)
    whole = options.folder / "whole.mkv"
    begun = time.monotonic()
    assert start(film, whole, options.codec).wait() == 0, "the uninterrupted job fails"
    seconds = time.monotonic() - begun
    faults, films, longest = kill(options, film, sha256(whole), seconds)
    lines = [
        f"A film of {options.shots} shots takes {seconds:.1f} s with {options.codec}, with start and scan.",
        f"It was killed {options.kills} times after 0.3 to {longest:.1f} s, and gone on with each time.",
        "",
        f"- films that were finished: {films}",
        f"- of them equal to the uninterrupted one, byte by byte: {films - len(faults)}",
        f"- other faults: {len(faults)}",
        "",
        machine(),
    ]
    sys.stdout.write("\n".join([*lines, *faults]) + "\n")
    if options.page:
        command = f"benchmarks/film_kills.py FOLDER --kills {options.kills} --shots {options.shots}"
        write_section(options.page, "Kills", lines, command)


def kill(
    options: argparse.Namespace, film: Path, wanted: str, seconds: float
) -> tuple[list[str], int, float]:
    """Kill the job often; return faults, finished films and the longest time before a kill."""
    rng, faults, films, longest = np.random.default_rng(options.seed), list[str](), 0, 0.0
    out = options.folder / "killed.mkv"
    for number in range(options.kills):
        job = start(film, out, options.codec)
        wait = float(rng.uniform(0.3, 0.7 * seconds))
        longest = max(longest, wait)
        time.sleep(wait)
        job.kill()
        job.wait()
        last = number == options.kills - 1
        if last and start(film, out, options.codec).wait() != 0:
            faults.append("the job fails at the end")
        if out.exists():
            films += 1
            if sha256(out) != wanted:
                faults.append(f"kill {number}: the film differs")
            out.unlink()
            shutil.rmtree(out.with_name(out.name + ".gfrnet"))
    faults += [f"{path.name} is left" for path in options.folder.glob("*.part")]
    return faults, films, longest


def start(film: Path, out: Path, codec: str) -> subprocess.Popen[bytes]:
    """Start the job in another process."""
    words = [sys.executable, "-c", JOB, str(film), str(film.with_name("ada.png")), str(out), codec]
    return subprocess.Popen(words, stdout=subprocess.DEVNULL)


def make_film(path: Path, shots: int) -> Path:
    """Write a film whose shots show a worn face that moves, or nobody."""
    portrait = images.read(PORTRAIT)
    images.write(portrait, path.with_name("ada.png"))
    face = cv2.resize(portrait.rgb8[60:190, 160:280], None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA)
    face = np.asarray(cv2.resize(face, (120, 130), interpolation=cv2.INTER_CUBIC), np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=Fraction(25))
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(shots):
            for picture in shot(number, face):
                frame = av.VideoFrame.from_ndarray(picture, "rgb24")
                container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def shot(number: int, face: UInt8Image) -> list[UInt8Image]:
    """Return the frames of a shot: eight of a face, or four of nobody."""
    rng = np.random.default_rng(number)
    small = rng.integers(40, 200, (4, 6, 3), dtype=np.uint8)
    ground = np.asarray(cv2.resize(small, SIZE, interpolation=cv2.INTER_CUBIC), np.float32)
    made = []
    for step in range(4 if number % 3 == 2 else 8):
        picture = ground + rng.normal(0, 3, ground.shape)
        if number % 3 != 2:
            left = 40 + 10 * (number % 5) + 2 * step
            picture[40:170, left : left + 120] = face + rng.normal(0, 3, face.shape)
        made.append(np.clip(picture, 0, 255).astype(np.uint8))
    return made


if __name__ == "__main__":
    main()
