from __future__ import annotations

from pathlib import Path

from gfrnet.bench import time_stages
from gfrnet.demo import make_pictures
from gfrnet.runtime import OnnxRuntime


def test_every_stage_is_timed_after_a_warm_run(tiny_model: Path) -> None:
    pictures = make_pictures()
    timings = list(time_stages(pictures.degraded, pictures.guide, OnnxRuntime(tiny_model), 2))
    stages = [timing.stage for timing in timings]
    assert len(set(stages)) == 11
    assert {
        "read JPEG",
        "network, 1 face",
        "network, 8 times 1 face",
        "network, 8 faces",
        "whole photo, new guide",
    } <= set(stages)
    assert all(0 < timing.fastest <= timing.milliseconds for timing in timings)
