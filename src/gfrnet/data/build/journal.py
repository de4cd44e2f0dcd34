"""Keep a journal of finished photos, so that an interrupted build goes on and a repeated one is quick.

The journal is a text file with one line of JSON a photo. It is only appended to, and the last line of a
killed run may be torn. Memory holds nothing but the places of the lines.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from math import inf
from os.path import samestat
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import numpy as np

from gfrnet.data.build.layouts import PhotoFile
from gfrnet.data.build.portray import FAILED, MEASURES, UNREADABLE, Seen
from gfrnet.data.fingerprint import SIDE
from gfrnet.data.manifest import VERSION, Portrait, from_text, kind_of_reason, to_text
from gfrnet.errors import Advice, DataError
from gfrnet.files import check_regular
from gfrnet.lock import lock

JOURNAL = "build.journal"
"""Name of the journal's file in a data set."""


class Journal:
    """Hold the journal of one data set; inside this context no other build can write there.

    Args:
        root: The data set.
        settings: Settings that decide what the rows of a photo look like. A journal with others, or of
            another version of rows and measures, is started anew.
        size: Side of the crops, pixels.

    Raises:
        DataError: It cannot be written, here and in all methods, or another build holds it.
    """

    def __init__(self, root: Path, settings: Mapping[str, Any], size: int) -> None:
        self.root, self.size = root, size
        header = {"version": [VERSION, MEASURES], "settings": dict(settings)}
        self._header = json.dumps(header).encode() + b"\n"
        self._places: dict[str, int] = {}
        self._lines = 0
        self._path = root / JOURNAL
        with self._writing():
            root.mkdir(parents=True, exist_ok=True)
            self._file = _held(self._path)
            self._read()

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Where a full disk did not take a line, an error has said so already.
        with suppress(OSError):
            self._file.close()

    def holds(self, photo: PhotoFile) -> bool:
        """Say whether this photo, as it was listed, is finished without a fault and its crops are there."""
        place = self._places.get(_key(photo))
        return place is not None and all(_is_done(seen.portrait) for seen in self._at(place))

    def add(self, photo: PhotoFile, seen: Iterable[Seen]) -> None:
        """Write down the faces of a photo."""
        key = _key(photo)
        rows = [to_text(one.portrait, self.root) | {"fingerprint": _packed(one)} for one in seen]
        with self._writing():
            self._places[key] = self._file.seek(0, 2)
            self._file.write(json.dumps({"photo": key, "rows": rows}).encode() + b"\n")
            self._file.flush()
        self._lines += 1

    def read(self, photo: PhotoFile) -> tuple[Seen, ...]:
        """Return the faces of a photo, with values rounded as in the manifest."""
        return self._at(self._places[_key(photo)])

    def compact(self, photos: Iterable[PhotoFile]) -> None:
        """Forget all but these photos, if there are others; call it last, because it closes the journal."""
        places = sorted(self._places[_key(photo)] for photo in photos)
        if len(places) == self._lines:
            return
        part = self.root / f"{JOURNAL}.part"
        with self._writing():
            part.unlink(missing_ok=True)
            with part.open("wb") as file:
                file.write(self._header)
                for place in places:
                    self._file.seek(place)
                    file.write(self._file.readline())
            # Held until nobody can take the old one for the journal; but Windows replaces no open file.
            if sys.platform == "win32":
                self._file.close()
            part.replace(self._path)
            self._file.close()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DataError(
                f"{self._path} cannot be written ({error}). Free some space or choose another output folder.",
                advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
            ) from error

    def _read(self) -> None:
        """Find the whole lines; begin anew after other settings."""
        self._file.seek(0)
        if self._file.readline(len(self._header) + 1) != self._header:
            self._file.truncate(0)
            self._file.write(self._header)
            self._file.flush()
            return
        place = self._file.tell()
        for line in iter(self._file.readline, b""):
            try:
                key = json.loads(line)["photo"] if line.endswith(b"\n") else None
            except (ValueError, KeyError, TypeError, RecursionError):
                key = None
            if key is None:
                self._file.truncate(place)
                return
            self._places[key] = place
            self._lines += 1
            place += len(line)

    def _at(self, place: int) -> tuple[Seen, ...]:
        self._file.seek(place)
        rows = json.loads(self._file.readline())["rows"]
        return tuple(
            Seen(from_text(row, self.root, self.size), _unpacked(row["fingerprint"])) for row in rows
        )


def _held(path: Path) -> BinaryIO:
    """Open a file to read and append, and keep other processes out until it is closed by whatever end.

    Raises:
        DataError: Another process holds it.
    """
    while True:
        file = path.open("a+b")
        check_regular(path, inf)
        if not lock(file):
            file.close()
            raise DataError(
                f"Another build writes {path}. Wait for it, or choose another output folder.",
                advice=(Advice.CHOOSE_ANOTHER_FOLDER,),
            )
        # Before the lock, another build may have ended and put a compacted file in its place.
        if samestat(os.fstat(file.fileno()), path.stat()):
            return file
        file.close()


def _key(photo: PhotoFile) -> str:
    """Return person, path, size and time of a photo as it was listed: it may change meanwhile."""
    return f"{photo.person}|{photo.source}|{photo.state}"


def _is_done(portrait: Portrait) -> bool:
    if kind_of_reason(portrait.dropped) in (UNREADABLE, FAILED):
        return False
    return portrait.crop is None or portrait.crop.is_file()


def _packed(seen: Seen) -> str:
    return "" if seen.fingerprint is None else base64.b64encode(seen.fingerprint.tobytes()).decode()


def _unpacked(text: str) -> Any:  # noqa: ANN401
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(SIDE, SIDE) if text else None
