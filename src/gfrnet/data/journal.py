"""What has been done already, so that an interrupted build goes on and a repeated one is quick.

A text file with one line of JSON a photo, only ever appended to; the last line of a killed run may be torn.
Nothing but the places of the lines is held in memory.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from gfrnet.data.fingerprint import SIDE
from gfrnet.data.layouts import PhotoFile
from gfrnet.data.manifest import from_text, to_text
from gfrnet.data.portray import Seen
from gfrnet.errors import DataError

JOURNAL = "build.journal"


class Journal:
    """The journal of one data set; a context manager.

    Args:
        root: The data set.
        settings: What the look of a photo's rows depends on; a journal of other ones is started anew.
        size: Side of the crops, pixels.

    Raises:
        DataError: It cannot be written.
    """

    def __init__(self, root: Path, settings: Mapping[str, Any], size: int) -> None:
        self.root, self.size = root, size
        self._header = json.dumps({"settings": dict(settings)}).encode() + b"\n"
        self._places: dict[str, int] = {}
        self._lines = 0
        path = root / JOURNAL
        try:
            root.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b")
            self._read()
        except OSError as error:
            raise DataError(f"{path} cannot be written ({error}). Choose another -o folder.") from error

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def holds(self, photo: PhotoFile) -> bool:
        """Whether this photo, as it is now, has been done, and its crops are there."""
        place = self._places.get(_key(photo))
        return place is not None and all(
            seen.portrait.crop is None or seen.portrait.crop.is_file() for seen in self._at(place)
        )

    def add(self, photo: PhotoFile, seen: Iterable[Seen]) -> None:
        """Write down what a photo gave."""
        key = _key(photo)
        rows = [to_text(one.portrait, self.root) | {"fingerprint": _packed(one)} for one in seen]
        self._places[key] = self._file.seek(0, 2)
        self._file.write(json.dumps({"photo": key, "rows": rows}).encode() + b"\n")
        self._file.flush()
        self._lines += 1

    def read(self, photo: PhotoFile) -> tuple[Seen, ...]:
        """What a photo gave, as the manifest would tell it."""
        return self._at(self._places[_key(photo)])

    def compact(self, photos: Iterable[PhotoFile]) -> None:
        """Forget photos that are gone or were different then, where there are any."""
        places = sorted(self._places[_key(photo)] for photo in photos)
        if len(places) == self._lines:
            return
        part = self.root / f"{JOURNAL}.part"
        with part.open("wb") as file:
            file.write(self._header)
            for place in places:
                self._file.seek(place)
                file.write(self._file.readline())
        part.replace(self.root / JOURNAL)

    def _read(self) -> None:
        """Find the lines that are whole; begin anew after other settings."""
        self._file.seek(0)
        if self._file.readline() != self._header:
            self._file.truncate(0)
            self._file.write(self._header)
            self._file.flush()
            return
        place = self._file.tell()
        for line in iter(self._file.readline, b""):
            if not line.endswith(b"\n"):
                self._file.truncate(place)
                return
            self._places[json.loads(line)["photo"]] = place
            self._lines += 1
            place += len(line)

    def _at(self, place: int) -> tuple[Seen, ...]:
        self._file.seek(place)
        rows = json.loads(self._file.readline())["rows"]
        return tuple(
            Seen(from_text(row, self.root, self.size), _unpacked(row["fingerprint"])) for row in rows
        )


def _key(photo: PhotoFile) -> str:
    """Person, path, size and time of a photo; of one that is gone, only the names."""
    try:
        state = photo.path.stat()
    except (OSError, ValueError):
        return f"{photo.person}|{photo.source}"
    return f"{photo.person}|{photo.source}|{state.st_size}|{state.st_mtime_ns}"


def _packed(seen: Seen) -> str:
    return "" if seen.fingerprint is None else base64.b64encode(seen.fingerprint.tobytes()).decode()


def _unpacked(text: str) -> Any:  # noqa: ANN401
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(SIDE, SIDE) if text else None
