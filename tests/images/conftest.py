from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from gfrnet.types import AnyArray


@pytest.fixture
def noise() -> Callable[..., AnyArray]:
    """Make pixels that no two places share, so that no turn, mirror or rounding goes unseen."""

    def make(*shape: int, dtype: type = np.uint8) -> AnyArray:
        return np.random.default_rng(7).integers(0, np.iinfo(dtype).max + 1, shape).astype(dtype)

    return make


@pytest.fixture
def smooth() -> Callable[..., AnyArray]:
    """Make (H, W, 3) uint8 that a lossy format keeps nearly as it is."""

    def make(height: int = 40, width: int = 60) -> AnyArray:
        y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
        return np.rint(255 * np.dstack((x, y, (x + y) / 2))).astype(np.uint8)

    return make


@pytest.fixture
def camera_exif() -> Callable[..., bytes]:
    """Make EXIF as cameras write it: maker, orientation, sizes in the second directory, and a thumbnail."""

    def make(orientation: int = 6, order: str = "<", maker: str = "Kamera") -> bytes:
        tags = Image.Exif()
        tags.endian = order
        tags[0x010F] = maker.encode("latin-1")
        tags[0x0112] = orientation
        tags[0x8769] = {0xA002: 60, 0xA003: 40, 0x9003: "2001:02:03 04:05:06"}
        return _with_thumbnail(tags.tobytes(), order, b"\xff\xd8thumbnail\xff\xd9")

    return make


def _with_thumbnail(exif: bytes, order: str, thumbnail: bytes) -> bytes:
    block = bytearray(exif[6:])
    (first,) = struct.unpack_from(order + "I", block, 4)
    (count,) = struct.unpack_from(order + "H", block, first)
    start = len(block)
    struct.pack_into(order + "I", block, first + 2 + 12 * count, start)
    entries = [(0x0201, 4, 1, start + 2 + 24 + 4), (0x0202, 4, 1, len(thumbnail))]
    block += struct.pack(order + "H", 2)
    block += b"".join(struct.pack(order + "HHII", *entry) for entry in entries)
    return exif[:6] + bytes(block) + struct.pack(order + "I", 0) + thumbnail
