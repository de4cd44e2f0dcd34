"""Keep measured values, so that an interrupted run goes on and a repeated one measures nothing.

The file has one line of JSON for each restoration and only ever grows, a line at a time. A line that cannot
be read is left out: a killed run may tear its last one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import distributions
from math import isfinite
from pathlib import Path
from typing import TypeAlias

from gfrnet.data import Portrait
from gfrnet.errors import WriteError
from gfrnet.evaluate.attempt import candidates_of
from gfrnet.evaluate.models import Contender
from gfrnet.evaluate.pairs import Pair, Protocol
from gfrnet.evaluate.rows import VERSION
from gfrnet.files import read_bytes

Values: TypeAlias = Mapping[str, float | None]
"""By name of the metric; None where there is nothing to measure."""

FILE = "values.jsonl"

LIBRARIES = ("numpy", "opencv-python-headless", "onnxruntime", "dlib-bin", "torch")
"""Libraries whose versions the values depend on."""


class Cache:
    """Hold measured values by a key of all that they depend on.

    Args:
        folder: Folder of the file; in memory alone if None.

    Raises:
        WriteError: The folder cannot be made or written to, here and in `add`.
    """

    def __init__(self, folder: Path | None) -> None:
        self._values: dict[str, dict[str, float | None]] = {}
        self._path = None if folder is None else folder / FILE
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # "a" makes the file; the newline ends a torn line, so that the next one stands alone.
            torn = self._read(read_bytes(self._path)) if self._path.exists() else False
            with self._path.open("ab") as file:
                file.write(b"\n" if torn else b"")
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def get(self, key: str) -> Values:
        """Return the known values of a key; empty if there are none."""
        return self._values.get(key, {})

    def add(self, found: Mapping[str, Values]) -> None:
        """Keep new values, beside older ones of the same keys."""
        for key, values in found.items():
            self._values.setdefault(key, {}).update(values)
        lines = "".join(json.dumps({"key": key, "values": values}) + "\n" for key, values in found.items())
        if self._path is None:
            return
        try:
            with self._path.open("ab", buffering=0) as file:
                file.write(lines.encode())
        except OSError as error:
            raise _unwritable(self._path, error) from error

    def _read(self, data: bytes) -> bool:
        """Take what can be read, and return whether the last line is torn."""
        for line in data.splitlines():
            try:
                entry = json.loads(line)
                key, values = entry["key"], entry["values"]
                if all(value is None or isfinite(value) for value in values.values()):
                    self._values.setdefault(key, {}).update(values)
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                continue
        return bool(data) and not data.endswith(b"\n")


def library_versions() -> dict[str, str]:
    """Return the versions of `LIBRARIES`; empty for one that is not installed."""
    installed = {dist.name: dist.version for dist in distributions() if dist.name in LIBRARIES}
    return {name: installed.get(name, "") for name in LIBRARIES}


class Keys:
    """Make keys of contents: files may move and be made again, but not change."""

    def __init__(self) -> None:
        self._portraits: dict[Path | None, str] = {}
        self._versions = library_versions()

    def key(self, contender: Contender, model: str, pair: Pair, protocol: Protocol, scale: float) -> str:
        """Return the key of one restoration.

        Args:
            contender: The contender that restores.
            model: `model_hash` of the contender's model.
            pair: The pair to restore.
            protocol: How it is degraded.
            scale: Downsampling factor.
        """
        guides = (guide.portrait for guide in candidates_of(contender, pair))
        parts = (
            *(VERSION, self._versions, model, contender.used, contender.fidelity, protocol),
            pair.recipe(protocol, scale).model_dump_json(),
            *(self._portrait(portrait) for portrait in (pair.target, *guides)),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def _portrait(self, portrait: Portrait) -> str:
        if portrait.crop not in self._portraits:
            parts = (repr(portrait.real).encode(), portrait.points().tobytes(), _bytes(portrait.crop))
            self._portraits[portrait.crop] = hashlib.sha256(b"".join(parts)).hexdigest()
        return self._portraits[portrait.crop]


def _bytes(path: Path | None) -> bytes:
    """Return a file's bytes; none where it cannot be read, since nothing measured on it is kept."""
    try:
        return read_bytes(path) if path else b""
    except OSError:
        return b""


def _unwritable(path: Path, error: OSError) -> WriteError:
    return WriteError(
        f"{path} cannot be written ({error.strerror}). Choose another folder for the results, or free space."
    )
