"""Check the names of files that callers give."""

from __future__ import annotations

from pathlib import Path

from gfrnet.errors import ConfigError


def as_path(path: object) -> Path:
    """Return the path that a caller gave.

    Raises:
        ConfigError: It is neither text nor a path, or is empty.
    """
    if not isinstance(path, (str, Path)):
        raise ConfigError(f"The name of a file must be a str or a Path, got {type(path).__name__}.")
    if path == "":
        raise ConfigError("The name of a file is empty. Give a name.")
    return Path(path)
