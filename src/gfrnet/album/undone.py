"""Say in words what holds after a step is taken back."""

from __future__ import annotations

from collections.abc import Sequence

from gfrnet.album.album import Album
from gfrnet.album.decisions import (
    Apart,
    AsGuide,
    Born,
    Decision,
    FaceKey,
    Named,
    NoFace,
    NotPerson,
    Renamed,
    Same,
)
from gfrnet.album.words import count, listed

_LOOKED_UP = 200
"""Most faces of a decision that are looked up to say whom they show."""


def taken_back(album: Album, decision: Decision) -> str:
    """Return a sentence on what holds now that a decision is taken back.

    Args:
        album: The album after `Album.undo`.
        decision: A decision that it returned.
    """
    match decision:
        case Named():
            return _unnamed(album, decision)
        case Same():
            return _parted(album, decision)
        case Apart():
            return _joined(album, decision)
        case NotPerson():
            return f"{count(len(decision.faces), 'face')} may show {decision.person} again."
        case Renamed():
            if decision.to in _labels(album):
                return f"{decision.to} and {decision.person} are two people again."
            return f"{decision.to} is called {decision.person} again."
        case NoFace():
            return (
                f"{_are(decision.faces)} taken for {'a face' if len(decision.faces) == 1 else 'faces'} again."
            )
        case AsGuide():
            return _unused(album, decision)
        case Born():
            return f"It is no longer said that {decision.person} was born in {decision.year}."


def decided(decision: Decision) -> str:
    """Return a sentence on what a decision says, for somebody who is asked whether to take it back."""
    match decision:
        case Named():
            return f"{count(len(decision.faces), 'face')} {_show(decision.faces)} {decision.person}."
        case Same():
            return "Two groups of faces are one person."
        case Apart():
            return "Two groups of faces are two people."
        case NotPerson():
            faces = count(len(decision.faces), "face")
            return f"{faces} {_show(decision.faces)} somebody else than {decision.person}."
        case Renamed():
            return f"{decision.person} is called {decision.to}."
        case NoFace():
            return f"{count(len(decision.faces), 'place')} {_show(decision.faces)} no face."
        case AsGuide():
            return f"{count(len(decision.faces), 'face')} as guide: {decision.use}."
        case Born():
            return f"{decision.person} was born in {decision.year}."


def _unnamed(album: Album, decision: Named) -> str:
    now = _people(album, decision.faces)
    if decision.person in now:
        faces = count(len(decision.faces), "face")
        return f"It is no longer said that {faces} {_show(decision.faces)} {decision.person}."
    return f"{_are(decision.faces)} not {decision.person} any more, but {listed(now) or 'nobody known'}."


def _parted(album: Album, decision: Same) -> str:
    now = _people(album, decision.faces)
    if len(now) > 1:
        return f"{listed(now)} are {'two' if len(now) == 2 else len(now)} people again."
    return f"It is no longer said that {count(len(decision.faces), 'face')} show one person."


def _joined(album: Album, decision: Apart) -> str:
    now = _people(album, decision.faces)
    others = count(len(decision.others), "other")
    if now and now == _people(album, decision.others):
        return f"{_are(decision.faces)} {listed(now)} again, like {others}."
    return f"{count(len(decision.faces), 'face')} and {others} may be one person again."


def _unused(album: Album, decision: AsGuide) -> str:
    people = listed(_people(album, decision.faces))
    whose = f" of {people}" if people else ""
    faces, one = count(len(decision.faces), "face") + whose, len(decision.faces) == 1
    if decision.use == "free":
        return f"{faces}: what was said of {'it' if one else 'them'} as guide before holds again."
    return f"{faces} {'is' if one else 'are'} not {decision.use} as guide any more."


def _people(album: Album, faces: Sequence[FaceKey]) -> list[str]:
    """Return the labels of those whom faces show now."""
    found = album.faces_of(faces[:_LOOKED_UP])
    return list(dict.fromkeys(face.person for face in found if face.person))


def _labels(album: Album) -> set[str]:
    return {person.label for person in album.people()}


def _are(faces: Sequence[FaceKey]) -> str:
    return f"{count(len(faces), 'face')} {'is' if len(faces) == 1 else 'are'}"


def _show(faces: Sequence[FaceKey]) -> str:
    return "shows" if len(faces) == 1 else "show"
