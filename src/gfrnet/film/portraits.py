"""Prepare the portraits of the people of a film: one face in each picture, and one person in each set."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gfrnet.errors import Advice, ConfigError
from gfrnet.film.cast import Portraits
from gfrnet.restore import Guide, GuideSet, RestoreOptions
from gfrnet.restore.guides import GuideShelf
from gfrnet.restore.restorer import Guides
from gfrnet.restore.sources import as_guides
from gfrnet.work import Noted, unheard

CLEARLY_LARGER = 2.0
"""Least ratio of the widths of the largest face of a portrait and the next, set by hand.

Faces in the background of a portrait are smaller, and do not count.
"""


def prepared(
    portraits: Mapping[str, Guides],
    options: RestoreOptions,
    on_event: Callable[[object], None] = unheard,
) -> dict[str, GuideSet]:
    """Find the faces of portraits.

    Args:
        portraits: Good pictures of people, by their names. Of a set nothing is told: its maker knows.
        options: Options, of which ``thorough`` and ``max_megabytes`` count.
        on_event: Called with a `Noted` for each picture that cannot be used.

    Returns:
        One face of each picture, by the name of its person.

    Raises:
        ConfigError: A picture shows several people, or a person has no picture.
        GfrnetError: No picture of a person can be used.
    """
    shelf, found = GuideShelf(), dict[str, GuideSet]()
    for name, given in portraits.items():
        if isinstance(given, GuideSet):
            guides = given
        else:
            sources = as_guides(given)
            if not sources:
                raise ConfigError(f"{name} has no portrait. Give at least one good picture of this person.")
            guides = shelf.collect(sources, options)
        found[name] = GuideSet(_one_each(guides), guides.skipped, guides.files)
        if not isinstance(given, GuideSet):
            _tell(name, found[name], on_event)
    return found


def _tell(name: str, guides: GuideSet, on_event: Callable[[object], None]) -> None:
    """Tell which portraits cannot be used, and whether they show several people."""
    for skipped in guides.skipped:
        on_event(Noted(skipped.reason))
    if not guides.alike[0].all():
        on_event(Noted(f"The portraits of {name} do not all resemble each other. Check who they show."))


def identities(portraits: Mapping[str, GuideSet]) -> tuple[Portraits, ...]:
    """Return what tells the people of portraits, for the cast of a film."""
    return tuple(Portraits.of(name, guides) for name, guides in portraits.items())


def _one_each(guides: GuideSet) -> tuple[Guide, ...]:
    """Return the largest face of each picture."""
    chosen = []
    for index in sorted({guide.index for guide in guides.guides}):
        faces = sorted(
            (guide for guide in guides.guides if guide.index == index),
            key=lambda guide: -guide.face.portrait.quality.size,
        )
        sizes = [guide.face.portrait.quality.size for guide in faces]
        if len(faces) > 1 and sizes[0] < CLEARLY_LARGER * sizes[1]:
            raise ConfigError(
                f"{faces[0].name} shows {len(faces)} faces of like size. Cut it so that one person is in it.",
                advice=(Advice.CHOOSE_ANOTHER_GUIDE,),
            )
        chosen.append(faces[0])
    return tuple(chosen)
