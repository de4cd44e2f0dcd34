"""Say that nobody has a name or number, and who has one that is near."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from gfrnet.album.decisions import is_group_name
from gfrnet.errors import PlanError

_ALIKE = 0.7
"""Ratio of `difflib` from which two names are taken for two spellings, such as Ana and Anna (0.86)."""


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return known names that differ little from a name, the nearest first. Numbers of groups are none."""
    by_folded = {each.casefold(): each for each in known if not is_group_name(each)}
    return [by_folded[each] for each in get_close_matches(name.casefold(), by_folded, cutoff=_ALIKE)]


def unknown_person(label: str, known: Iterable[str]) -> PlanError:
    """Return the error of a label that nobody has, with names that are near."""
    if is_group_name(label):
        return PlanError(
            f"There is no group {label}. Groups change with photos and decisions: list the people, and take "
            "a number from there."
        )
    near = near_names(label, known)
    if near:
        return PlanError(f"Nobody is called {label}. Did you mean {' or '.join(near)}?")
    return PlanError(f"Nobody is called {label}. List the people, and take a name or number from there.")
