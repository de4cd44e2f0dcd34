"""A small film of a known face and a stranger, and what tests of whole jobs share."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np

from filmfiles import Recipe, make_film
from gfrnet import images
from gfrnet.images import Photo
from gfrnet.types import UInt8Image
from moving import filmed, ground

SIZE = (320, 200)


def worn(face: UInt8Image) -> UInt8Image:
    small = cv2.resize(face, None, fx=1 / 2.5, fy=1 / 2.5, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, face.shape[1::-1], interpolation=cv2.INTER_CUBIC), np.uint8)


def draw(portrait: UInt8Image, stranger: UInt8Image | None = None) -> list[UInt8Image]:
    """A face for 9 frames, nobody for 5, and the face (or a stranger) for 8."""
    face = worn(np.ascontiguousarray(portrait[60:190, 160:280]))
    other = face if stranger is None else np.ascontiguousarray(stranger[80:240, 85:235][:160, :150])
    rng = np.random.default_rng(5)
    empty = [np.clip(ground(9) + rng.normal(0, 3, (200, 320, 3)), 0, 255).astype(np.uint8) for _ in range(5)]
    return [*filmed(face, 4, 9), *empty, *filmed(other, 12, 8, left=90)]


def write_film(path: Path, pictures: list[UInt8Image], codec: str = "ffv1") -> Path:
    picture: Callable[[int, tuple[int, int]], np.ndarray] = lambda number, _: pictures[number]  # noqa: E731
    sound = ("flac", "stereo", 48000)
    return make_film(
        path,
        Recipe(path.suffix, codec, size=SIZE, frames=len(pictures), sound=sound, picture=picture, chapters=1),
    )


def write_portrait(path: Path, portrait: UInt8Image) -> Path:
    return images.write(Photo(portrait), path)


def frames_hash(path: Path) -> str:
    """Hash all decoded samples, read without gfrnet."""
    digest = hashlib.sha256()
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            digest.update(frame.to_ndarray().tobytes())
    return digest.hexdigest()


def lumas(path: Path) -> list[np.ndarray]:
    """Return the stored samples of all frames, planes on top of each other."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray() for frame in container.decode(video=0)]
