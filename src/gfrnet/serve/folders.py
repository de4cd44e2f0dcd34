"""Name folders of the server by words that nobody can guess or bend, and keep clients below the roots."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gfrnet.album import FOLDER, is_album
from gfrnet.images import READABLE_SUFFIXES
from gfrnet.printable import printable
from gfrnet.serve.database import Database
from gfrnet.serve.problems import ProblemError

FILM_SUFFIXES = (
    ".3gp", ".avi", ".dv", ".flv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".mxf",
    ".ogv", ".ts", ".vob", ".webm", ".wmv",
)  # fmt: skip
"""Endings of films that are listed. Whether one can be read shows when it is scanned."""


@dataclass(frozen=True)
class ServedFilm:
    """Hold a film that clients may see.

    Attributes:
        name: Its name.
        bytes: Its size.
    """

    name: str
    bytes: int


@dataclass(frozen=True)
class ServedFolder:
    """Hold a folder that clients may see.

    Attributes:
        id: Its name for clients.
        name: Its name for people.
        album: Whether it was scanned as an album.
        pictures: Number of pictures directly in it.
    """

    id: str
    name: str
    album: bool
    pictures: int


class Folders:
    """Know the folders below the roots.

    Args:
        database: Keeps the names.
        roots: Folders below which clients may look.
        secret: Key of the names.
    """

    def __init__(self, database: Database, roots: Sequence[Path], secret: bytes) -> None:
        self._database, self._secret = database, secret
        self._roots = {os.path.realpath(root): root for root in roots}

    def roots(self) -> tuple[ServedFolder, ...]:
        """Return the roots."""
        return tuple(self._served(root, root) for root in self._roots)

    def inside(self, folder: str) -> tuple[ServedFolder, ...]:
        """Return the folders directly in a folder, by name, without hidden ones and links that lead out.

        Raises:
            ProblemError: There is no such folder, or it cannot be read.
        """
        root, here = self._found(folder)
        return tuple(self._served(root, path) for path in _shown(root, here, os.DirEntry.is_dir))

    def path(self, folder: str) -> Path:
        """Return the path of a folder.

        Raises:
            ProblemError: There is no such folder, or it leads out of its root by now.
        """
        return Path(self._found(folder)[1])

    def album(self, folder: str) -> Path:
        """Return the path of a folder that was scanned as an album.

        Raises:
            ProblemError: There is no such folder, or it was not scanned yet.
        """
        path = self.path(folder)
        if not is_album(path / FOLDER):
            raise ProblemError(404, "This folder is no album yet. Scan it first.", name="not-scanned")
        return path

    def file(self, folder: str, name: str) -> Path:
        """Return the path of a file directly in a folder.

        Raises:
            ProblemError: There is no such file, or it is a link that leads out of its root.
        """
        root, here = self._found(folder)
        path = os.path.join(here, name)
        plain = os.path.basename(name) == name and not name.startswith(".") and "\0" not in name
        if not (plain and _is_below(path, root) and os.path.isfile(path)):
            raise ProblemError(404, "There is no such file in this folder. List the folder again.")
        return Path(path)

    def films(self, folder: str) -> tuple[ServedFilm, ...]:
        """Return the films directly in a folder, by name, without hidden ones and links that lead out.

        Raises:
            ProblemError: There is no such folder, or it cannot be read.
        """
        films = _shown(*self._found(folder), _is_film)
        return tuple(ServedFilm(os.path.basename(path), os.path.getsize(path)) for path in films)

    def holds(self, photo: Path) -> bool:
        """Return whether a file lies below a root, after all links."""
        return any(_is_below(os.fspath(photo), root) for root in self._roots)

    def _found(self, folder: str) -> tuple[str, str]:
        row = self._database.row("SELECT root, path FROM folders WHERE id = ?", (folder,))
        if row is None and self.roots():
            row = self._database.row("SELECT root, path FROM folders WHERE id = ?", (folder,))
        if row is None or row["root"] not in self._roots:
            raise ProblemError(404, "There is no such folder. List the folders, and take one from there.")
        root, path = row["root"], row["path"]
        inside = _is_below(path, root) and all(_is_below(part, root) for part in _of_album(path))
        if not (inside and os.path.isdir(path)):
            raise ProblemError(404, "This folder is gone. List the folders, and take one from there.")
        return root, path

    def _served(self, root: str, path: str) -> ServedFolder:
        name = hashlib.blake2b(os.fsencode(path), key=self._secret, digest_size=16).hexdigest()
        self._database.change("INSERT OR IGNORE INTO folders VALUES (?, ?, ?)", (name, root, path))
        shown = os.path.basename(path) or path
        return ServedFolder(name, printable(shown), is_album(Path(path, FOLDER)), _pictures(path))


def _is_below(path: str, root: str) -> bool:
    """Return whether a path lies below a root, also after all links."""
    real = os.path.realpath(path)
    return real == root or real.startswith(root.rstrip(os.sep) + os.sep)


def _of_album(folder: str) -> Iterator[str]:
    """Yield the folder of an album in a folder, and its files, where there is one."""
    album = os.path.join(folder, FOLDER)
    if os.path.lexists(album):
        yield album
    with suppress(OSError), os.scandir(album) as listed:
        yield from (entry.path for entry in listed)


def _pictures(folder: str) -> int:
    try:
        return sum(name.lower().endswith(READABLE_SUFFIXES) for name in os.listdir(folder))
    except OSError:
        return 0


def kept_secret(path: Path) -> bytes:
    """Return the key that a file holds; make it where it is missing."""
    if not path.exists():
        part = path.with_suffix(f".{secrets.token_hex(4)}")
        part.touch(mode=0o600)
        part.write_bytes(secrets.token_bytes(32))
        os.replace(part, path)
    return path.read_bytes()


def _shown(root: str, here: str, wanted: Callable[[os.DirEntry[str]], bool]) -> Iterator[str]:
    """Yield the wanted paths in a folder, by name, without hidden ones and links that lead out.

    Raises:
        ProblemError: The folder cannot be read.
    """
    try:
        with os.scandir(here) as listed:
            names = sorted(entry.name for entry in listed if wanted(entry))
    except OSError as error:
        raise ProblemError(403, "This folder cannot be read. Allow the server to read it.") from error
    paths = (os.path.join(here, name) for name in names if not name.startswith("."))
    return (path for path in paths if _is_below(path, root))


def _is_film(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(FILM_SUFFIXES) and entry.is_file()
