"""Films that tests draw: faces that move over a ground."""

import cv2
import numpy as np

from gfrnet.types import UInt8Image

HEIGHT, WIDTH = 200, 320


def ground(seed: int) -> UInt8Image:
    """(200, 320, 3): smooth colours."""
    small = np.random.default_rng(seed).integers(40, 200, (4, 6, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def filmed(
    face: UInt8Image, seed: int, frames: int, left: float = 20.0, pace: float = 1.5
) -> list[UInt8Image]:
    """Frames of a face cut-out that moves to the right, with grain."""
    rng, made = np.random.default_rng(seed), []
    soft = np.zeros(face.shape[:2], np.float32)
    cv2.ellipse(
        soft,
        (face.shape[1] // 2, face.shape[0] // 2),
        (face.shape[1] * 2 // 5, face.shape[0] // 2 - 6),
        0,
        0,
        360,
        1.0,
        -1,
    )
    soft = cv2.GaussianBlur(soft, (0, 0), 4)[..., None]
    for frame in range(frames):
        move = np.array([[1, 0, left + pace * frame], [0, 1, 30]], np.float32)
        over, mask = (cv2.warpAffine(v, move, (WIDTH, HEIGHT)) for v in (face, soft))
        picture = ground(seed) * (1 - mask[..., None]) + over * mask[..., None] + rng.normal(0, 3, over.shape)
        made.append(np.clip(picture, 0, 255).astype(np.uint8))
    return made


def grey(picture: UInt8Image) -> np.ndarray:
    return cv2.cvtColor(cv2.resize(picture, (96, 60)), cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
