"""Gather the guides of each person of a film: the portraits, and the clearest faces of the film itself."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from gfrnet.faces import certainty, guide_score, likeness
from gfrnet.film.cast import Portraits
from gfrnet.film.media import FilmSource, Frame
from gfrnet.film.records import FilmScan, Track
from gfrnet.images import Photo
from gfrnet.restore import Guide, GuideFace, GuideSet, Place, guide_faces
from gfrnet.types import FloatArray

Read: TypeAlias = Callable[[int, int], Iterator[Frame]]
"""Function that yields the frames of a film from one index to before another one."""

SURE = 0.9
"""Least probability that a face of the film shows the person of the portraits, for it to guide."""

APART = 12
"""Least distance in frames of two faces of one track that both guide. Nearer ones look alike."""

OWN = "film"
"""Beginning of the content of a guide from the film itself. Its frame follows. Other contents are hashes."""


class _Sight(NamedTuple):
    """Hold one clear face of a person in the film."""

    score: float
    track: Track
    frame: int


def people_guides(
    source: FilmSource, scan: FilmScan, portraits: Mapping[str, GuideSet], *, own: int = 0
) -> dict[int, GuideSet]:
    """Return the guides of each named person: the portraits, then clear faces of the film itself.

    A face of the film guides only if it surely shows the person of the portraits. `decide` takes it only
    for tracks that it is clearly sharper than.

    Args:
        source: The film.
        scan: What was found in it.
        portraits: Guides by the name of their person.
        own: Most faces of the film for each person; 0 for portraits only. No measure shows yet that
            faces of the film help beside good portraits.

    Returns:
        Guides by the number of their person. People without portraits have none.

    Raises:
        FilmChangedError: Another program changed the film meanwhile.
    """
    found: dict[int, GuideSet] = {}
    for person in scan.people:
        guides = None if person.name is None else portraits.get(person.name)
        if guides is None:
            continue
        tracks = [scan.tracks[number] for number in person.tracks]
        sights = _clearest(tracks, Portraits.of(person.title, guides).embeddings, own)
        own_guides = tuple(_own_guides(source.frames, sights, 1 + max(g.index for g in guides.guides)))
        found[person.number] = GuideSet((*guides.guides, *own_guides), guides.skipped, guides.files)
    return found


def own_frame(guide: Guide) -> int | None:
    """Return the frame of the film that a guide was cut from; None for a portrait."""
    kind, _, rest = guide.content.partition(" ")
    return int(rest.split()[0]) if kind == OWN else None


def _clearest(tracks: Sequence[Track], portraits: FloatArray, own: int) -> list[_Sight]:
    """Return clear faces that surely show the person, the clearest first, not two nearly alike."""
    sights = [
        _Sight(guide_score(track.quality) / (1 + place), track, frame)
        for track in tracks
        for place, (frame, embedding) in enumerate(zip(track.sharpest, track.embeddings, strict=True))
        if certainty(likeness(embedding, portraits), track.quality.sharpness) >= SURE
    ]
    chosen: list[_Sight] = []
    for sight in sorted(sights, key=lambda sight: (-sight.score, sight.frame)):
        if all(sight.track is not o.track or abs(sight.frame - o.frame) >= APART for o in chosen):
            chosen.append(sight)
    return chosen[:own]


def _own_guides(read: Read, sights: Sequence[_Sight], index: int) -> Iterator[Guide]:
    for number, sight in enumerate(sights):
        for frame in read(sight.frame, sight.frame + 1):
            face = _face_of(frame, sight)
            content = f"{OWN} {sight.frame} {hashlib.sha256(face.crop.tobytes()).hexdigest()}"
            yield Guide(index + number, f"frame {sight.frame} of the film", content, face)


def _face_of(frame: Frame, sight: _Sight) -> GuideFace:
    spot = sight.track.spot(sight.frame)
    assert spot is not None, "the sharpest frames of a track are frames of it"
    return guide_faces(Photo(frame.rgb()), [Place(spot.box, turn=spot.angle)])[0]
