"""Read and write files where they lie: on this disk, in an object store, or on another server."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gfrnet import images
from gfrnet.errors import GfrnetError, MissingExtraError, PlanError, WriteError
from gfrnet.files import read_bytes

MOST_BYTES = 2**31
"""Largest file that is read into memory, as of one picture on this disk."""

_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "oci", "oss", "memory"})
"""Storages in which a file appears whole or not at all, as object stores promise."""

_OPTIONS: dict[str, dict[str, Any]] = {
    "s3": {"config_kwargs": {"connect_timeout": 10, "retries": {"max_attempts": 4, "mode": "standard"}}}
}
"""Options of storages. Without them, an address at which nobody answers takes S3 many minutes."""


@dataclass(frozen=True)
class Entry:
    """Describe a file of a folder.

    Attributes:
        name: Path inside the folder, with ``/`` between its parts.
        stamp: Hash of the content by which the storage knows it; empty where it knows none.
    """

    name: str
    stamp: str = ""


class UnreadableError(GfrnetError):
    """Report a file or folder of a storage that cannot be read."""


@dataclass(frozen=True)
class Folder:
    """Hold a folder on this disk, or behind a URL such as ``s3://bucket/photos``. It can be pickled.

    Attributes:
        url: Path or URL.
    """

    url: str

    def __str__(self) -> str:
        return self.url

    def path(self, name: str) -> str:
        """Return the path or URL of a file in the folder."""
        return f"{self.url.rstrip('/')}/{name}"

    @property
    def local(self) -> Path | None:
        """Return the path on this disk; None for a folder elsewhere."""
        files, root = self._opened()
        return Path(root) if _is_local(files) else None

    def place(self) -> tuple[str, tuple[str, ...]]:
        """Return the kind of the storage, and the parts of the path in it after all links."""
        files, root = self._opened()
        if _is_local(files):
            return "file", Path(os.path.realpath(root)).parts
        return _kind(files), tuple(part for part in root.split("/") if part)

    def entries(self) -> list[Entry]:
        """Return all files below the folder, sorted by name, without hidden ones. Links are not entered.

        Raises:
            UnreadableError: It is missing, or cannot be read.
        """
        files, root = self._opened()
        with _reading(self.url):
            found = _walk(root) if _is_local(files) else _find(files, root)
            return sorted(found, key=lambda entry: os.fsencode(entry.name))

    def names(self, below: str) -> list[str]:
        """Return the names of the files directly in a subfolder; none where it is missing.

        Raises:
            UnreadableError: It cannot be read.
        """
        files, root = self._opened()
        with _reading(self.path(below)):
            try:
                files.invalidate_cache()
                found = files.ls(f"{root}/{below}", detail=False)
            except FileNotFoundError:
                return []
            return sorted(str(path).rpartition("/")[2] for path in found)

    def read(self, name: str, most_bytes: int = MOST_BYTES) -> bytes:
        """Return the bytes of a file.

        Raises:
            UnreadableError: It is missing or larger, or cannot be read.
        """
        files, root = self._opened()
        with _reading(self.path(name)):
            if _is_local(files):
                return read_bytes(Path(root, name), most_bytes)
            # One byte more tells whether the file is larger; its size would cost another request.
            data: bytes = files.cat_file(f"{root}/{name}", start=0, end=most_bytes + 1)
        if len(data) > most_bytes:
            raise UnreadableError(
                f"{self.path(name)} is larger than {most_bytes / 1e9:.1f} GB. Leave it out."
            )
        return data

    def read_all(self, names: Sequence[str]) -> Iterator[bytes]:
        """Yield the bytes of many small files, in their order. An object store sends many at once.

        Raises:
            UnreadableError: One cannot be read.
        """
        files, root = self._opened()
        for start in range(0, len(names), 256):
            some = names[start : start + 256]
            if _is_local(files):
                yield from (self.read(name) for name in some)
                continue
            with _reading(self.url):
                paths = [f"{root}/{name}" for name in some]
                found = {files._strip_protocol(path): data for path, data in files.cat(paths).items()}
                yield from (found[files._strip_protocol(path)] for path in paths)

    def write(self, name: str, data: bytes, inputs: Sequence[str] = ()) -> None:
        """Write a file, whole or not at all; one of this name is replaced.

        Args:
            name: Path inside the folder.
            data: The bytes.
            inputs: Paths on this disk that are never overwritten.

        Raises:
            WriteError: It cannot be written.
        """
        files, root = self._opened()
        if _is_local(files):
            images.write_bytes(data, Path(root, name), inputs)
            return
        with _writing(self.path(name)):
            _put(files, f"{root}/{name}", data)

    def delete(self, names: Sequence[str]) -> None:
        """Delete files; those that are gone already do not matter."""
        files, root = self._opened()
        for name in names:
            # What is left over does no harm: it is read once more, and means the same.
            with suppress(Exception):
                files.rm_file(f"{root}/{name}")

    def clear(self, below: str) -> None:
        """Delete a subfolder with all that is in it, as far as possible."""
        files, root = self._opened()
        with suppress(Exception):
            files.rm(f"{root}/{below}", recursive=True)

    def check_writable(self) -> None:
        """Write a small file and delete it, so that no work is in vain.

        Raises:
            WriteError: It cannot be written.
        """
        name = f".gfrnet-{secrets.token_hex(8)}.part"
        self.write(name, b"")
        self.delete([name])

    def _opened(self) -> tuple[Any, str]:
        """Return the file system and the path in it, without a slash at its end.

        Raises:
            PlanError: No storage has such URLs.
            MissingExtraError: The package for such URLs is not installed.
        """
        import fsspec
        from fsspec.implementations.local import LocalFileSystem

        kind, mark, _ = self.url.partition("://")
        if not mark:
            return LocalFileSystem(), os.path.abspath(self.url)
        try:
            files, path = fsspec.url_to_fs(self.url, **_OPTIONS.get(kind, {}))
        except ImportError as error:
            raise MissingExtraError(f"{self.url} cannot be opened: {error}") from error
        except ValueError as error:
            raise PlanError(
                f"{self.url} cannot be opened ({error}). Give a folder, or a URL such as s3://BUCKET/FOLDER."
            ) from error
        return files, path.rstrip("/")


def _is_local(files: Any) -> bool:  # noqa: ANN401 - fsspec has no types
    from fsspec.implementations.local import LocalFileSystem

    return isinstance(files, LocalFileSystem)


def _kind(files: Any) -> str:  # noqa: ANN401
    return str(files.protocol if isinstance(files.protocol, str) else files.protocol[0])


def _walk(root: str) -> Iterator[Entry]:
    def refuse(error: OSError) -> None:
        raise error

    if os.path.isfile(root):
        raise NotADirectoryError
    for folder, below, names in os.walk(root, onerror=refuse):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in names:
            if not name.startswith(".") and os.path.isfile(os.path.join(folder, name)):
                yield Entry(Path(folder, name).relative_to(root).as_posix())


def _find(files: Any, root: str) -> Iterator[Entry]:  # noqa: ANN401
    # The listing of an earlier call is remembered, and others write meanwhile.
    files.invalidate_cache()
    found = files.find(root, detail=True)
    if not found:
        # A missing bucket looks like an empty one to `find`.
        files.ls(root, detail=False)
    for path, about in found.items():
        name = path.removeprefix(root).lstrip("/")
        if not name:
            raise NotADirectoryError
        if not any(part.startswith(".") for part in name.split("/")):
            yield Entry(name, str(about.get("ETag", "")).strip('"'))


def _put(files: Any, path: str, data: bytes) -> None:  # noqa: ANN401
    if _kind(files) in _WHOLE:
        files.pipe_file(path, data)
        return
    folder = path.rpartition("/")[0]
    part = f"{folder}/.gfrnet-{secrets.token_hex(8)}.part"
    files.makedirs(folder, exist_ok=True)
    files.pipe_file(part, data)
    files.mv(part, path)


@contextmanager
def _reading(url: str) -> Iterator[None]:
    try:
        yield
    except GfrnetError:
        raise
    # Every kind of storage has exceptions of its own.
    except Exception as error:
        raise UnreadableError(f"{url} cannot be read: {_reason(error)}") from error


@contextmanager
def _writing(url: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise WriteError(f"{url} cannot be written: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """Return why a storage refuses, and the next action."""
    if isinstance(error, FileNotFoundError):
        return "it does not exist. Check the address."
    if isinstance(error, NotADirectoryError):
        return "it is a file. Give the folder in which it lies."
    if isinstance(error, PermissionError):
        return "access is denied. Check your rights there, and the credentials of this machine."
    if "Credential" in type(error).__name__:
        return "there are no credentials. Give this machine those of the storage."
    if isinstance(error, ConnectionError) or any(
        word in type(error).__name__ for word in ("Connect", "Timeout", "Endpoint")
    ):
        return f"nobody answers ({error}). Check the address and the network."
    return f"{error or type(error).__name__}. Check the address and the network."
