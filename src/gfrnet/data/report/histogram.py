"""Draw a histogram as SVG, for pages that need neither scripts nor a network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

import numpy as np

BINS = 24
"""Number of bars of a histogram."""

_WIDTH, _HEIGHT = 400, 195
_LEFT, _TOP, _RIGHT, _BOTTOM = 45, 30, 390, 150


def draw_histogram(
    title: str, label: str, used: Sequence[float], unused: Sequence[float], low: float, high: float
) -> str:
    """Draw the number of photos by value, photos in use below the others.

    The style classes ``used`` and ``unused`` give the colours.

    Args:
        title: Text above the plot.
        label: Text below it: the meaning of the values, with their unit.
        used: Values of photos in use; values beyond the ends go into the first and the last bar.
        unused: Values of other photos.
        low: Left end of the plot.
        high: Right end of the plot.
    """
    below, above = (np.histogram(np.clip(v, low, high), BINS, (low, high))[0] for v in (used, unused))
    tallest = max(1, int((below + above).max()))
    parts = [
        _text(_LEFT, 16, title, "title"),
        *_counts(tallest),
        *_bars(below.tolist(), above.tolist(), tallest, np.linspace(low, high, BINS + 1).tolist()),
        *_values(low, high),
        _text(_LEFT, _BOTTOM + 36, label),
    ]
    return f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">{"".join(parts)}</svg>\n'


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _counts(tallest: int) -> Iterator[str]:
    """Draw the two ends of the axis of counts."""
    for count, y in ((0, _BOTTOM), (tallest, _TOP)):
        yield f'<line x1="{_LEFT}" y1="{y}" x2="{_RIGHT}" y2="{y}"/>'
        yield _text(_LEFT - 5, y + 4, str(count), "end")
    middle = (_TOP + _BOTTOM) / 2
    yield f'<g transform="rotate(-90 14 {middle})">{_text(14, middle, "photos", "middle")}</g>'


def _values(low: float, high: float) -> Iterator[str]:
    """Draw the axis of values."""
    for place, value in zip(np.linspace(_LEFT, _RIGHT, 5), np.linspace(low, high, 5), strict=True):
        yield _text(place, _BOTTOM + 16, f"{value:g}", "middle")


def _bars(below: Sequence[int], above: Sequence[int], tallest: int, edges: Sequence[float]) -> Iterator[str]:
    step, scale = (_RIGHT - _LEFT) / BINS, (_BOTTOM - _TOP) / tallest
    for bar, (used, unused) in enumerate(zip(below, above, strict=True)):
        said = f"{edges[bar]:.3g} to {edges[bar + 1]:.3g}: {used} in use, {unused} not"
        rectangles = "".join(
            f'<rect class="{kind}" x="{_LEFT + bar * step:.1f}" y="{_BOTTOM - upto * scale:.1f}" '
            f'width="{step - 1:.1f}" height="{count * scale:.1f}"/>'
            for kind, count, upto in (("used", used, used), ("unused", unused, used + unused))
            if count
        )
        yield f"<g><title>{said}</title>{rectangles}</g>"
