"""Say in words what an album knows and what people decided."""

from __future__ import annotations

from collections.abc import Sequence

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
from gfrnet.album.model import AlbumFace


def told(decision: Decision) -> str:
    """Return a sentence on what a decision says."""
    match decision:
        case Named():
            return f"{_shown(decision.faces)} {decision.person}."
        case Same():
            return f"{_shown(decision.faces)} one person."
        case Apart():
            return f"{_shown(decision.faces)} somebody else than {count(len(decision.others), 'other')}."
        case NotPerson():
            return f"{count(len(decision.faces), 'face')} cannot be {decision.person}."
        case Renamed():
            return f"{decision.person} is called {decision.to}."
        case NoFace():
            return f"{count(len(decision.faces), 'find')} cannot be a face."
        case AsGuide():
            return f"{count(len(decision.faces), 'face')} as guide: {decision.use}."
        case Born():
            return f"{decision.person} was born in {decision.year}."


def count(number: int, what: str) -> str:
    """Return a number with its noun, such as ``2 faces``."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def how_known(face: AlbumFace) -> str:
    """Return a few words on who says whom a face shows."""
    match face.by:
        case "person":
            return "you said so"
        case "file":
            return "its file says so"
        case "group":
            return "resembles the others"
        case "likeness":
            return f"bad, {face.probability:.1%} sure"
        case "suggested":
            return f"perhaps, {face.probability:.0%}"
        case "alone":
            return "nobody known"
        case "no face":
            return "no face"


def _shown(faces: Sequence[FaceKey]) -> str:
    return f"{count(len(faces), 'face')} {'shows' if len(faces) == 1 else 'show'}"
