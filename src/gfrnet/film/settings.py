"""Tell with what settings a film is restored, so that a work folder is never gone on with under others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import av

from gfrnet.errors import Advice, DataError
from gfrnet.files import sha256
from gfrnet.film.fingerprint import digest, film_print, guides_print
from gfrnet.film.media import Coding, FilmSource
from gfrnet.film.options import FilmOptions
from gfrnet.film.records import FilmScan, Shot
from gfrnet.restore import GuideSet
from gfrnet.runtime import is_algorithm, pinned_file
from gfrnet.version import __version__
from gfrnet.weights import find

Settings = Mapping[str, str]
"""Values by what they are called in messages."""

WHOLE = ("film", "range", "coding", "program")
"""Settings that all shots of a film have in common, because they are joined to one film."""


def settings_of(
    source: FilmSource,
    coding: Coding,
    model: str,
    scan: FilmScan,
    portraits: Mapping[str, GuideSet],
    options: FilmOptions,
) -> dict[str, str]:
    """Return all that the result depends on.

    Args:
        source: The film.
        coding: How its video is coded.
        model: Hash of the model (`model_print`).
        scan: What was found in it, with its people.
        portraits: Guides by the names of people.
        options: How to restore.
    """
    start, stop = frames_of(source, options)
    restore = options.restore
    people = [[p.name, p.tracks, p.by_hand] for p in scan.people]
    wishes = [
        [str(key), asdict(value)]
        for part in (options.people, options.shot_wishes)
        for key, value in part.items()
    ]
    shots = [[shot.start, shot.stop] for shot in scan.shots]
    places = [[t.first, [s.box.as_tuple() for s in t.spots], [s.angle for s in t.spots]] for t in scan.tracks]
    return {
        "film": film_print(source),
        "range": f"frames {start} to {stop}",
        "coding": f"{coding.codec} {coding.pixel_format} {digest(sorted(coding.options.items()))[:12]}",
        "program": f"gfrnet {__version__}, PyAV {av.__version__}",
        "scan": digest([shots, places]),
        "model": model,
        "portraits": digest(sorted([name, guides_print(guides)] for name, guides in portraits.items())),
        "cast": digest(people),
        "strength": str(restore.strength),
        "fidelity": str(restore.fidelity),
        "number of guides that are fused": str(restore.fuse),
        "force": str(restore.force),
        "steadiness": str(float(options.stable)),
        "settings of people and shots": digest(sorted(wishes, key=str)),
    }


def check_same(before: Settings, now: Settings, folder: object, shots: bool) -> None:
    """Refuse a work folder of other settings.

    Args:
        before: Settings of the folder.
        now: Settings of this run.
        folder: The folder, for the message.
        shots: Whether only single shots are restored again; these may have settings of their own.

    Raises:
        DataError: It has others. The message names them.
    """
    names = WHOLE if shots else tuple(now)
    differ = [name for name in names if before.get(name) != now.get(name)]
    if differ:
        what = differ[0] if len(differ) == 1 else f"{', '.join(differ[:-1])} and {differ[-1]}"
        verb = "is another one" if len(differ) == 1 else "are others"
        raise DataError(
            f"{folder} was begun with other settings: {what} {verb} now. Give those of before, begin anew, "
            "or choose another name for the result.",
            advice=(Advice.START_OVER, Advice.CHOOSE_ANOTHER_NAME),
        )


def shot_print(
    number: int,
    shot: Shot,
    scan: FilmScan,
    guides: Mapping[int, GuideSet],
    whole: Settings,
    options: FilmOptions,
) -> str:
    """Return a hash of all that the result of one shot depends on.

    Args:
        number: Number of the shot.
        shot: The frames that are written.
        scan: What was found in the film.
        guides: Guides by the numbers of people.
        whole: Settings of the run.
        options: How to restore.
    """
    faces = []
    for track in scan.tracks_of(scan.shots[number]):
        person = scan.person_of(track)
        own = guides.get(person.number)
        wishes = asdict(options.wishes(person.name, number))
        spots = [[*spot.box.as_tuple(), spot.angle] for spot in track.spots]
        faces.append(
            [
                track.number,
                person.title,
                person.by_hand,
                wishes,
                digest(spots),
                guides_print(own) if own else None,
            ]
        )
    common = [whole[name] for name in (*WHOLE, "model", "force", "number of guides that are fused")]
    return digest([number, shot.start, shot.stop, faces, common])


def model_print(name: str) -> str:
    """Return a hash of a model's file; the name of a method that has no file.

    Raises:
        ModelError: There is no such model.
    """
    return name if is_algorithm(name) else sha256(pinned_file(find(name)))


def frames_of(source: FilmSource, options: FilmOptions) -> tuple[int, int]:
    """Return the first frame of the range of seconds, and the one after its last.

    Raises:
        DataError: The range lies behind the end of the film.
    """
    return frame_range(source, options.start, options.stop)


def frame_range(source: FilmSource, start: float | None, stop: float | None) -> tuple[int, int]:
    """Return the frames that begin in a range of seconds: the first, and the one after the last.

    Raises:
        DataError: There is none.
    """
    count = len(source.index)
    first = 0 if start is None else _first_from(source, start)
    last = count if stop is None else _first_from(source, stop)
    if first >= last:
        raise DataError(
            f"{source.path} plays {source.facts.seconds:.1f} seconds, and no frame of it lies in the range. "
            "Give an earlier beginning or a later end."
        )
    return first, last


def _first_from(source: FilmSource, seconds: float) -> int:
    low, high = 0, len(source.index)
    while low < high:
        middle = (low + high) // 2
        # A thousandth more, because containers round times.
        if source.index.seconds(middle) + 1e-3 < seconds:
            low = middle + 1
        else:
            high = middle
    return low
