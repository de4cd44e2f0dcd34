"""Tell which faces of portraits show the person whom the portraits name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gfrnet.errors import Advice, PlanError
from gfrnet.restore import Guide, GuideSet
from gfrnet.types import BoolArray
from gfrnet.work import Noted, unheard


FAR_LARGER = 2.0
"""Times by which one face of a portrait is larger than all others, so that nobody else can be meant."""


def faces_of(name: str, guides: GuideSet, on_event: Callable[[Noted], None] = unheard) -> GuideSet:
    """Return the faces of one person among those of the portraits.

    A portrait with one face, or with one that is far larger than all others, shows the person. Where it has
    several, the person is whoever resembles the faces of the other portraits.

    Args:
        name: The person, for messages.
        guides: All faces of the portraits.
        on_event: Hears of portraits that do not seem to show the same person.

    Raises:
        PlanError: Each portrait shows several people, and nothing tells which of them is meant.
    """
    pictures: dict[int, list[int]] = {}
    for place, guide in enumerate(guides.guides):
        pictures.setdefault(guide.index, []).append(place)
    main = {picture: _main(guides, places) for picture, places in pictures.items()}
    sure = [place for place in main.values() if place is not None]
    crowds = [places for picture, places in pictures.items() if main[picture] is None]
    known = sure or _in_most(guides, crowds)
    if not known:
        first = guides.guides[crowds[0][0]].name
        raise PlanError(
            f"{first} shows {len(crowds[0])} people, and nothing tells which of them is {name}. Give a "
            f"portrait that shows {name} alone.",
            "portraits",
            advice=[Advice.CHOOSE_ANOTHER_GUIDE],
        )
    chosen = sorted({*known, *(place for places in crowds for place in _resembling(guides, places, known))})
    kept = [guides.guides[place] for place in chosen]
    _tell(name, guides, kept, on_event)
    return GuideSet(tuple(kept), guides.skipped, guides.files)


def _main(guides: GuideSet, places: list[int]) -> int | None:
    """Return the only face of a picture, or the one that is far larger than all others; None in a crowd."""
    sizes = {place: guides.guides[place].face.portrait.quality.size for place in places}
    largest = max(sizes, key=lambda place: sizes[place])
    return largest if all(sizes[largest] >= FAR_LARGER * sizes[n] for n in places if n != largest) else None


def _in_most(guides: GuideSet, crowds: list[list[int]]) -> list[int]:
    """Return the faces of whoever is in more of the pictures than anybody else; none where nobody is."""
    groups = [
        [found for places in crowds for found in _resembling(guides, places, [place])]
        for places in crowds
        for place in places
    ]
    most = max(map(len, groups))
    largest = {tuple(group) for group in groups if len(group) == most}
    return list(largest.pop()) if most > 1 and len(largest) == 1 else []


def _resembling(guides: GuideSet, places: list[int], known: list[int]) -> list[int]:
    """Return the face of a picture that is most like known ones; none where none is like them."""
    embeddings = np.stack([guide.face.portrait.embedding for guide in guides.guides])
    mean = embeddings[known].mean(axis=0)
    nearest = min(places, key=lambda place: float(np.linalg.norm(embeddings[place] - mean)))
    return [nearest] if guides.closely_alike[nearest, known].any() else []


def _tell(name: str, guides: GuideSet, kept: list[Guide], on_event: Callable[[Noted], None]) -> None:
    """Tell of pictures that give no face of the person, and of those who resemble none of the others."""
    used = {guide.index for guide in kept}
    left = dict.fromkeys(guide.name for guide in guides.guides if guide.index not in used)
    for picture in left:
        on_event(Noted(f"{picture} is left out: nobody in it resembles the other portraits of {name}."))
    alike: BoolArray = GuideSet(tuple(kept)).alike
    odd = [guide.name for guide, row in zip(kept, alike, strict=True) if row.sum() == 1]
    if len(kept) > 2 and odd:
        on_event(Noted(f"Check that this shows {name}, unlike the other portraits: {', '.join(odd)}."))
