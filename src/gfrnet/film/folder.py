"""Keep the work on a film in a folder: scan, guides, settings, and each finished shot."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from gfrnet import images
from gfrnet.errors import Advice, DataError, WriteError
from gfrnet.files import check_regular, read_text, sha256
from gfrnet.film.keeping import ScanOrigin, load_scan, save_scan
from gfrnet.film.outcome import ShotRecord
from gfrnet.film.records import FilmScan
from gfrnet.film.settings import Settings
from gfrnet.lock import locked

SUFFIX = ".gfrnet"
"""What the name of a work folder adds to that of the result."""

_SETTINGS, _SCAN, _WRITTEN, _LOCK, _REPORT = (
    "settings.json",
    "scan.npz",
    "written.json",
    "lock",
    "report.json",
)

_FOLDERS = ("segments", "records", "guides")
"""Folders of the work. Guides are there only where an earlier version began."""

_MOST_BYTES = 2**26
"""Largest record or settings that are read."""


class _KeptShot(BaseModel):
    """Hold a finished shot.

    Attributes:
        key: Hash of all that it depends on (`settings.shot_print`).
        redone: Whether it was restored again by itself, perhaps with other settings than the rest.
        size: Bytes of its video.
        sha256: Hash of its video.
        record: What became of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    redone: bool
    size: int
    sha256: str
    record: ShotRecord


class _Written(BaseModel):
    """Hold which films were joined here: the hashes of their files, and of the shots of the last one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    films: tuple[str, ...] = ()
    shots: str = ""


@dataclass(frozen=True)
class WorkFolder:
    """Hold the folder of the work on one film. Every file in it is written aside and renamed.

    Attributes:
        path: The folder.
    """

    path: Path

    @classmethod
    def beside(cls, out: Path) -> WorkFolder:
        """Return the folder for a result, which need not exist."""
        return cls(out.with_name(out.name + SUFFIX))

    @property
    def exists(self) -> bool:
        """Return whether there is anything of this name."""
        return self.path.exists() or self.path.is_symlink()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Make the folder where it is missing, and hold it against other processes.

        Raises:
            WriteError: Another process works in it, or it cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with locked(self.path / _LOCK, wait=False):
                for folder in (self.path, *(self.path / name for name in _FOLDERS)):
                    images.clear_parts(folder)
                yield
        except BlockingIOError as error:
            raise WriteError(
                f"Another process works in {self.path}. Wait until it is done, or choose another name for "
                "the result.",
                advice=(Advice.CHOOSE_ANOTHER_NAME,),
            ) from error

    def check_ours(self) -> None:
        """Refuse a folder that holds other things than the work on a film.

        Raises:
            WriteError: It does, or is a link.
        """
        if not self.exists:
            return
        known = {_SETTINGS, _SCAN, _WRITTEN, _LOCK, _REPORT, *_FOLDERS}
        plain = self.path.is_dir() and not self.path.is_symlink()
        if not plain or any(
            each.name not in known and not each.name.startswith((".gfrnet-", "joined."))
            for each in self.path.iterdir()
        ):
            raise WriteError(
                f"{self.path} is no work folder of a film. Choose another name for the result.",
                advice=(Advice.CHOOSE_ANOTHER_NAME,),
            )

    def clear(self) -> None:
        """Delete everything in the folder but the lock."""
        for each in list(self.path.iterdir()):
            if each.name in _FOLDERS:
                shutil.rmtree(each)
            elif each.name != _LOCK:
                each.unlink()

    def remove(self) -> None:
        """Delete the folder."""
        self.check_ours()
        shutil.rmtree(self.path)

    def settings(self) -> Settings | None:
        """Return the settings that the work was begun with; None where there are none."""
        try:
            found = json.loads(read_text(self.path / _SETTINGS, _MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def keep_settings(self, settings: Settings) -> None:
        """Write settings."""
        images.write_text(json.dumps(dict(settings), indent=2) + "\n", self.path / _SETTINGS)

    def scan(self, origin: ScanOrigin) -> FilmScan | None:
        """Return the scan of a film; None where there is none that can be read."""
        try:
            return load_scan(self.path / _SCAN, origin)
        except DataError:
            return None

    def keep_scan(self, scan: FilmScan, origin: ScanOrigin) -> None:
        """Write a scan."""
        save_scan(scan, self.path / _SCAN, origin)

    def segment(self, shot: int) -> Path:
        """Return the place of the video of a shot."""
        return self.path / "segments" / f"{shot:06d}.mkv"

    def shot(self, number: int, key: str | None) -> ShotRecord | None:
        """Return the record of a shot that is finished and whole; None for one that must be made again.

        Args:
            number: Number of the shot.
            key: Hash of all that it depends on; None for any. One that was redone by itself may have another.
        """
        kept = self._kept(number)
        if kept is None or kept.record.status == "failed" or not (kept.redone or key in (None, kept.key)):
            return None
        video = self.segment(number)
        with suppress(OSError):
            check_regular(video, float("inf"))
            if video.stat().st_size == kept.size and sha256(video) == kept.sha256:
                return kept.record.model_copy(update={"kept": True})
        return None

    def is_redone(self, number: int, key: str) -> bool:
        """Return whether a shot was restored again with just these settings."""
        kept = self._kept(number)
        return kept is not None and kept.redone and kept.key == key

    def keep_shot(self, record: ShotRecord, key: str, redone: bool) -> None:
        """Write the record of a shot whose video is written.

        Raises:
            WriteError: The disk is full.
        """
        video = self.segment(record.shot)
        kept = _KeptShot(
            key=key, redone=redone, size=video.stat().st_size, sha256=sha256(video), record=record
        )
        images.write_text(kept.model_dump_json(indent=1) + "\n", self._record(record.shot))

    def shots_print(self, numbers: range) -> list[str]:
        """Return the hashes of the videos of shots."""
        return [kept.sha256 for number in numbers if (kept := self._kept(number)) is not None]

    def written(self) -> tuple[tuple[str, ...], str]:
        """Return the hashes of films that were joined here, and that of the shots of the last one."""
        try:
            found = _Written.model_validate_json(read_text(self.path / _WRITTEN, _MOST_BYTES))
        except (OSError, ValueError):
            return (), ""
        return found.films, found.shots

    def keep_written(self, films: tuple[str, ...], shots: str) -> None:
        """Write which films were joined here."""
        images.write_text(_Written(films=films, shots=shots).model_dump_json(), self.path / _WRITTEN)

    def keep_report(self, text: str) -> None:
        """Write the report."""
        images.write_text(text, self.path / _REPORT)

    def joined(self, suffix: str) -> Path:
        """Return where a film is joined before it gets its name."""
        return self.path / f"joined{suffix}"

    def _record(self, shot: int) -> Path:
        return self.path / "records" / f"{shot:06d}.json"

    def _kept(self, number: int) -> _KeptShot | None:
        try:
            found = _KeptShot.model_validate_json(read_text(self._record(number), _MOST_BYTES))
        except (OSError, ValueError):
            return None
        return found if found.record.shot == number else None
