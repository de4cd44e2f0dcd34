"""Write names and the places of faces into a file beside a photo, which itself is never touched."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from gfrnet.errors import WriteError
from gfrnet.files import as_path, read_bytes
from gfrnet.images.frame import Frame
from gfrnet.images.markup import as_utf8, wide_codec
from gfrnet.images.names_xmp import EMPTY, Named, UnfitRegionsError, with_names
from gfrnet.images.people_regions import PersonRegion
from gfrnet.images.sidecars import MOST_SIDECAR_BYTES, sidecar_path, sidecar_paths
from gfrnet.images.write import write_bytes

_TRIES = 3
"""How often a sidecar is read again that another program changes at the same moment."""


@dataclass(frozen=True)
class WrittenSidecar:
    """Hold what became of the names of a photo.

    Attributes:
        path: The sidecar.
        changed: Whether it was written; it is not where it holds the same already.
        written: Faces that it holds from gfrnet.
        known: Faces that another program or a person had named so already.
        contradicted: Faces that another program or a person named otherwise there. Theirs stay.
    """

    path: Path
    changed: bool
    written: tuple[PersonRegion, ...]
    known: tuple[PersonRegion, ...]
    contradicted: tuple[PersonRegion, ...]


def write_sidecar(photo: Path | str, people: Iterable[PersonRegion], frame: Frame) -> WrittenSidecar:
    """Write who is where in a photo into its sidecar, in the place of what gfrnet wrote there before.

    The sidecar is ``photo.jpg.xmp``. Where only ``photo.xmp`` exists, and no other file has the same name
    before its suffix, it is that. Everything else in it stays byte for byte, also faces that other programs
    and people named. It appears whole or not at all. Where nobody is named, none is made.

    Args:
        photo: The photo's file. It is neither read nor written.
        people: The faces, with boxes in the upright photo. Those without a name are left out.
        frame: Size and turn of the photo.

    Raises:
        WriteError: The sidecar is damaged or belongs to a picture of another shape, the folder is read-only
            or the disk full.
    """
    photo, people = as_path(photo), tuple(people)
    if not os.path.isdir(photo.parent):
        raise WriteError(f"{photo.parent} is no folder. Check whether its disk is there.")
    for _ in range(_TRIES):
        path = _place(photo)
        before = _content(path)
        named = _named(path, before, people, frame)
        data = _encoded(named.xmp, before)
        changed = data != (before or EMPTY)
        if changed and _content(path) != before:
            continue
        if changed:
            _write(data, path, photo, fresh=before is None)
        return WrittenSidecar(path, changed, named.written, named.known, named.contradicted)
    raise WriteError(f"{path} is being changed by another program. Close it, then try again.")


def _place(photo: Path) -> Path:
    """Return the sidecar to write: the one that exists, or a new one."""
    found = sidecar_paths(photo)
    full = sidecar_path(photo)
    if not found or found[0].name.lower() == full.name.lower():
        return found[0] if found else full
    return full if _shares_its_stem(photo) else found[0]


def _shares_its_stem(photo: Path) -> bool:
    """Return whether a photo has a namesake of another format, such as the RAW file of the same exposure."""
    namesakes = [name for name in os.listdir(photo.parent) if Path(name).stem == photo.stem]
    return any(name != photo.name and not name.lower().endswith(".xmp") for name in namesakes)


def _content(path: Path) -> bytes | None:
    """Return the bytes of a sidecar; None if there is none.

    Raises:
        WriteError: It cannot be read.
    """
    try:
        return read_bytes(path, MOST_SIDECAR_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        reason = error.strerror or error
        raise WriteError(f"{path} cannot be read ({reason}). Rename it or get the permission.") from error


def _named(path: Path, before: bytes | None, people: tuple[PersonRegion, ...], frame: Frame) -> Named:
    try:
        return with_names(as_utf8(before or EMPTY), people, frame)
    except UnfitRegionsError as error:
        raise WriteError(
            f"{path} holds faces of a picture of another shape, as if the photo was cut since. "
            "Remove them with the program that wrote them, or rename the file."
        ) from error
    except ValueError as error:
        raise WriteError(f"{path} is damaged ({error}). Mend or rename it.") from error


def _encoded(xmp: bytes, before: bytes | None) -> bytes:
    """Return XMP in the code of the file that it replaces."""
    codec = wide_codec(before or b"")
    return xmp.decode().encode(codec) if codec else xmp


def _write(data: bytes, path: Path, photo: Path, fresh: bool) -> None:
    # A link keeps leading to the file, and the file keeps its permissions.
    target, mode = Path(os.path.realpath(path)), None
    with suppress(OSError):
        mode = target.stat().st_mode
    write_bytes(data, target, [photo], replace=not fresh)
    if mode is not None:
        with suppress(OSError):
            target.chmod(mode)
