"""Show photos as figures in HTML, with their measures or the reason why they were dropped."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import quote

from gfrnet.data.manifest import COLUMNS, Portrait

_MEASURES = tuple(column.name for column in COLUMNS if column.kind == "float")


@dataclass(frozen=True)
class Figures:
    """Show photos as HTML.

    Attributes:
        root: The data set.
        places: Link to the photos of each person.
        originals: Photos that a reason may name, by person and source.
    """

    root: Path
    places: Mapping[str, str]
    originals: Mapping[tuple[str, str], Portrait]

    def guide(self, portrait: Portrait) -> str:
        """Show a photo with the name of the person."""
        return _figure(portrait.role, self._picture(portrait), self._person(portrait))

    def photo(self, portrait: Portrait) -> str:
        """Show a photo with its role and measures."""
        label = "" if portrait.role == "target" else f'<b class="label">{portrait.role}</b> '
        caption = (
            f"{label}{_name(portrait)}<br>yaw {round(portrait.yaw)}°, pitch {round(portrait.pitch)}°"
            f"<br>sharp {portrait.sharpness:.2f}, {portrait.resolution:.0f} px"
        )
        return _figure(portrait.role, self._picture(portrait), caption)

    def dropped(self, portrait: Portrait) -> str:
        """Show a photo with the reason, beside the photo that the reason names."""
        caption = f"{self._person(portrait)}<br>{_name(portrait)}<br>{escape(portrait.dropped)}"
        named = self.originals.get((portrait.person, portrait.dropped.partition(" of ")[2]))
        if named is None:
            return _figure("", self._picture(portrait), caption)
        return _figure("pair", self._picture(portrait) + self._picture(named), caption)

    def _person(self, portrait: Portrait) -> str:
        return f'<a href="{self.places[portrait.person]}">{escape(portrait.person)}</a>'

    def _picture(self, portrait: Portrait) -> str:
        if portrait.crop is None:
            return ""
        measures = ", ".join(f"{name} {getattr(portrait, name):.3g}" for name in _MEASURES)
        crop = portrait.crop.relative_to(self.root).as_posix()
        return (
            f'<a href="../{quote(crop)}" title="{escape(portrait.source)}: {measures}">'
            f'<img src="thumbs/{quote(crop)}.jpg" alt="{escape(portrait.source)}" loading="lazy"></a>'
        )


def _figure(kind: str, pictures: str, caption: str) -> str:
    return f'<figure class="{kind}">{pictures}<figcaption>{caption}</figcaption></figure>\n'


def _name(portrait: Portrait) -> str:
    return escape(portrait.source.rpartition("/")[2])
