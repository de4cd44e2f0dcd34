"""Say in words what an album knows and what people decided."""

from __future__ import annotations

from collections.abc import Sequence

from gfrnet.album.model import AlbumFace


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


def in_question(probability: float) -> str:
    """Return a few words on the probability that two groups are one person, such as ``Perhaps (35 %)``."""
    word = "Probably not" if probability < 0.2 else "Perhaps" if probability <= 0.6 else "Probably"
    return f"{word} ({probability:.0%})"


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence, such as ``G1, G2 and Anna``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
