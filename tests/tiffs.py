"""Write TIFFs of 16 bit that Pillow cannot write: planes, tiles, grey with alpha."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from gfrnet.types import AnyArray


def lzw(data: bytes) -> bytes:
    """Pack bytes with the LZW of Pillow, as one strip of grey."""
    file = BytesIO()
    Image.frombytes("L", (len(data), 1), data).save(file, "TIFF", compression="tiff_lzw")
    file.seek(0)
    tags = TiffImageFile(file).tag_v2
    (start,), (size,) = tags[273], tags[279]
    return file.getvalue()[start : start + size]


PACKINGS: dict[int, Callable[[bytes], bytes]] = {1: bytes, 5: lzw, 8: zlib.compress}


def tiff(
    samples: AnyArray,
    *,
    order: str = "<",
    packing: int = 1,
    predictor: int = 1,
    separate: bool = False,
    tile: tuple[int, int] | None = None,
    more: dict[int, tuple[int, ...]] | None = None,
) -> bytes:
    """Write (H, W, C) of uint16 as TIFF, in planes or not, in strips of 7 rows or in tiles."""
    height, width, channels = samples.shape
    parts = [samples[..., [c]] for c in range(channels)] if separate else [samples]
    down, across = tile or (7, width)
    blocks = []
    for part in parts:
        for top in range(0, height, down):
            for left in range(0, width, across):
                block = part[top : top + down, left : left + across]
                if tile:
                    room = (0, down - block.shape[0]), (0, across - block.shape[1]), (0, 0)
                    block = np.pad(block, room)
                if predictor == 2:
                    block = np.concatenate((block[:, :1], np.diff(block, axis=1)), axis=1)
                blocks.append(PACKINGS[packing](block.astype(f"{order}u2").tobytes()))
    sizes = [len(block) for block in blocks]
    ends = 8 + np.cumsum(sizes)
    offsets = [int(end - size) for end, size in zip(ends, sizes, strict=True)]
    tags: dict[int, tuple[int, ...]] = {
        256: (width,),
        257: (height,),
        258: (16,) * channels,
        259: (packing,),
        262: (2 if channels > 2 else 1,),
        277: (channels,),
        284: (2 if separate else 1,),
        317: (predictor,),
        **({338: (2,)} if channels in (2, 4) else {}),
        **(more or {}),
    }
    tags |= {322: (across,), 323: (down,), 324: tuple(offsets), 325: tuple(sizes)} if tile else {}
    tags |= {} if tile else {273: tuple(offsets), 278: (down,), 279: tuple(sizes)}
    return with_tags(b"".join(blocks), tags, order)


def with_tags(data: bytes, tags: dict[int, tuple[int, ...]], order: str) -> bytes:
    start = 8 + len(data)
    at = start + 2 + 12 * len(tags) + 4
    directory, values = struct.pack(order + "H", len(tags)), b""
    for tag, numbers in sorted(tags.items()):
        directory += struct.pack(order + "HHI", tag, 4, len(numbers))
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        directory += packed if len(numbers) == 1 else struct.pack(order + "I", at + len(values))
        values += b"" if len(numbers) == 1 else packed
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return head + data + directory + bytes(4) + values
