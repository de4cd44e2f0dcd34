"""Read the 16-bit TIFFs that neither Pillow nor OpenCV reads: planes, grey with alpha, ZSTD.

The strips or tiles are unpacked as if they held grey bytes, which every decoder can. The bytes are put
together to samples here.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import BinaryIO

import numpy as np
from PIL import TiffImagePlugin as Tiff
from PIL.TiffImagePlugin import TiffImageFile

from gfrnet.types import AnyArray

_TILE_WIDTH, _TILE_LENGTH, _TILE_SIZES, _PREDICTOR = 322, 323, 325, 317
_SEPARATE_PLANES, _DIFFERENCES = 2, 2
_WHITE_IS_ZERO, _UNSIGNED = 0, 1
_LONG = 4


class GreyAlphaTiff(TiffImageFile):
    """Hold a TIFF of 16-bit grey with alpha, whose samples Pillow does not know. Only its tags are read."""

    def _setup(self) -> None:
        width, height = self.tag_v2[Tiff.IMAGEWIDTH], self.tag_v2[Tiff.IMAGELENGTH]
        self._mode, self._size = "LA", (width, height)
        self.tile = []
        resolution = self.tag_v2.get(Tiff.X_RESOLUTION), self.tag_v2.get(Tiff.Y_RESOLUTION)
        if self.tag_v2.get(Tiff.RESOLUTION_UNIT) == 2 and None not in resolution:
            self.info["dpi"] = resolution


def is_deep_grey_alpha(tags: Tiff.ImageFileDirectory_v2) -> bool:
    """Return whether the samples are grey and alpha of 16 bit."""
    grey = tags.get(Tiff.PHOTOMETRIC_INTERPRETATION) in (0, 1)
    unsigned = set(tags.get(Tiff.SAMPLEFORMAT, (_UNSIGNED,))) == {_UNSIGNED}
    return grey and unsigned and tags.get(Tiff.BITSPERSAMPLE) == (16, 16)


def is_ours(image: TiffImageFile) -> bool:
    """Return whether `deep_samples` must read the file: OpenCV takes planes for noise."""
    planes = image.tag_v2.get(Tiff.PLANAR_CONFIGURATION) == _SEPARATE_PLANES
    deep = image.tag_v2.get(Tiff.BITSPERSAMPLE, (1,))[0] == 16
    return isinstance(image, GreyAlphaTiff) or (planes and deep and image.mode in ("RGB", "RGBA"))


def deep_samples(tags: Tiff.ImageFileDirectory_v2, file: BinaryIO) -> AnyArray:
    """Return (H, W, C) of uint16, as they lie in the file.

    Raises:
        Exception: The file is damaged, or packed in a way that Pillow does not know.
    """
    file.seek(0)
    data = file.read()
    channels = int(tags.get(Tiff.SAMPLESPERPIXEL, 1))
    if tags.get(Tiff.PLANAR_CONFIGURATION) != _SEPARATE_PLANES:
        samples = _part(tags, data, channels, 0, 1)
    else:
        planes = [_part(tags, data, 1, number, channels) for number in range(channels)]
        samples = np.concatenate(planes, axis=2)
    if tags.get(Tiff.PHOTOMETRIC_INTERPRETATION) == _WHITE_IS_ZERO:
        samples[..., 0] = 65535 - samples[..., 0]
    return samples


def _part(tags: Tiff.ImageFileDirectory_v2, data: bytes, channels: int, number: int, parts: int) -> AnyArray:
    """Return (H, W, channels) of one plane out of ``parts``, or of the only one."""
    wide = 2 * channels
    entries: dict[int, tuple[int, ...]] = {
        Tiff.IMAGEWIDTH: (wide * tags[Tiff.IMAGEWIDTH],),
        Tiff.IMAGELENGTH: (tags[Tiff.IMAGELENGTH],),
        Tiff.BITSPERSAMPLE: (8,),
        Tiff.COMPRESSION: (tags.get(Tiff.COMPRESSION, 1),),
        Tiff.PHOTOMETRIC_INTERPRETATION: (1,),
        Tiff.FILLORDER: (tags.get(Tiff.FILLORDER, 1),),
        Tiff.SAMPLESPERPIXEL: (1,),
    }
    for tag in (Tiff.STRIPOFFSETS, Tiff.STRIPBYTECOUNTS, Tiff.TILEOFFSETS, _TILE_SIZES):
        if tag in tags:
            share = len(tags[tag]) // parts
            entries[tag] = tuple(tags[tag][number * share : (number + 1) * share])
    if Tiff.ROWSPERSTRIP in tags:
        entries[Tiff.ROWSPERSTRIP] = (min(tags[Tiff.ROWSPERSTRIP], tags[Tiff.IMAGELENGTH]),)
    if _TILE_WIDTH in tags:
        entries[_TILE_WIDTH] = (wide * tags[_TILE_WIDTH],)
        entries[_TILE_LENGTH] = (tags[_TILE_LENGTH],)
    order = "<" if tags.prefix == b"II" else ">"
    image = TiffImageFile(BytesIO(_with_directory(data, entries, order)))
    image.load()
    samples = np.array(image).view(f"{order}u2").astype(np.uint16)
    samples = samples.reshape(samples.shape[0], -1, channels)
    if tags.get(_PREDICTOR) == _DIFFERENCES:
        _sum_differences(samples, tags.get(_TILE_WIDTH, samples.shape[1]))
    return samples


def _sum_differences(samples: AnyArray, width: int) -> None:
    """Undo the predictor, which starts anew in every tile of this width."""
    for left in range(0, samples.shape[1], width):
        tile = samples[:, left : left + width]
        np.cumsum(tile, axis=1, dtype=np.uint16, out=tile)


def _with_directory(data: bytes, entries: dict[int, tuple[int, ...]], order: str) -> bytes:
    """Return the file with another directory, at its end."""
    start = len(data) + len(data) % 2
    values_at = start + 2 + 12 * len(entries) + 4
    directory, values = struct.pack(order + "H", len(entries)), b""
    for tag, numbers in sorted(entries.items()):
        packed = struct.pack(f"{order}{len(numbers)}I", *numbers)
        directory += struct.pack(order + "HHI", tag, _LONG, len(numbers))
        if len(numbers) == 1:
            directory += packed
        else:
            directory += struct.pack(order + "I", values_at + len(values))
            values += packed
    header = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    return header + data[8:] + bytes(len(data) % 2) + directory + bytes(4) + values
