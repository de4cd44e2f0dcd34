"""Read and write the cast of a film as a file for people: names and their tracks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from gfrnet import images
from gfrnet.errors import ConfigError
from gfrnet.files import read_text
from gfrnet.film.cast import CastNotes, Recognised
from gfrnet.film.records import FilmScan, Person
from gfrnet.printable import printable, without_controls

_MOST_BYTES = 10_000_000

_HEADER = (
    "# Who is who in a film. Write names in place of null, and move numbers of tracks between people.\n"
    "# Several people of one name become one. People without a name are left to the program.\n"
)

_RECOGNISED = (
    "\n# Whom the portraits recognised. This is less sure than what you say, so it is checked again.\n"
    "# Delete the tracks that you have looked at: they then count as named by you.\n"
)

_LONGEST_NAME = 200


def write_cast(scan: FilmScan, path: Path, *, replace: bool = False) -> Path:
    """Write the people of a film and their tracks to a YAML file.

    Args:
        scan: What was found in the film.
        path: The file.
        replace: Whether to replace a file that exists, with what was put right in it.

    Raises:
        WriteError: The folder is read-only, the disk is full, or the file exists.
    """
    entries = "".join(_entry(scan, person) for person in scan.people)
    return images.write_text(
        f"{_HEADER}people:{entries or ' []'}\n{_recognised(scan)}", path, replace=replace
    )


def _entry(scan: FilmScan, person: Person) -> str:
    """Return the lines of a person. The sheets show the number in the comment."""
    entry = {"name": person.name, "tracks": list(person.tracks), "times": times(scan, person.tracks)}
    lines = yaml.safe_dump(
        [entry], sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None
    )
    return f"\n# Person {person.number}\n{lines}"


def _recognised(scan: FilmScan) -> str:
    """Return the lines that tell names by portraits from names by hand; none where there are none."""
    found = {person.name: list(person.tracks) for person in scan.people if person.name and not person.by_hand}
    if not found:
        return ""
    lines = yaml.safe_dump(
        {"recognised": found}, sort_keys=False, allow_unicode=True, width=10_000, default_flow_style=None
    )
    return f"{_RECOGNISED}{lines}"


def times(scan: FilmScan, tracks: Sequence[int], most: int = 4) -> list[str]:
    """Return when tracks show, such as ``0:01:07-0:01:12``, the first ones."""
    ends = [(scan.tracks[number].first, scan.tracks[number].last + 1) for number in tracks[:most]]
    return [f"{clock(first / scan.film.rate)}-{clock(last / scan.film.rate)}" for first, last in ends]


def clock(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def read_cast(path: Path) -> CastNotes:
    """Read what a person put right in a file of `write_cast`.

    Raises:
        ConfigError: The file cannot be read, or is no cast. The message names the entry.
    """
    try:
        content = yaml.safe_load(read_text(path, _MOST_BYTES))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        reason = without_controls(printable(" ".join(str(error).split())))
        raise ConfigError(f"{path} cannot be read ({reason}). Mend it, or write the cast anew.") from error
    people = content.get("people") if isinstance(content, dict) else None
    if not isinstance(people, list):
        raise ConfigError(f"{path} needs a list named people. Write the cast anew to see its form.")
    told = _told(path, content.get("recognised"))
    found, seen = dict[str, tuple[int, ...]](), dict[int, Recognised]()
    for number, entry in enumerate(people, start=1):
        name, tracks = _checked(path, number, entry)
        if name is None:
            continue
        recognised = told.get(name, ())
        seen |= {track: Recognised(name) for track in tracks if track in recognised}
        own = tuple(track for track in tracks if track not in recognised)
        if own or not tracks:
            found[name] = (*found.get(name, ()), *own)
    return CastNotes(found, seen)


def _told(path: Path, part: object) -> dict[str, tuple[int, ...]]:
    """Return the tracks by the names that portraits gave them."""
    if part is None:
        return {}
    if not isinstance(part, dict) or not all(
        is_name(name) and isinstance(tracks, list) and all(type(track) is int for track in tracks)
        for name, tracks in part.items()
    ):
        raise ConfigError(f"{path} needs lists of tracks by names under recognised. Delete that part.")
    return {name: tuple(tracks) for name, tracks in part.items()}


def _checked(path: Path, number: int, entry: object) -> tuple[str | None, tuple[int, ...]]:
    place = f"{path}: person {number} of the list"
    if not isinstance(entry, dict) or not set(entry) <= {"name", "tracks", "times"}:
        raise ConfigError(f"{place} may hold name, tracks and times. Remove all others.")
    name, tracks = entry.get("name"), entry.get("tracks", [])
    if name is not None and not is_name(name):
        raise ConfigError(f"{place} needs a name of one line, in quotes if it is a number, or null.")
    if not isinstance(tracks, list) or not all(type(track) is int for track in tracks):
        raise ConfigError(f"{place} needs tracks as a list of whole numbers, such as [0, 3].")
    return name, tuple(tracks)


def is_name(name: object) -> bool:
    """Return whether this can be the name of a person: one line of 1 to 200 letters without blanks around."""
    return (
        isinstance(name, str)
        and 0 < len(name.strip()) == len(name) <= _LONGEST_NAME
        and name == without_controls(printable(name))
    )
