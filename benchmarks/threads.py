"""Restore photos in many threads, and compare every bit with restoring them one after the other.

    python benchmarks/threads.py --rounds 50

A round restores 20 photos in 8 threads with one restorer, and once more with a restorer for each thread.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import local

import cv2
import numpy as np

from gfrnet import images
from gfrnet.degradation import Recipe, degrade
from gfrnet.demo import PORTRAIT
from gfrnet.restore import RestoredPhoto, Restorer
from gfrnet.types import UInt8Image

THREADS, PHOTOS = 8, 20


def main() -> None:
    """Run the rounds, and stop at the first bit that differs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=50)
    rounds = parser.parse_args().rounds
    portrait = images.read(PORTRAIT).rgb8
    guide = np.ascontiguousarray(portrait[:, ::-1])
    photos = [_photo(portrait, step) for step in range(PHOTOS)]
    alone = Restorer.load(threads=1)
    serial = [alone.restore(photo, [guide]) for photo in photos]
    for number in range(1, rounds + 1):
        shared, own = Restorer.load(threads=1), local()

        def with_shared(photo: UInt8Image, shared: Restorer = shared) -> RestoredPhoto:
            return shared.restore(photo, [guide])

        def with_own(photo: UInt8Image, own: local = own) -> RestoredPhoto:
            if not hasattr(own, "restorer"):
                own.restorer = Restorer.load(threads=1)
            restored: RestoredPhoto = own.restorer.restore(photo, [guide])
            return restored

        for restore in (with_shared, with_own):
            with ThreadPoolExecutor(THREADS) as pool:
                _compare(serial, list(pool.map(restore, photos)))
        sys.stdout.write(f"\rround {number} of {rounds}: all bits equal")
    sys.stdout.write("\n")


def _photo(portrait: UInt8Image, step: int) -> UInt8Image:
    """Return the portrait at another place, degraded."""
    place = np.array([[0.5, 0, 12.0 * (step % 5)], [0, 0.5, 20.0 * (step // 5)]])
    moved = cv2.warpAffine(portrait, place, (320, 340), borderMode=cv2.BORDER_REPLICATE)
    return degrade(np.asarray(moved, np.uint8), Recipe(scale=1.5, noise=2, jpeg=60, seed=step))


def _compare(serial: list[RestoredPhoto], threaded: list[RestoredPhoto]) -> None:
    for one, other in zip(serial, threaded, strict=True):
        assert [face.box for face in one.faces] == [face.box for face in other.faces]
        assert [face.status for face in one.faces] == [face.status for face in other.faces]
        np.testing.assert_array_equal(one.photo.pixels, other.photo.pixels)


if __name__ == "__main__":
    main()
