"""Open files that callers name: regular files of a limited size, never endless devices or pipes.

A pipe would make a program wait for ever. A device or a file of holes would fill its memory.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import TextIO
from zipfile import is_zipfile

import numpy as np
from numpy.lib.npyio import NpzFile

from gfrnet.errors import ConfigError

MOST_BYTES = 2**30
"""Largest file that is read into memory by default: a report of a million photos has half of that."""

_LONGEST_LINE = 2**20
"""Most characters of a line: a row of a manifest has some 3,000. A file of holes is one endless line."""

_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""How files are opened: a pipe is opened without waiting for a writer. Not every system has every flag."""

_OPEN_FILES = Path("/proc/self/fd")
"""Where Linux tells which files a process holds open, after all links."""

_within: tuple[str, ...] = ()


def keep_within(folders: Iterable[str | Path]) -> None:
    """Open only files that lie below folders after all links, from now on and in this process.

    A process that reads for others calls it, so that no link leads such a reader elsewhere.

    Args:
        folders: The folders, and single files beside them; none allows all files.
    """
    global _within
    _within = tuple(os.path.join(os.path.realpath(folder), "") for folder in folders)


def kept_within() -> tuple[str, ...]:
    """Return the folders of `keep_within`, for processes that go on with the same work."""
    return _within


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


def check_regular(path: Path, most_bytes: float = MOST_BYTES) -> None:
    """Check a file before a library opens it by its name.

    Args:
        path: The file.
        most_bytes: Largest size; infinite for a file that is not read into memory.

    Raises:
        OSError: There is no such file, it is none of the kind to read, or it is larger.
    """
    _check(os.stat(path), most_bytes)


@contextmanager
def opened(path: Path, most_bytes: float = MOST_BYTES) -> Iterator[BufferedReader]:
    """Open a file to read its bytes.

    Raises:
        OSError: As `check_regular`, or the file may not be read, or lies outside of `keep_within`.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        _check(os.fstat(descriptor), most_bytes)
        _check_place(descriptor, path)
    except OSError:
        os.close(descriptor)
        raise
    with open(descriptor, "rb") as file:
        yield file


@contextmanager
def opened_arrays(path: Path, most_unpacked: float) -> Iterator[NpzFile]:
    """Open an archive of NumPy's arrays. Nothing in it is executed, and a small file cannot fill the memory.

    Args:
        path: The file.
        most_unpacked: Largest size of all arrays in bytes. zipfile unpacks no more than the file declares.

    Raises:
        OSError: As `opened`.
        ValueError: It is no such archive, or declares more.
        BadZipFile: It is damaged. Reading its arrays raises this and more.
    """
    with opened(path) as file:
        if not is_zipfile(file):
            raise ValueError("it is no archive of NumPy, or not all of it")
        file.seek(0)
        with np.load(file, allow_pickle=False) as stored:
            size = sum(member.file_size for member in stored.zip.infolist())
            if size > most_unpacked:
                raise ValueError(f"it would unpack to {size / 1e9:.1f} GB")
            yield stored


def read_bytes(path: Path, most_bytes: float = MOST_BYTES) -> bytes:
    """Return all bytes of a file.

    Raises:
        OSError: As `opened`.
    """
    with opened(path, most_bytes) as file:
        return file.read()


def read_text(path: Path, most_bytes: float = MOST_BYTES) -> str:
    """Return a text of UTF-8.

    Raises:
        OSError: As `opened`.
        UnicodeDecodeError: It is no UTF-8.
    """
    return read_bytes(path, most_bytes).decode()


@contextmanager
def opened_lines(path: Path, encoding: str = "utf-8") -> Iterator[Iterator[str]]:
    """Open a text of any length to read its lines, with their ends. A giant line comes in pieces.

    Raises:
        OSError: As `opened`.
    """
    with opened(path, float("inf")) as file, io.TextIOWrapper(file, encoding, newline="") as text:
        yield _lines(text)


def _lines(text: TextIO) -> Iterator[str]:
    return iter(partial(text.readline, _LONGEST_LINE), "")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits; it takes no memory.

    Raises:
        OSError: As `opened`.
    """
    with opened(path, float("inf")) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(found: os.stat_result, most_bytes: float) -> None:
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is a device or a pipe")
    if found.st_size > most_bytes:
        size, most = found.st_size / 1e9, most_bytes / 1e9
        raise OSError(errno.EFBIG, f"it has {size:.1f} GB, and at most {most:.1f} GB are read")


def _check_place(descriptor: int, path: Path) -> None:
    """Check where an open file lies. Its name may lead elsewhere by the time at which it is looked at."""
    if not _within:
        return
    try:
        real = os.readlink(_OPEN_FILES / str(descriptor))
    except OSError:  # no Linux
        real = os.path.realpath(path)
        if not os.path.samestat(os.fstat(descriptor), os.lstat(real)):
            real = ""
    if not os.path.join(real, "").startswith(_within):
        raise OSError(errno.EXDEV, "it is a link that leads out of the folders that are read")
