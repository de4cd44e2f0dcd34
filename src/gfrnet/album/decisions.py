"""Keep what people decided about faces, in a text file that is only appended to.

A decision names faces by the content of their photo and their box. So it holds after a rescan, with another
detector, and with another recogniser. The index can be made again; these lines cannot.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from gfrnet.errors import Advice, DataError
from gfrnet.files import read_bytes
from gfrnet.lock import locked
from gfrnet.printable import printable, without_controls
from gfrnet.types import Box

DECISIONS = "decisions.jsonl"
"""Name of the file in the folder of an album."""

MOST_FACES = 1000
"""Most faces of a line. A face takes about 150 characters."""

MOST_NAME = 200
"""Most characters of a person's name."""

FIRST_YEAR, LAST_YEAR = 1700, 2200
"""Years of birth that are believed."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FaceKey(_Part):
    """Name a face for ever, whatever finds it.

    Attributes:
        photo: Hash of the photo's file, 32 hexadecimal digits (`restore.sources.content_hash`).
        pixels: Hash of its upright pixels. It finds the photo when a program has changed its metadata.
        box: Left, top, right, bottom of the face in pixels of the upright photo.
    """

    photo: str = Field(pattern="^[0-9a-f]{32}$")
    pixels: str = Field(default="", pattern="^([0-9a-f]{32})?$")
    box: tuple[float, float, float, float]

    @field_validator("box")
    @classmethod
    def _is_box(cls, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        Box(*box)
        return box


Name: TypeAlias = Annotated[str, AfterValidator(lambda name: checked_name(name))]
"""Name of a person, as `checked_name` returns it."""

Faces: TypeAlias = Annotated[tuple[FaceKey, ...], Field(min_length=1)]


class Named(_Part):
    """Decide that faces show the person of this name. The latest word on a face counts."""

    kind: Literal["named"] = "named"
    person: Name
    faces: Faces


class Same(_Part):
    """Decide that all these faces show one person, who may have no name yet."""

    kind: Literal["same"] = "same"
    faces: Faces


class Apart(_Part):
    """Decide that no face of one side shows the person of a face of the other side, for ever."""

    kind: Literal["apart"] = "apart"
    faces: Faces
    others: Faces


class NotPerson(_Part):
    """Decide that faces do not show the person of this name, for ever."""

    kind: Literal["not"] = "not"
    person: Name
    faces: Faces


class Renamed(_Part):
    """Decide that a person has another name. If another person has it, the two are one from now on."""

    kind: Literal["renamed"] = "renamed"
    person: Name
    to: Name


class NoFace(_Part):
    """Decide that what was found is no face, such as a pattern or a doll."""

    kind: Literal["no face"] = "no face"
    faces: Faces


class AsGuide(_Part):
    """Decide that faces always guide (pinned), never guide (banned), or are free to be chosen again."""

    kind: Literal["guide"] = "guide"
    use: Literal["pinned", "banned", "free"]
    faces: Faces


class Born(_Part):
    """Decide in which year a person was born. Older photos then cannot show this person."""

    kind: Literal["born"] = "born"
    person: Name
    year: Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class Undone(_Part):
    """Take back all decisions of an earlier step."""

    kind: Literal["undone"] = "undone"
    undone: str


Decision: TypeAlias = Named | Same | Apart | NotPerson | Renamed | NoFace | AsGuide | Born
"""What a person decides. `Undone` takes one back."""

_ANY: TypeAdapter[Decision | Undone] = TypeAdapter(Annotated[Decision | Undone, Field(discriminator="kind")])


@dataclass(frozen=True)
class Decided:
    """Hold a decision as it stands in the file.

    Attributes:
        step: Name of the step, 16 hexadecimal digits. Decisions that were made at once share it.
        at: When it was made, in UTC, such as ``2026-11-29T17:01:48Z``.
        decision: The decision.
    """

    step: str
    at: str
    decision: Decision | Undone


def checked_name(name: object) -> str:
    """Return a person's name without spaces around it, letters with accents as one sign each.

    Raises:
        ValueError: It is empty, too long, holds control signs, or looks like the number of a group (``G12``).
    """
    if not isinstance(name, str) or not name.strip():
        raise ValueError("A name is empty. Give the name of a person, such as Anna.")
    name = unicodedata.normalize("NFC", name.strip())
    if len(name) > MOST_NAME or without_controls(printable(name)) != name or "\t" in name:
        raise ValueError(f"A name has at most {MOST_NAME} letters, and no line ends, tabs or control signs.")
    if is_group_name(name):
        raise ValueError(f"{name} is the number of a group. Give the name of a person, such as Anna.")
    return name


def is_name(name: str) -> bool:
    """Return whether a person can have this name (`checked_name`)."""
    try:
        checked_name(name)
    except ValueError:
        return False
    return True


def is_group_name(name: str) -> bool:
    """Return whether a word is the number of a group without a name, such as ``G12``."""
    return name[:1] == "G" and name[1:].isascii() and name[1:].isdigit()


class Decisions:
    """Read and append the decisions of one album. Several processes may append at once.

    Args:
        folder: The folder of the album.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / DECISIONS

    def read(self) -> tuple[tuple[Decided, ...], int]:
        """Return all decisions in their order, those taken back and their undoing left out.

        Returns:
            The decisions that hold, and the number of lines that cannot be read. A killed program leaves at
            most one, which it had not yet confirmed.

        Raises:
            DataError: The file cannot be read.
        """
        lines, unread = list[Decided](), 0
        for line in self._bytes().decode(errors="replace").split("\n"):
            decided = _parsed(line)
            if decided is not None:
                lines.append(decided)
            elif line.strip():
                unread += 1
        return _standing(lines), unread

    def unread(self) -> str | None:
        """Tell that lines cannot be read; None where all can.

        Raises:
            DataError: The file cannot be read.
        """
        count = self.read()[1]
        if not count:
            return None
        lines = "1 line" if count == 1 else f"{count} lines"
        return (
            f"{lines} of {self.path} cannot be read. A newer gfrnet may have written them, or the file is "
            "damaged; they are kept."
        )

    def digest(self) -> str:
        """Return a hash of the whole file, which tells whether anything was decided since.

        Raises:
            DataError: The file cannot be read.
        """
        return hashlib.blake2b(self._bytes(), digest_size=16).hexdigest()

    def append(self, decisions: Sequence[Decision]) -> str:
        """Write decisions down as one step, all or none. When this returns they are on the disk.

        Returns:
            The name of the step.

        Raises:
            DataError: The file cannot be written.
        """
        step, at = secrets.token_hex(8), _now()
        with self._held():
            self._write([Decided(step, at, part) for decision in decisions for part in _short(decision)])
        return step

    def last(self) -> tuple[Decided, ...]:
        """Return the decisions of the last step that holds; none where no step is left."""
        standing, _ = self.read()
        return tuple(each for each in standing if each.step == standing[-1].step)

    def undo(self, step: str | None = None) -> tuple[Decided, ...]:
        """Take back the last step that holds; return its decisions, or none where no step is left.

        Args:
            step: Name that it must have, so that nothing that was decided meanwhile goes; None for any.

        Raises:
            DataError: The file cannot be read or written.
        """
        with self._held():
            standing, _ = self.read()
            if not standing or step not in (None, standing[-1].step):
                return ()
            step = standing[-1].step
            self._write([Decided(secrets.token_hex(8), _now(), Undone(undone=step))])
        return tuple(decided for decided in standing if decided.step == step)

    def _bytes(self) -> bytes:
        try:
            return read_bytes(self.path, inf)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise DataError(
                f"{self.path} cannot be read ({error}). It holds what people decided: put a copy of it back."
            ) from error

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Let no other process append meanwhile."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self.path.with_suffix(".lock"), wait=True):
                yield
        except OSError as error:
            raise DataError(
                f"{self.path} cannot be written ({error.strerror or error}). Nothing was decided. Free some "
                "space, or allow writing there.",
                advice=(Advice.PLACE_ALBUM,),
            ) from error

    def _write(self, made: Sequence[Decided]) -> None:
        text = "".join(_as_line(decided) for decided in made).encode()
        with open(self.path, "ab+") as file:
            before = file.seek(0, os.SEEK_END)
            if before and not _ends_line(file):
                text = b"\n" + text
            try:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    file.truncate(before)
                raise


def _ends_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _short(decision: Decision) -> Iterator[Decision]:
    """Divide a decision on thousands of faces, so that no line is longer than what is read as one."""
    faces = getattr(decision, "faces", ())
    if len(faces) <= MOST_FACES:
        yield decision
        return
    # Each part of a bond shares a face with the part before.
    linked = int(isinstance(decision, Same))
    for start in range(0, len(faces) - linked, MOST_FACES - linked):
        yield decision.model_copy(update={"faces": faces[start : start + MOST_FACES]})


def _as_line(decided: Decided) -> str:
    about = {"step": decided.step, "at": decided.at} | decided.decision.model_dump(mode="json")
    return json.dumps(about, ensure_ascii=True) + "\n"


def _parsed(line: str) -> Decided | None:
    """Return the decision of a line; None where it is torn, foreign or of a newer version."""
    try:
        about: dict[str, Any] = json.loads(line)
        step, at = about.pop("step"), about.pop("at")
        if not (isinstance(step, str) and isinstance(at, str)):
            return None
        return Decided(step, at, _ANY.validate_python(about))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, ValidationError):
        return None


def _standing(lines: Sequence[Decided]) -> tuple[Decided, ...]:
    undone = {each.decision.undone for each in lines if isinstance(each.decision, Undone)}
    return tuple(each for each in lines if each.step not in undone and not isinstance(each.decision, Undone))


def as_box(key: FaceKey) -> Box:
    """Return the box of a named face."""
    return Box(*key.box)


def key_of(photo: str, pixels: str, box: Box) -> FaceKey:
    """Return the lasting name of a face.

    Args:
        photo: Hash of the photo's file.
        pixels: Hash of its upright pixels.
        box: The face, in pixels of the upright photo.
    """
    left, top, right, bottom = (round(float(value), 2) for value in box.as_tuple())
    return FaceKey(photo=photo, pixels=pixels, box=(left, top, right, bottom))
