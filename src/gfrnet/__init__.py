"""Restore a bad photo of a face from a good photo of the same person.

>>> from gfrnet import Restorer
>>> Restorer.load().restore("old.jpg", ["good.jpg"]).save("restored.jpg")  # doctest: +SKIP

Li et al., "Learning Warped Guidance for Blind Face Restoration", ECCV 2018.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING

from gfrnet import errors
from gfrnet.version import __version__

if TYPE_CHECKING:
    from gfrnet.images import Photo, read, write
    from gfrnet.restore import (
        Event,
        FaceDone,
        FaceOutcome,
        FaceResult,
        FacesFound,
        GuideSet,
        GuideSkipped,
        GuideUsed,
        Place,
        RestoredPhoto,
        RestoreOptions,
        Restorer,
    )
    from gfrnet.types import Box


__all__ = [
    "Box",
    "Event",
    "FaceDone",
    "FaceOutcome",
    "FaceResult",
    "FacesFound",
    "GuideSet",
    "GuideSkipped",
    "GuideUsed",
    "Photo",
    "Place",
    "RestoreOptions",
    "RestoredPhoto",
    "Restorer",
    "__version__",
    "errors",
    "read",
    "write",
]

_HOMES = {
    "Box": "gfrnet.types",
    "Event": "gfrnet.restore",
    "FaceDone": "gfrnet.restore",
    "FaceOutcome": "gfrnet.restore",
    "FaceResult": "gfrnet.restore",
    "FacesFound": "gfrnet.restore",
    "GuideSet": "gfrnet.restore",
    "GuideSkipped": "gfrnet.restore",
    "GuideUsed": "gfrnet.restore",
    "Photo": "gfrnet.images",
    "Place": "gfrnet.restore",
    "RestoreOptions": "gfrnet.restore",
    "RestoredPhoto": "gfrnet.restore",
    "Restorer": "gfrnet.restore",
    "read": "gfrnet.images",
    "write": "gfrnet.images",
}


def _switch_telemetry_off() -> None:
    """Keep ONNX Runtime from reporting its use to its maker, and from writing a device number.

    The variable counts when ONNX Runtime is imported. A program that imported it earlier has a device number
    already, but reports no more models and runs. A value that the user has set stays.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    earlier = sys.modules.get("onnxruntime")
    if earlier is not None and os.environ["ORT_DISABLE_TELEMETRY"] != "0":
        earlier.disable_telemetry_events()


_switch_telemetry_off()


def __getattr__(name: str) -> object:
    # Names are loaded on demand, so that importing gfrnet stays fast.
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'gfrnet' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
