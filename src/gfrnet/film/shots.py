"""Find the shots of a film: where it is cut, where one picture dissolves into another, and where it fades.

Old films flicker. So pictures are compared by their correlation, which brightness and contrast do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from gfrnet.film.records import Shot
from gfrnet.types import AnyArray, FloatArray

WIDTH, HEIGHT = 24, 18
"""Size of the small picture that stands for a frame, pixels. It takes 432 bytes."""

BLUR = 0.8
"""Blur of the small picture in its pixels. Weave and grain of the film then count little."""

EMPTY = 2.5
"""Contrast, in levels of 255, below which a frame shows nothing: the black between two fades."""

CUT = 0.22
"""Least change at a cut, from 0 for the same picture to 1 for pictures without likeness.

`benchmarks/film_shots.py` measures what this limit and those below find.
"""

TIMES_USUAL, SURE = 3.5, 0.6
"""Least change at a cut in medians of the changes around it, and the change that is always enough.

Fast motion changes pictures, too.
"""

AROUND = 12
"""Frames on both sides over which the median is taken."""

FLASH, SAME_SCENE = 6, 0.6
"""Longest flash in frames, and the correlation of the pictures on both sides of it."""

SPANS = (6, 8, 10, 14, 18, 24, 30, 38, 48)
"""Frames from before a dissolve to after it, as they are tried."""

MIXED, DISSOLVED, PART = 0.08, 0.5, 0.2
"""Limits of a dissolve: of what is no mixture in its middle, of its change, and of each end's part.

The change was chosen on six glued films of `benchmarks/film_shots.py` with another seed.
"""

OUTSIDE = 0.4
"""Largest change before and after a dissolve, as a share of the change in it. A pan goes on outside."""

_BLOCK = 4096


def small_picture(luma: FloatArray) -> FloatArray:
    """Return the small picture of a frame, (18, 24), of mean 0, in the units of ``luma``.

    Args:
        luma: (H, W) brightness of the frame at any size.
    """
    small = cv2.resize(luma.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), BLUR)
    return np.asarray(small - small.mean(), np.float32)


class ShotFinder:
    """Take the frames of a film one by one, and find its shots in the end.

    Args:
        white: Value of white in the brightness that is given.
    """

    def __init__(self, white: float = 1.0) -> None:
        self._empty = EMPTY / 255 * white
        self._pictures: list[AnyArray] = []
        self._shown: list[int] = []
        self._count = 0

    def add(self, luma: FloatArray) -> bool:
        """Take the next frame.

        Args:
            luma: (H, W) brightness at any size.

        Returns:
            Whether the frame may begin a shot. This is a hint for those who cannot wait, and may be wrong.
        """
        picture = small_picture(luma)
        index, self._count = self._count, self._count + 1
        if float(picture.std()) < self._empty:
            return False
        packed = np.rint(picture.ravel() * (127 / np.abs(picture).max())).astype(np.int8)
        hint = bool(self._shown) and (
            self._shown[-1] < index - 1 or _correlation(self._pictures[-1], packed) < 1 - CUT
        )
        self._pictures.append(packed)
        self._shown.append(index)
        return hint

    def shots(self) -> tuple[Shot, ...]:
        """Return the shots of the frames that were taken; none if there was no frame."""
        shown = np.array(self._shown)
        cuts = _cuts(self._pictures) if len(shown) > 1 else []
        # In a fade the cut lies in the middle of the black.
        places = {int(shown[j - 1] + shown[j] + 1) // 2 for j in cuts}
        ends = [0, *sorted(places), self._count]
        return tuple(Shot(start, stop) for start, stop in pairwise(ends) if stop > start)


def _correlation(a: AnyArray, b: AnyArray) -> float:
    return float(_unit(a[None])[0] @ _unit(b[None])[0])


def _unit(pictures: AnyArray) -> FloatArray:
    """Return pictures (N, D) of length 1."""
    values = pictures.astype(np.float32)
    return np.asarray(values / np.linalg.norm(values, axis=1, keepdims=True), np.float32)


def _alike(pictures: Sequence[AnyArray], lag: int) -> FloatArray:
    """Return the correlation of each picture with the one ``lag`` later, (N - lag,)."""
    count = len(pictures) - lag
    found = [np.zeros(0, np.float32)]
    for start in range(0, max(count, 0), _BLOCK):
        stop = min(start + _BLOCK, count)
        block = _unit(np.stack(pictures[start : stop + lag]))
        found.append((block[: stop - start] * block[lag:]).sum(axis=1))
    return np.concatenate(found)


def _cuts(pictures: Sequence[AnyArray]) -> list[int]:
    """Return the pictures that begin a shot, in order."""
    hard = _without_flashes(_hard_cuts(pictures), pictures)
    kept = list(hard)
    for middle, span in _dissolves(pictures):
        if all(abs(middle - cut) > span // 2 + 1 for cut in hard):
            kept.append(middle)
    return sorted(kept)


def _hard_cuts(pictures: Sequence[AnyArray]) -> list[int]:
    """Return where the two pictures before are unlike the two after."""
    count = len(pictures)
    alike = np.full(count, -1.0)
    for lag in (1, 2, 3):
        values = _alike(pictures, lag)
        # Of pairs that enclose the boundary before picture j, those from j - 2 to j + 1.
        for before in range(max(1, lag - 1), min(2, lag) + 1):
            rows = np.arange(before, min(count, len(values) + before))
            alike[rows] = np.maximum(alike[rows], values[rows - before])
    change = 1 - alike
    change[0] = 0
    usual = _median_around(change)
    least = np.minimum(np.maximum(CUT, TIMES_USUAL * usual), SURE)
    return np.flatnonzero(change > least).tolist()


def _median_around(change: AnyArray) -> AnyArray:
    padded = np.pad(change, AROUND, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1)
    others = np.delete(np.arange(2 * AROUND + 1), AROUND)
    medians = [
        np.nanmedian(windows[start : start + _BLOCK][:, others], axis=1)
        for start in range(0, len(change), _BLOCK)
    ]
    return np.concatenate(medians)


def _without_flashes(cuts: list[int], pictures: Sequence[AnyArray]) -> list[int]:
    """Drop pairs of cuts that enclose a flash: the same scene goes on after it."""
    kept: list[int] = []
    for cut in cuts:
        flash = kept and cut - kept[-1] <= FLASH
        if flash and _correlation(pictures[kept[-1] - 1], pictures[cut]) > SAME_SCENE:
            kept.pop()
        else:
            kept.append(cut)
    return kept


def _dissolves(pictures: Sequence[AnyArray]) -> list[tuple[int, int]]:
    """Return the middle and the span of each dissolve, the clearest first.

    The picture in its middle is a mixture of both ends. The correlations of the three pictures
    tell how much of the middle is no mixture. They also tell the part of each end.
    """
    found: list[tuple[float, int, int]] = []
    for span in SPANS:
        half = span // 2
        far, near = _alike(pictures, 2 * half), _alike(pictures, half)
        count = len(far)
        first, last = near[:count], near[half : half + count]
        apart = np.maximum(1 - far**2, 1e-6)
        parts = np.minimum(first - last * far, last - first * far) / apart
        left = 1 - (first**2 + last**2 - 2 * first * last * far) / apart
        outside = _outside(near, count, half)
        good = (left < MIXED) & (1 - far > DISSOLVED) & (parts > PART)
        good &= outside < OUTSIDE * (2 - first - last)
        found += [(float(parts[i] - left[i]), int(i) + half, 2 * half) for i in np.flatnonzero(good)]
    kept: list[tuple[int, int]] = []
    for _, middle, span in sorted(found, reverse=True):
        if all(abs(middle - other) > max(span, more) for other, more in kept):
            kept.append((middle, span))
    return kept


def _outside(near: FloatArray, count: int, half: int) -> FloatArray:
    """Return the change in the halves before and after each of ``count`` spans; 1 beyond the film."""
    padded = np.pad(1 - near, (half, 2 * half), constant_values=1.0)
    return np.asarray(padded[:count] + padded[3 * half : 3 * half + count], np.float32)
