"""Hold the choices of DCP and check them."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral

from gfrnet.errors import ConfigError
from gfrnet.types import is_finite

LEAST_WEIGHT = 1e-4
"""Value below which the weights of the picture's priors do not fall (the authors' code)."""

LARGEST_KERNEL = 201
"""Largest side of the kernel in pixels. The authors use 15 to 115."""


@dataclass(frozen=True)
class DCPOptions:
    """Hold the choices of `deblur`. Creating it checks them. The defaults are the authors'.

    Attributes:
        kernel_size: Side of the kernel in pixels, odd, 3..201. It must hold the whole blur.
        dark_weight: Weight of the dark channel (lambda), 0.0001..1.
        gradient_weight: Weight of the gradients (mu), 0.0001..1.
        kernel_weight: Weight of the kernel's energy (gamma), 0.0001..1000.
        iterations: Rounds at each scale, each with a new picture and a new kernel, 1..100.
        time_limit: Seconds after which to give up, more than 0; None for no limit.

    Raises:
        ConfigError: A value is of another type or out of its range.
    """

    kernel_size: int = 25
    dark_weight: float = 0.004
    gradient_weight: float = 0.004
    kernel_weight: float = 2.0
    iterations: int = 5
    time_limit: float | None = None

    def __post_init__(self) -> None:
        _check_whole("kernel_size", self.kernel_size, 3, LARGEST_KERNEL)
        if self.kernel_size % 2 == 0:
            raise ConfigError(
                f"kernel_size must be odd, so that the kernel has a centre, got {self.kernel_size}. "
                f"Take {self.kernel_size + 1}."
            )
        _check_number("dark_weight", self.dark_weight, LEAST_WEIGHT, 1)
        _check_number("gradient_weight", self.gradient_weight, LEAST_WEIGHT, 1)
        _check_number("kernel_weight", self.kernel_weight, LEAST_WEIGHT, 1000)
        _check_whole("iterations", self.iterations, 1, 100)
        limit = self.time_limit
        if limit is not None and (isinstance(limit, bool) or not (is_finite(limit) and float(limit) > 0)):
            raise ConfigError(f"time_limit must be a number of seconds above 0, or None, got {limit!r}.")


def _check_number(name: str, value: object, lowest: float, highest: float) -> None:
    if isinstance(value, bool) or not (is_finite(value) and lowest <= float(value) <= highest):
        raise ConfigError(f"{name} must be a number between {lowest} and {highest}, got {value!r}.")


def _check_whole(name: str, value: object, lowest: int, highest: int) -> None:
    if isinstance(value, bool) or not (isinstance(value, Integral) and lowest <= int(value) <= highest):
        raise ConfigError(f"{name} must be a whole number between {lowest} and {highest}, got {value!r}.")
