"""Split pictures into luma and colours, for networks that restore luma alone."""

from __future__ import annotations

from torch import Tensor

SHARES = (0.299, 0.587, 0.114)
"""Share of red, green and blue in Y (BT.601, full swing, as in JPEG)."""


def luma(pictures: Tensor) -> Tensor:
    """Return Y of (N, 3, H, W) RGB, (N, 1, H, W) in the same range."""
    return (pictures * pictures.new_tensor(SHARES)[:, None, None]).sum(1, keepdim=True)


def with_luma(pictures: Tensor, restored: Tensor) -> Tensor:
    """Give (N, 3, H, W) RGB another luma (N, 1, H, W); Cb and Cr stay, and nothing is clipped."""
    # Red, green and blue change with Y alike.
    return pictures + (restored - luma(pictures))
