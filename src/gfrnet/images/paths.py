"""Names of files, as callers give them."""

from __future__ import annotations

from pathlib import Path

from gfrnet.errors import ConfigError


def as_path(path: object) -> Path:
    """The path that a caller gave.

    Raises:
        ConfigError: It is none.
    """
    if not isinstance(path, (str, Path)):
        raise ConfigError(f"The name of a file must be a str or a Path, got {type(path).__name__}.")
    return Path(path)
