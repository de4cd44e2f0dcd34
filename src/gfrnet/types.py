"""Define the arrays, boxes, sizes and names that all packages share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import isfinite
from numbers import Real
from typing import Any, TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

UInt8Image: TypeAlias = NDArray[np.uint8]
"""(H, W, 3) RGB, 0..255."""

FloatImage: TypeAlias = NDArray[np.float32]
"""(H, W, 3) or (N, H, W, 3) RGB, [-1, 1]."""

FloatArray: TypeAlias = NDArray[np.float32]
"""Any float32 array. Docstrings give its shape and range."""

BoolArray: TypeAlias = NDArray[np.bool_]

AnyArray: TypeAlias = NDArray[Any]

CROP_SIZE = 256
"""Side of a face crop in pixels. The networks take and give this size (section 3.1)."""


def is_finite(value: object) -> TypeGuard[Real]:
    """Return whether a value is a real number that a float can hold, and neither infinite nor NaN."""
    try:
        return isinstance(value, Real) and isfinite(value)
    except OverflowError:
        return False


@dataclass(frozen=True)
class Box:
    """Hold an axis-parallel rectangle in photo pixels.

    Coordinates are edges, not pixel centres. A whole W x H photo is ``Box(0, 0, W, H)``. The centre of the
    pixel in column ``i`` lies at ``i + 0.5``.

    Attributes:
        left: x of the left edge.
        top: y of the upper edge.
        right: x of the right edge, more than ``left``.
        bottom: y of the lower edge, more than ``top``.

    Raises:
        ValueError: A coordinate is no finite number, or the box has no width or no height.
    """

    left: float
    top: float
    right: float
    bottom: float

    def __post_init__(self) -> None:
        for name, value in zip(("left", "top", "right", "bottom"), self.as_tuple(), strict=True):
            if not is_finite(value):
                raise ValueError(f"A box needs four finite numbers, got {self.as_tuple()}.")
            # Small integers of NumPy would overflow in the arithmetic.
            if isinstance(value, np.generic):
                object.__setattr__(self, name, value.item())
        if not (self.right > self.left and self.bottom > self.top):
            raise ValueError(f"A box needs left < right and top < bottom, got {self.as_tuple()}.")

    @property
    def width(self) -> float:
        """Return the width in pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Return the height in pixels."""
        return self.bottom - self.top

    @property
    def center(self) -> tuple[float, float]:
        """Return (x, y) of the middle, in edge coordinates."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def as_tuple(self) -> tuple[float, float, float, float]:
        """Return (left, top, right, bottom)."""
        return self.left, self.top, self.right, self.bottom

    def scaled(self, factor: float) -> Box:
        """Return the same place in a photo enlarged by ``factor``."""
        return Box(self.left * factor, self.top * factor, self.right * factor, self.bottom * factor)

    def overlap(self, other: Box) -> float:
        """Return the intersection over union with another box, 0..1."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        if width <= 0 or height <= 0:
            return 0.0
        shared = width * height
        return shared / (self.width * self.height + other.width * other.height - shared)


class Engine(StrEnum):
    """Name what runs an ONNX model."""

    AUTO = "auto"
    ONNXRUNTIME = "onnxruntime"
    OPENVINO = "openvino"


class Device(StrEnum):
    """Name what computes."""

    CPU = "cpu"
    CUDA = "cuda"
    COREML = "coreml"
    DIRECTML = "directml"

    @property
    def providers(self) -> tuple[str, ...] | None:
        """Return ONNX Runtime's execution providers for the device; None for the CPU."""
        return _PROVIDERS.get(self)


_PROVIDERS = {
    Device.CUDA: ("CUDAExecutionProvider",),
    Device.COREML: ("CoreMLExecutionProvider",),
    Device.DIRECTML: ("DmlExecutionProvider",),
}
