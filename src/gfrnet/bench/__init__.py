"""Time each stage of restoring, and whole photos."""

from gfrnet.bench.stages import SIDE, Timing, time_stages

__all__ = ["SIDE", "Timing", "time_stages"]
