"""Decide what each photo of one person is for: guide, target, spare, copy or somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from math import hypot, sqrt
from typing import TypeAlias

import numpy as np

from gfrnet import faces
from gfrnet.data.build.portray import Seen
from gfrnet.data.fingerprint import AlignedFace, aligned, is_near_duplicate, likeness
from gfrnet.data.manifest import Portrait, Role, kind_of_reason
from gfrnet.faces.choose import GOOD_SHARPNESS
from gfrnet.types import FloatArray

MAX_OCCLUSION = 0.35
"""Share of the face that may be covered: 1 % of plain training photos are beyond it, and most masks."""

STRANGER = 0.64
"""Median distance to a person's other photos above which a photo shows somebody else.

Of 800 photos of 77 people none is farther from its own person; 1.5 % of the strangers are nearer.
"""

OTHER_FACE = "another face"
"""Kind of reason of other people's faces beside the person's on a photo."""

MANY = 1000
"""Number of photos above which a name may stand for many people; comparing them all then takes long."""

VARIED_ANGLE = 30.0
"""Degrees between two poses above which more no longer counts as more varied."""

ONLY_PHOTO_REASON = "the only usable photo of this person; keep people of one photo to use it"
"""Reason of the single photo of a person that is not kept."""

ONLY_PHOTO = kind_of_reason(ONLY_PHOTO_REASON)
"""Kind of that reason."""

Drop: TypeAlias = tuple[int, str]
"""Number of a photo, and why it is dropped."""


@dataclass(frozen=True)
class Finished:
    """Hold the decisions about one person.

    Attributes:
        portraits: All rows, in the order of the photos.
        notes: Things that somebody should look at.
        mean: (128,) mean embedding of the usable photos, spare and single ones too; None if there are none.
    """

    portraits: tuple[Portrait, ...]
    notes: tuple[str, ...] = ()
    mean: FloatArray | None = None


def finish_person(
    photos: Sequence[tuple[Seen, ...]],
    per_person: int = 0,
    self_guide: bool = False,
    min_resolution: float = 0,
) -> Finished:
    """Decide what every photo of one person is for (section 4.1).

    Args:
        photos: The faces of each photo that may be the person, the largest first.
        per_person: Most photos of the person, the guide included; 0 for all.
        self_guide: Whether to keep the only usable photo of a person, as "single".
        min_resolution: Least pixels of real detail along the crop's side.
    """
    seen = [face for photo in photos for face in photo]
    dropped = {index: one.portrait.dropped for index, one in enumerate(seen) if one.portrait.dropped}

    def left() -> list[Seen]:
        return [one for index, one in enumerate(seen) if index not in dropped]

    def drop(drops: Sequence[Drop]) -> None:
        places = [index for index in range(len(seen)) if index not in dropped]
        dropped.update((places[number], reason) for number, reason in drops)

    drop(other_faces(left()))
    drop(excluded(left(), min_resolution))
    away, notes = strangers(left())
    drop(away)
    drop(near_duplicates(left()))
    used = [index for index in range(len(seen)) if index not in dropped]
    portraits = [seen[index].portrait for index in used]
    roles = dict(zip(used, choose_roles(portraits, per_person), strict=True))
    if len(used) == 1 and not self_guide:
        dropped[used[0]] = ONLY_PHOTO_REASON
    return Finished(
        tuple(
            replace(
                one.portrait, role="" if index in dropped else roles[index], dropped=dropped.get(index, "")
            )
            for index, one in enumerate(seen)
        ),
        notes,
        _embeddings(portraits).mean(axis=0) if portraits else None,
    )


def other_faces(seen: Sequence[Seen]) -> list[Drop]:
    """Drop the other faces of photos with several; the person is the one on most photos."""
    groups: dict[str, list[int]] = {}
    for index, one in enumerate(seen):
        groups.setdefault(one.portrait.source, []).append(index)
    if len(groups) == len(seen):
        return []
    distances = _distances([one.portrait for one in seen])
    nearest = np.stack([distances[:, group].min(axis=1) for group in groups.values()], axis=1)
    counts, means = (nearest <= STRANGER).sum(axis=1), nearest.mean(axis=1)
    person = max(range(len(seen)), key=lambda index: (counts[index], -means[index]))
    like = [min(group, key=lambda index: float(distances[person, index])) for group in groups.values()]
    certain = [index for index in like if distances[person, index] <= STRANGER]
    dropped = []
    for group in groups.values():
        mine = min(group, key=lambda index: float(np.median(distances[index, certain])))
        dropped += [(index, f"{OTHER_FACE} of a photo with several") for index in group if index != mine]
    return dropped


def excluded(seen: Sequence[Seen], min_resolution: float) -> list[Drop]:
    """Drop photos of low resolution and covered faces."""
    dropped = []
    for index, portrait in enumerate(one.portrait for one in seen):
        if portrait.resolution < min_resolution:
            dropped.append((index, f"low resolution: detail of {portrait.resolution:.0f} pixels"))
        elif portrait.occlusion > MAX_OCCLUSION:
            dropped.append((index, f"covered or cut off: {portrait.occlusion:.0%} of the face"))
    return dropped


def strangers(seen: Sequence[Seen]) -> tuple[list[Drop], tuple[str, ...]]:
    """Drop photos of somebody else, the farthest first, until all that are left are near each other.

    Where only two are left that disagree, nobody can say which is right; both stay.

    Returns:
        The dropped photos, and notes about doubts that distances alone cannot settle.
    """
    portraits = [one.portrait for one in seen]
    distances = _distances(portraits)
    left, dropped, notes = list(range(len(seen))), [], []
    while len(left) > 1:
        typical = _typical(distances[np.ix_(left, left)])
        worst = int(np.argmax(typical))
        if typical[worst] <= STRANGER:
            break
        if len(left) == 2:
            one, other = (portraits[index].source for index in left)
            notes.append(f"{one} and {other} may show two people (distance {typical[worst]:.2f}).")
            break
        dropped.append((left.pop(worst), f"another person: distance {typical[worst]:.2f} to the others"))
    if len(dropped) >= max(len(left), 2):
        notes.append(
            f"{portraits[0].person}: {len(dropped)} of {len(seen)} photos are taken for other people's. "
            "Look whether the right ones are left. If each shows another person, use the layout singles."
        )
    if len(seen) > MANY:
        notes.append(f"{portraits[0].person} has {len(seen)} photos. Is it one person?")
    return dropped, tuple(notes)


def _typical(distances: FloatArray) -> FloatArray:
    """Return the (N,) medians of the distances to the N - 1 others."""
    count = len(distances)
    others = distances[~np.eye(count, dtype=np.bool_)].reshape(count, count - 1)
    return np.asarray(np.median(others, axis=1), dtype=np.float32)


def near_duplicates(seen: Sequence[Seen]) -> list[Drop]:
    """Drop all copies of a photo but the best."""
    if not seen:
        return []
    portraits = [one.portrait for one in seen]
    alike = likeness(np.stack([one.fingerprint for one in seen if one.fingerprint is not None]))

    @cache
    def face(index: int) -> AlignedFace:
        portrait = portraits[index]
        return aligned(portrait.pixels(), portrait.points(), portrait.mask())

    def is_copy(one: int, other: int) -> bool:
        return is_near_duplicate(alike[one, other], partial(face, one), partial(face, other))

    kept: list[int] = []
    dropped = []
    for index in sorted(range(len(seen)), key=lambda index: -picture_score(portraits[index])):
        original = next((k for k in kept if is_copy(index, k)), None)
        if original is None:
            kept.append(index)
        else:
            dropped.append((index, f"near-duplicate of {portraits[original].source}"))
    return dropped


def choose_roles(portraits: Sequence[Portrait], per_person: int) -> list[Role]:
    """Choose the guide, then the targets: good pictures first, in varied poses."""
    if len(portraits) < 2:
        return ["single"] * len(portraits)
    guide = int(np.argmax([_guide_score(portrait) for portrait in portraits]))
    order = [guide]
    rest = [index for index in range(len(portraits)) if index != guide]
    gaps = np.array([_pose_gap(portraits[guide], portrait) for portrait in portraits])
    while rest and (not per_person or len(order) < per_person):
        value = [picture_score(portraits[i]) * (1 + min(1.0, gaps[i] / VARIED_ANGLE)) for i in rest]
        chosen = rest.pop(int(np.argmax(value)))
        order.append(chosen)
        gaps = np.minimum(gaps, [_pose_gap(portraits[chosen], portrait) for portrait in portraits])
    targets = set(order[1:])
    return ["guide" if i == guide else "target" if i in targets else "spare" for i in range(len(portraits))]


def picture_score(portrait: Portrait) -> float:
    """Rate a picture whatever the pose: sharp, detailed, plain to see and in colour; 0..1."""
    sharp = min(1.0, portrait.sharpness / GOOD_SHARPNESS)
    return sharp * portrait.resolution / portrait.size * _plain(portrait)


def _guide_score(portrait: Portrait) -> float:
    """Rate a photo as a guide by its measures, as `faces.guide_score`, and by how well it is seen; 0..1."""
    pose = faces.Pose(portrait.yaw, portrait.pitch, portrait.roll)
    box = faces.face_box(portrait.size)
    quality = faces.Quality(portrait.sharpness, pose.frontal, box.width, portrait.eyes_open)
    return faces.guide_score(quality) * _plain(portrait)


def _plain(portrait: Portrait) -> float:
    """Rate how well a face is seen, 0..1: uncovered, evenly lit, not cut off, in colour."""
    left, top, right, bottom = portrait.real
    whole = sqrt((right - left) * (bottom - top)) / portrait.size
    even = 1 - abs(portrait.side_light)
    return whole * even * (1 - portrait.occlusion) * (0.5 if portrait.grey else 1.0)


def _pose_gap(one: Portrait, other: Portrait) -> float:
    return hypot(one.yaw - other.yaw, one.pitch - other.pitch)


def _distances(portraits: Sequence[Portrait]) -> FloatArray:
    """Return the (N, N) distances between the embeddings."""
    embeddings = _embeddings(portraits)
    squares = (embeddings**2).sum(axis=1)
    gaps = squares[:, None] + squares - 2 * embeddings @ embeddings.T
    return np.asarray(np.sqrt(np.maximum(gaps, 0)), dtype=np.float32)


def _embeddings(portraits: Sequence[Portrait]) -> FloatArray:
    return np.array([portrait.embedding for portrait in portraits], dtype=np.float32).reshape(-1, 128)
