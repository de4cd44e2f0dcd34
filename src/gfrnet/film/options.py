"""Describe how a film is restored: for all of it, for a person, and for a shot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gfrnet.batch import Existing
from gfrnet.errors import ConfigError
from gfrnet.film.cast import CastNotes
from gfrnet.film.media import CODECS
from gfrnet.restore import RestoreOptions
from gfrnet.types import is_finite

MOST_WORKERS = 256
"""Most processes. Each holds a model and decodes a film, about half a gigabyte."""


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """Hold what differs for one person or one shot. Creating it checks the values.

    Attributes:
        strength: Share of the change that is applied, 0..1; None for that of the film.
        fidelity: 1 for smooth and likely, 0 for texture (see `RestoreOptions`); None for that of the film.
        stable: How steady the faces are over time, 0..1; None for that of the film.
        leave: Whether the faces stay as they are.

    Raises:
        ConfigError: A value is of another type or out of its range.
    """

    strength: float | None = None
    fidelity: float | None = None
    stable: float | None = None
    leave: bool = False

    def __post_init__(self) -> None:
        for name in ("strength", "fidelity", "stable"):
            value = getattr(self, name)
            if value is not None:
                _check_share(name, value)
        if not isinstance(self.leave, bool):
            raise ConfigError(f"leave must be True or False, got {self.leave!r}.")


@dataclass(frozen=True, kw_only=True)
class FilmOptions:
    """Hold the choices for a film. Creating it checks them.

    Attributes:
        restore: How faces are restored. A film is not enlarged, and its faces are never cropped by hand.
        stable: How steady faces are over time, from 0 (each frame by itself) to 1.
        codec: How the video is coded: one of `CODECS`, such as ``ffv1`` for a master without loss.
        crf: Quality of x264 and x265, 0..51, less is better; None for 17 and 18.
        workers: Processes that restore shots at a time, 1 or more.
        start: Second at which the result begins; None for the beginning of the film.
        stop: Second before which the result ends; None for the end of the film.
        shots: Numbers of the shots to restore again, from 0; None for all that are not finished. They may
            have other settings than before. All other shots stay, and the film is joined once more.
        cast: Who is who by hand; None for what the portraits and the scan tell.
        people: What differs for people, by their names.
        shot_wishes: What differs for shots, by their numbers. It counts more than that of people.
        existing: What happens to a work folder or a film of this name. It is refused, replaced, or kept; a
            kept one is gone on with.
        keep: Whether the work folder stays in the end. It is needed to restore single shots again, and takes
            the space of the video once more.

    Raises:
        ConfigError: A value is of another type or out of its range.
    """

    restore: RestoreOptions = field(default_factory=RestoreOptions)
    stable: float = 1.0
    codec: str = "same"
    crf: int | None = None
    workers: int = 1
    start: float | None = None
    stop: float | None = None
    shots: tuple[int, ...] | None = None
    cast: CastNotes | None = None
    people: Mapping[str, Wishes] = field(default_factory=dict)
    shot_wishes: Mapping[int, Wishes] = field(default_factory=dict)
    existing: Existing = Existing.REFUSE
    keep: bool = True

    def __post_init__(self) -> None:
        if not isinstance(self.restore, RestoreOptions) or self.restore.scale != 1 or self.restore.cropped:
            raise ConfigError("A film is restored at its own size, and its faces are searched for.")
        _check_share("stable", self.stable)
        if self.codec not in CODECS:
            raise ConfigError(f"codec must be one of {', '.join(CODECS)}, got {self.codec!r}.")
        if type(self.workers) is not int or not 1 <= self.workers <= MOST_WORKERS:
            raise ConfigError(
                f"workers must be a whole number from 1 to {MOST_WORKERS}, got {self.workers!r}."
            )
        _check_range(self.start, self.stop)
        if self.shots is not None and not (self.shots and all(_is_count(shot) for shot in self.shots)):
            raise ConfigError(f"shots must be numbers of shots, 0 or more, got {self.shots!r}.")
        for name in ("people", "shot_wishes"):
            if not all(isinstance(wishes, Wishes) for wishes in getattr(self, name).values()):
                raise ConfigError(f"{name} must hold Wishes.")
        if not isinstance(self.existing, Existing):
            raise ConfigError(f"existing must be one of {', '.join(map(str, Existing))}.")

    def wishes(self, name: str | None, shot: int) -> Wishes:
        """Return what counts for a person in a shot: that of the shot, else the person, else the film.

        Args:
            name: Name of the person; None for an unknown one.
            shot: Number of the shot.
        """
        person = self.people.get(name, Wishes()) if name is not None else Wishes()
        own = self.shot_wishes.get(shot, Wishes())
        film = Wishes(strength=self.restore.strength, fidelity=self.restore.fidelity, stable=self.stable)
        found = film
        for wishes in (person, own):
            changes = {
                key: value
                for key in ("strength", "fidelity", "stable")
                if (value := getattr(wishes, key)) is not None
            }
            found = replace(found, **changes, leave=found.leave or wishes.leave)
        return found


def _check_share(name: str, value: object) -> None:
    if isinstance(value, bool) or not (is_finite(value) and 0 <= float(value) <= 1):
        raise ConfigError(f"{name} must be a number between 0 and 1, got {value!r}.")


def _check_range(start: float | None, stop: float | None) -> None:
    for name, value in (("start", start), ("stop", stop)):
        if value is not None and (isinstance(value, bool) or not is_finite(value) or value < 0):
            raise ConfigError(f"{name} must be seconds, 0 or more, got {value!r}.")
    if stop is not None and stop <= (start or 0):
        raise ConfigError(f"The range from {start or 0} to {stop} seconds holds no frame. Give a later stop.")


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0
