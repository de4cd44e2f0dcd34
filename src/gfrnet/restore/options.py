"""Describe how to restore photos."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from numbers import Integral
from typing import TypedDict

import numpy as np

from gfrnet.errors import ConfigError
from gfrnet.faces import FUSED
from gfrnet.images import MAX_MEGABYTES
from gfrnet.types import is_finite

MAX_SCALE = 16
"""Largest factor by which a photo is enlarged."""


MOST_MEGABYTES = 100_000
"""Largest value of ``max_megabytes``."""


@dataclass(frozen=True, kw_only=True)
class RestoreOptions:
    """Hold the choices that are the same for all photos of a job. Creating it checks them.

    Attributes:
        scale: Factor by which the whole photo is enlarged, 1..16. Faces are restored at the new size.
        strength: Share of the change that is applied, 0 (none) to 1 (all). None applies all of it to a bad
            face. It applies less, down to 0.25, to a face that would lose detail (see
            `strength.advised_strength`).
        fidelity: 1 gives the likeliest value of every pixel, which is smooth. 0 gives the texture of
            photographs, which is partly invented. None means 0.5, or 1 for a model without texture.
        fuse: Largest number of guides of one person that restore a face together, 1 or more.
        cropped: Whether photo and guides already are square face crops. Then no face is detected.
        force: Whether to use the most similar guide even if it seems to show another person.
        thorough: Whether to search longer (seconds), and to accept doubtful faces.
        max_megabytes: Largest decoded size of a photo or guide, in megabytes; larger ones are refused before
            they take memory (see `images.read`).

    Raises:
        ConfigError: A value is of another type or out of its range.
    """

    scale: float = 1
    strength: float | None = None
    fidelity: float | None = None
    fuse: int = FUSED
    cropped: bool = False
    force: bool = False
    thorough: bool = False
    max_megabytes: float = MAX_MEGABYTES

    def __post_init__(self) -> None:
        _check_number("scale", self.scale, 1, MAX_SCALE)
        _check_number("max_megabytes", self.max_megabytes, 1, MOST_MEGABYTES)
        for name in ("strength", "fidelity"):
            value = getattr(self, name)
            if value is not None:
                _check_number(name, value, 0, 1)
        if isinstance(self.fuse, bool) or not (isinstance(self.fuse, Integral) and int(self.fuse) >= 1):
            raise ConfigError(f"fuse must be a whole number, 1 or more, got {self.fuse!r}.")
        for name in ("cropped", "force", "thorough"):
            _check_switch(name, getattr(self, name))


class OptionChanges(TypedDict, total=False):
    """Name the fields of `RestoreOptions`, for callers that replace some of them."""

    scale: float
    strength: float | None
    fidelity: float | None
    fuse: int
    cropped: bool
    force: bool
    thorough: bool
    max_megabytes: float


_NO_CHANGES: OptionChanges = {}


def as_options(options: object, changes: OptionChanges = _NO_CHANGES) -> RestoreOptions:
    """Return the options that a caller gives, with some fields replaced.

    Args:
        options: The options; None for the defaults.
        changes: Fields to replace, by name.

    Raises:
        ConfigError: ``options`` is of another type, a field is unknown, or a value is refused.
    """
    if not (options is None or isinstance(options, RestoreOptions)):
        raise ConfigError(f"options must be a gfrnet.RestoreOptions, got {type(options).__name__}.")
    known = [field.name for field in fields(RestoreOptions)]
    for name in changes:
        if name not in known:
            near = get_close_matches(name, known, n=1) or known
            raise ConfigError(f"{name} is no option. Choose {' or '.join(near)}.")
    return replace(options or RestoreOptions(), **changes)


def _check_number(name: str, value: object, lowest: float, highest: float) -> None:
    if isinstance(value, bool) or not (is_finite(value) and lowest <= float(value) <= highest):
        raise ConfigError(f"{name} must be a number between {lowest} and {highest}, got {value!r}.")


def _check_switch(name: str, value: object) -> None:
    if not isinstance(value, (bool, np.bool_)):
        raise ConfigError(f"{name} must be True or False, got {value!r}.")
